internal import Model

/// Solves version requirements: what is asked goes in, one exact version of each distribution comes out.
protocol Resolver: Sendable {
  /// Throws `unsolvable` with an explanation, `packageAbsent`, or what the indexes said.
  func solve(_ question: ResolutionQuestion) async throws -> [SolvedDistribution]
}

/// What is to be solved.
struct ResolutionQuestion: Sendable {
  /// The interpreter that the solution is for.
  var interpreter: Interpreter
  /// What is there already, and stays.
  var base: BaseEnvironment?
  /// Requirements by name, in PEP 508 form, and built wheels as `name[extra] @ file://…`.
  var requirements: [String]
  /// Versions that must hold if the name is in the solution.
  var constraints: [String]
  /// The versions to prefer.
  var preferences: [LockedDistribution]
  /// What may move away from its preferred version.
  var upgrade: UpgradeScope
}

/// One distribution of a solution.
struct SolvedDistribution: Sendable {
  var name: PackageName
  var version: String
  /// The index that it came from, without user info.
  var index: String
  /// Its wheels, with real URLs.
  var wheels: [LockedFile]
  /// Its source distribution, with its real URL.
  var sdist: LockedFile?
}
