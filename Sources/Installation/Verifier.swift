internal import FoundationEssentials
internal import Glibc
internal import Model
public import Platform

/// Shows that a generation's modules work, with the generation's own interpreter, before anything is switched to it.
public enum Verifier {
  /// Imports or locates each module that is answered for by something installed.
  ///
  /// The interpreter sees PATH, HOME and TMPDIR (an empty directory), LANG, the import roots, and what
  /// `verification.env` adds; nothing else. Modules with equal settings share one interpreter; when a module ends it, the
  /// rest goes on in a fresh one. What was imported leaves its bytecode in the store.
  ///
  /// Throws `importFailed` with one complaint for each module that does not work, `interpreterFailed`, `io`.
  public static func verify(_ generation: StagedGeneration, in staging: StagingArea) async throws {
    let candidates = generation.modules.filter {
      $0.verification.mode != .off && $0.installed.answer.isVerified
    }
    var groups: [(settings: Group, modules: [ModuleBlueprint])] = []
    for module in candidates {
      let settings = Group(env: module.verification.env, deadline: module.verification.deadline)
      if let index = groups.firstIndex(where: { $0.settings == settings }) {
        groups[index].modules.append(module)
      } else {
        groups.append((settings, [module]))
      }
    }
    var complaints: [Diagnostic] = []
    for group in groups {
      let run = VerificationRun(
        generation: generation, env: group.settings.env, deadline: group.settings.deadline, staging: staging)
      complaints += try await run.complaints(about: group.modules)
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
  }

  private struct Group: Equatable {
    var env: [String: String]
    var deadline: Double
  }
}

/// One group of modules that share an environment and a deadline.
struct VerificationRun {
  let generation: StagedGeneration
  let env: [String: String]
  let deadline: Double
  let staging: StagingArea

  private struct Task: Encodable {
    var index: Int
    var module: String
    var mode: String
    var expects: [String]
  }

  /// A line of the results file.
  private struct Line: Decodable {
    var begin: Int?
    var end: Int?
    var problem: VerificationProblem?
    var done: Bool?
  }

  func complaints(about modules: [ModuleBlueprint]) async throws -> [Diagnostic] {
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(deadline)
    var complaints: [Diagnostic] = []
    var pending = Array(modules.indices)
    while !pending.isEmpty {
      let left = clock.now.duration(to: limit)
      let seconds = Double(left.components.seconds) + Double(left.components.attoseconds) / 1e18
      let (result, lines) = try await run(pending.map { ($0, modules[$0]) }, deadline: max(seconds, 0.05))
      let outcomes = Dictionary(
        lines.compactMap { line in line.end.map { ($0, line.problem ?? VerificationProblem()) } },
        uniquingKeysWith: { first, _ in first })
      for index in pending {
        guard let problem = outcomes[index], let words = problem.complaint(about: modules[index], generation.record)
        else { continue }
        complaints.append(words)
      }
      if lines.contains(where: { $0.done == true }) { break }
      pending.removeAll { outcomes[$0] != nil }
      guard let culprit = lines.compactMap(\.begin).last, pending.first == culprit else {
        if result.timedOut, let first = pending.first {
          complaints.append(VerificationProblem.overtime(modules[first], deadline))
          break
        }
        throw Failure(
          .interpreterFailed, "the generation's interpreter could not run the verification",
          at: .path(generation.record.interpreter.executable),
          because: result.lastWords().isEmpty ? "it ended with status \(result.status)" : result.lastWords(),
          hint: "check that it runs by itself, and what spec.verification.env gives it")
      }
      pending.removeFirst()
      if result.timedOut {
        complaints.append(VerificationProblem.overtime(modules[culprit], deadline))
        break
      }
      complaints.append(VerificationProblem.ended(modules[culprit], status: result.status))
    }
    return complaints
  }

  private func run(
    _ modules: [(Int, ModuleBlueprint)], deadline: Double
  ) async throws -> (ProcessResult, [Line]) {
    let work = "\(staging.path)/verify-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    let home = "\(work)/home"
    try Files.makeDirectory(home)
    defer { try? Files.remove(work) }
    let tasks = modules.map { index, module in
      Task(
        index: index, module: module.installed.module, mode: module.verification.mode.rawValue,
        expects: module.expects)
    }
    try Files.write(try JSONText.bytes(of: tasks), to: "\(work)/tasks.json")
    try Files.write(VerificationText.script, to: "\(work)/verify.py")
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
        "\(work)/verify.py", "\(work)/tasks.json", "\(work)/results",
        Files.realPath(generation.state.store) ?? generation.state.store,
        Files.realPath(generation.path) ?? generation.path,
      ],
      environment: environment, workingDirectory: home, deadline: deadline)
    let bytes = try Files.readIfPresent("\(work)/results") ?? []
    let lines = bytes.split(separator: 10).compactMap { JSONText.value(Line.self, from: Array($0)) }
    return (result, lines)
  }
}
