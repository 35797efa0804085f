internal import Model

/// Holds lockfiles against the rules of an environment: those that were just made, and those that are to be applied.
struct PolicyCheck {
  var environment: DesiredEnvironment
  var interpreter: Interpreter

  /// Holds every distribution against the rules. Returns what is worth a warning; throws `policyDenied` with every breach.
  func check(_ lockfile: Lockfile) throws(Failure) -> [Diagnostic] {
    let ranking = WheelTags.Ranking(interpreter.tags)
    return try sorted(
      environment.policy.breaches(of: lockfile, for: environment) { wheel in ranking.best(among: [wheel]) != nil })
  }

  /// Holds the way from one lockfile to the next against the rule on downgrades.
  func check(_ lockfile: Lockfile, comingFrom previous: Lockfile?) throws(Failure) -> [Diagnostic] {
    guard let previous else { return [] }
    return try sorted(environment.policy.downgrades(from: previous, to: lockfile, for: environment))
  }

  /// The same for what is installed.
  func check(_ lockfile: Lockfile, comingFrom record: GenerationRecord?) throws(Failure) {
    let installed = (record?.distributions ?? []).map { ($0.name, $0.version) }
    let versions = Dictionary(installed, uniquingKeysWith: { first, _ in first })
    _ = try sorted(environment.policy.downgrades(from: versions, to: lockfile, for: environment))
  }

  private func sorted(_ breaches: [Diagnostic]) throws(Failure) -> [Diagnostic] {
    let errors = breaches.filter { $0.severity == .error }
    guard errors.isEmpty else { throw Failure(errors) }
    return breaches
  }
}
