internal import Glibc
internal import Model
public import Platform

/// Shows that a generation's modules work, with the generation's own interpreter, before anything is switched to it.
public enum Verifier {
  /// Imports or locates each module that is answered for by something installed.
  ///
  /// As many interpreters as there are processors work side by side, and each takes the next module when it is done with one.
  /// They see PATH, HOME and TMPDIR (an empty directory), LANG, the import roots, and what `verification.env` adds; nothing
  /// else. When a module ends its interpreter, or its own deadline passes, the rest goes on in a fresh one. All together have
  /// as long as the longest deadline of a module. What was imported leaves its bytecode in the store.
  ///
  /// Throws `importFailed` with one complaint for each module that does not work, `interpreterFailed`, `io`.
  public static func verify(_ generation: StagedGeneration, in staging: StagingArea) async throws {
    let candidates = generation.modules.filter {
      $0.verification.mode != .off && $0.installed.answer.isVerified
    }
    guard !candidates.isEmpty else { return }
    let work = "\(staging.path)/verify-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    try Files.makeDirectory("\(work)/claims")
    defer { try? Files.remove(work) }
    // Modules with equal variables can share an interpreter.
    var groups: [(env: [String: String], modules: [Int])] = []
    for (index, module) in candidates.enumerated() {
      if let group = groups.firstIndex(where: { $0.env == module.verification.env }) {
        groups[group].modules.append(index)
      } else {
        groups.append((module.verification.env, [index]))
      }
    }
    let width = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    let longest = candidates.map(\.verification.deadline).max() ?? 0
    let end = ContinuousClock.now + .seconds(longest)
    var lanes: [VerificationLane] = []
    for number in 0..<width {
      for group in groups where number < group.modules.count {
        lanes.append(
          VerificationLane(
            generation: generation, candidates: candidates, indices: group.modules, env: group.env,
            work: work, name: "\(lanes.count)", longest: longest, end: end))
      }
    }
    let found = try await side(by: width, lanes)
    let complaints = try told(found, candidates, longest: longest)
    guard complaints.isEmpty else { throw Failure(complaints) }
  }

  /// Runs lanes, so many at a time.
  private static func side(by width: Int, _ lanes: [VerificationLane]) async throws -> [VerificationLane.Findings] {
    try await withThrowingTaskGroup(of: VerificationLane.Findings.self) { group in
      var waiting = lanes[...]
      for lane in waiting.prefix(width) { group.addTask { try await lane.run() } }
      waiting = waiting.dropFirst(width)
      var found: [VerificationLane.Findings] = []
      while let findings = try await group.next() {
        found.append(findings)
        if let lane = waiting.popFirst() { group.addTask { try await lane.run() } }
      }
      return found
    }
  }

  /// The complaints in the manifest's order. A module of which nothing is known was not come to, for want of time.
  private static func told(
    _ found: [VerificationLane.Findings], _ candidates: [ModuleBlueprint], longest: Double
  ) throws(Failure) -> [Diagnostic] {
    var outcomes: [Int: Diagnostic?] = [:]
    for findings in found { outcomes.merge(findings.outcomes) { first, _ in first } }
    let unknown = candidates.indices.filter { outcomes[$0] == nil }
    var complaints = candidates.indices.compactMap { outcomes[$0] ?? nil }
    guard let first = unknown.first else { return complaints }
    guard found.contains(where: \.ranOutOfTime) else {
      throw Failure(
        .interpreterFailed, "the generation's interpreter ended in the middle of the verification",
        because: "nothing is known of \(unknown.map { candidates[$0].label }.joined(separator: ", "))",
        hint: "run the command again; if it stays so, something on this machine ends it", retryable: true)
    }
    if complaints.isEmpty { complaints.append(VerificationProblem.overtime(candidates[first], longest, alone: false)) }
    return complaints
  }
}
