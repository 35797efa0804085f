internal import Model

/// Solves version requirements: what is asked goes in, one exact version of each distribution comes out.
protocol Resolver: Sendable {
  /// Throws `URLDependency` where a package of an index names another by its place, `unsolvable` with an explanation, `packageAbsent`, or what the indexes said.
  func solve(_ question: ResolutionQuestion) async throws -> [SolvedDistribution]
}

/// One distribution of a solution.
struct SolvedDistribution: Sendable {
  var name: PackageName
  var version: String
  /// The index that it came from, without user info.
  var index: String
  /// Its wheels, with real URLs.
  var wheels: [LockedFile]
  /// The METADATA that was read to solve it, by the URL of its wheel; empty where none was.
  var metadata: [String: String] = [:]
  /// Its source distribution, with its real URL.
  var sdist: LockedFile?
}
