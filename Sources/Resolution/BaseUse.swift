internal import Model

/// What a resolution takes from the base instead of installing it.
struct BaseUse {
  /// The distributions that the base has in the very version that was chosen.
  let taken: Set<PackageName>
  /// What each of them says of itself.
  private let metadata: [PackageName: DistributionMetadata]
  private let versions: [PackageName: String]

  /// `built` are the distributions that come from source: they are installed whatever the base has.
  init(_ base: BaseEnvironment?, of solved: [SolvedDistribution], built: Set<PackageName>) {
    versions = Dictionary(
      (base?.distributions ?? []).map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    let versions = versions
    let taken = Set(
      solved.filter { entry in
        !built.contains(entry.name)
          && versions[entry.name].map { Version($0) == Version(entry.version) } ?? false
      }.map(\.name))
    self.taken = taken
    metadata = Dictionary(
      (base?.distributions ?? []).filter { taken.contains($0.name) }.compactMap { entry in
        DistributionMetadata(entry.metadata).map { (entry.name, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The metadata of a distribution that is taken.
  subscript(name: PackageName) -> DistributionMetadata? { metadata[name] }

  /// What the lock needs from the base.
  ///
  /// `asked` holds what installed distributions and modules ask of taken ones. Beside these, every taken distribution
  /// counts by way of which an installed one is needed (the base has `name`, a module asks for `name[extra]`, and what
  /// the extra brings is installed): the lockfile can say then for whom it is there. What `overridden` says of a version is
  /// asked of it, whatever others ask.
  func needs(
    asked: [PackageName: VersionSpecifiers], overridden: [PackageName: VersionSpecifiers] = [:],
    installed: Set<PackageName>, markers: [String: String], extras: [PackageName: Set<PackageName>]
  ) -> [BaseNeed] {
    var edges: [PackageName: [RequirementParser.Parsed]] = [:]
    for name in taken {
      edges[name] = metadata[name]?.dependencies(markers: markers, extras: extras[name] ?? []) ?? []
    }
    // A distribution carries when an installed one is among its dependencies, directly or through others that carry.
    var carrying: Set<PackageName> = []
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for name in taken where !carrying.contains(name) {
        let leads = edges[name]?.contains { installed.contains($0.name) || carrying.contains($0.name) } ?? false
        if leads { isGrowing = carrying.insert(name).inserted || isGrowing }
      }
    }
    var needs = asked
    for name in carrying {
      for dependency in edges[name] ?? [] where carrying.contains(dependency.name) {
        needs[dependency.name] = (needs[dependency.name] ?? .any).merged(with: dependency.specifiers)
      }
    }
    needs.merge(overridden.filter { needs[$0.key] != nil }) { _, replacing in replacing }
    let known = installed.union(needs.keys)
    return needs.compactMap { name, specifiers in
      versions[name].map { version in
        let onwards = carrying.contains(name) ? (edges[name] ?? []).map(\.name) : []
        return BaseNeed(
          name: name, version: version, specifiers: specifiers,
          dependencies: Set(onwards).intersection(known).subtracting([name]).sorted())
      }
    }
  }
}
