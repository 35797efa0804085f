internal import FoundationEssentials
internal import Glibc
internal import Model
internal import Platform

/// One interpreter after the other, for modules with the same variables, until none is left that nobody has taken.
struct VerificationLane: Sendable {
  let generation: StagedGeneration
  let candidates: [ModuleBlueprint]
  /// Those of the candidates that this lane may take.
  let indices: [Int]
  let env: [String: String]
  /// A directory that all lanes share.
  let work: String
  let name: String
  /// What all have together, in seconds, and when that is over.
  let longest: Double
  let end: ContinuousClock.Instant

  /// What came of it.
  struct Findings: Sendable {
    /// What is wrong with each module that was looked at; nothing with those that work.
    var outcomes: [Int: Diagnostic?] = [:]
    var ranOutOfTime = false
  }

  private struct Task: Encodable {
    var index: Int
    var module: String
    var mode: String
    var expects: [String]
    var deadline: Double
  }

  /// A line of the results file.
  private struct Line: Decodable {
    var begin: Int?
    var end: Int?
    var problem: VerificationProblem?
    var done: Bool?
  }

  func run() async throws -> Findings {
    var findings = Findings()
    for round in 0... {
      // Whoever takes a module leaves a file of its number.
      guard indices.contains(where: { !Files.exists("\(work)/claims/\($0)") }) else { break }
      let left = ContinuousClock.now.duration(to: end)
      let seconds = Double(left.components.seconds) + Double(left.components.attoseconds) / 1e18
      let (result, lines) = try await run(round, deadline: max(seconds, 0.05))
      for line in lines {
        guard let index = line.end, candidates.indices.contains(index) else { continue }
        findings.outcomes[index] = .some(line.problem?.complaint(about: candidates[index], generation.record))
      }
      if lines.contains(where: { $0.done == true }) { break }
      let culprit = lines.compactMap(\.begin).last { findings.outcomes[$0] == nil }
      if let culprit, candidates.indices.contains(culprit) {
        findings.outcomes[culprit] = complaint(about: candidates[culprit], result)
      }
      if result.timedOut {
        findings.ranOutOfTime = true
        break
      }
      guard culprit != nil else {
        throw Failure(
          .interpreterFailed, "the generation's interpreter could not run the verification",
          at: .path(generation.record.interpreter.executable),
          because: result.lastWords().isEmpty ? "it ended with status \(result.status)" : result.lastWords(),
          hint: "check that it runs by itself, and what spec.verification.env gives it")
      }
    }
    return findings
  }

  private func complaint(about module: ModuleBlueprint, _ result: ProcessResult) -> Diagnostic {
    if result.timedOut { return VerificationProblem.overtime(module, longest, alone: false) }
    // The interpreter has set itself an alarm.
    if result.status == 128 + SIGALRM {
      let deadline = module.verification.deadline
      return VerificationProblem.overtime(module, deadline, alone: deadline < longest)
    }
    return VerificationProblem.ended(module, status: result.status)
  }

  private func run(_ round: Int, deadline: Double) async throws -> (ProcessResult, [Line]) {
    let place = "\(work)/\(name)-\(round)"
    let home = "\(place)/home"
    try Files.makeDirectory(home)
    let tasks = indices.map { index in
      let module = candidates[index]
      return Task(
        index: index, module: module.installed.module, mode: module.verification.mode.rawValue,
        expects: module.expects, deadline: module.verification.deadline)
    }
    try Files.write(try JSONText.bytes(of: tasks), to: "\(place)/tasks.json")
    try Files.write(VerificationText.script, to: "\(place)/verify.py")
    let inherited = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    var environment = [
      "PATH": "\(generation.path)/bin:\(inherited)", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8",
      "VIRTUAL_ENV": generation.path,
    ]
    if !generation.record.pythonPath.isEmpty {
      environment["PYTHONPATH"] = generation.record.pythonPath.joined(separator: ":")
    }
    environment.merge(env) { _, declared in declared }
    let result = try await ChildProcess.run(
      "\(generation.path)/bin/python",
      [
        "\(place)/verify.py", "\(place)/tasks.json", "\(place)/results", "\(work)/claims",
        Files.realPath(generation.state.store) ?? generation.state.store,
        Files.realPath(generation.path) ?? generation.path,
      ],
      environment: environment, workingDirectory: home, deadline: deadline)
    let bytes = try Files.readIfPresent("\(place)/results") ?? []
    let lines = bytes.split(separator: 10).compactMap { JSONText.value(Line.self, from: Array($0)) }
    return (result, lines)
  }
}
