internal import Model

/// Which distribution of a solution needs which, and in which versions. Pure.
struct NeedGraph: Sendable {
  /// A distribution on the way to another.
  struct Step: Sendable, Hashable, CustomStringConvertible {
    var name: PackageName
    var version: String

    var description: String { "\(name) \(version)" }
  }

  /// What is asked of a distribution's version, and through which others.
  struct Need: Sendable, Hashable {
    var specifiers: VersionSpecifiers
    /// From the first to the one that asks; empty where nothing stands between.
    var path: [Step]
  }

  /// What each distribution asks of others.
  private let edges: [PackageName: [RequirementParser.Parsed]]
  /// The versions of the solution.
  let versions: [PackageName: Version]

  /// Reads a solution: of what `metadata` knows nothing, nothing is needed. `roots` are asked for with these extras.
  init(
    _ versions: [PackageName: Version], roots: [(PackageName, [PackageName])],
    metadata: (PackageName) -> DistributionMetadata?, markers: [String: String]
  ) {
    self.versions = versions
    let extras = LockResolver.activeExtras(roots: roots, metadata: metadata, markers: markers)
    var edges: [PackageName: [RequirementParser.Parsed]] = [:]
    for name in versions.keys {
      edges[name] = metadata(name)?.dependencies(markers: markers, extras: extras[name] ?? [])
    }
    self.edges = edges
  }

  /// Everything that a distribution asks of others' versions, itself or through others: the shortest ways first.
  func needs(from root: PackageName, after prefix: [Step] = []) -> [PackageName: [Need]] {
    var found: [PackageName: [Need]] = [:]
    var paths: [PackageName: [Step]] = [root: prefix]
    var queue = [root]
    while !queue.isEmpty {
      let next = queue.removeFirst()
      let way = (paths[next] ?? []) + [Step(name: next, version: versions[next]?.description ?? "")]
      for dependency in edges[next] ?? [] {
        if !dependency.specifiers.isEmpty {
          found[dependency.name, default: []].append(Need(specifiers: dependency.specifiers, path: way))
        }
        guard paths[dependency.name] == nil, versions[dependency.name] != nil else { continue }
        paths[dependency.name] = way
        queue.append(dependency.name)
      }
    }
    return found
  }
}
