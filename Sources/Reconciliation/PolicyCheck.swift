internal import Model

/// Holds manifests and lockfiles against the rules of an environment: what was just made, what is kept, and what is to be
/// applied.
struct PolicyCheck {
  var environment: DesiredEnvironment
  /// Nil where the rules do not ask for it.
  var interpreter: Interpreter?
  /// In seconds since 1970.
  var now: Int

  /// Holds what is declared against the rules. Throws `policyDenied` with every breach.
  static func check(_ environment: DesiredEnvironment) throws(Failure) {
    let forbidden = environment.policy.breaches(of: environment).filter { $0.severity == .error }
    guard forbidden.isEmpty else { throw Failure(forbidden) }
  }

  /// Holds every distribution against the rules. Returns what is worth a warning; throws `policyDenied` with every breach.
  func check(_ lockfile: Lockfile) throws(Failure) -> [Diagnostic] {
    try sorted(breaches(of: environment.policy, in: lockfile))
  }

  /// Whether the lockfile breaks a rule that a new one would keep to.
  func callForAnother(_ lockfile: Lockfile) -> Bool {
    breaches(of: environment.policy.ofResolution, in: lockfile).contains { $0.severity == .error }
  }

  private func breaches(of policy: Policy, in lockfile: Lockfile) -> [Diagnostic] {
    let ranking = (interpreter?.tags).map { WheelTags.Ranking($0) }
    return policy.breaches(
      of: lockfile, for: environment, now: now,
      isUsable: ranking.map { ranking in { ranking.best(among: [$0]) != nil } })
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
