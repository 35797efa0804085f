extension Lockfile {
  /// What some of its modules need, themselves or through others: of the locked distributions and of the base.
  public func needed(by labels: Set<String>) -> Set<PackageName> {
    let needs = Dictionary(
      distributions.map { ($0.name, $0.dependencies) } + baseNeeds.map { ($0.name, $0.dependencies) },
      uniquingKeysWith: { $0 + $1 })
    var found: Set<PackageName> = []
    var queue = modules.filter { labels.contains($0.label) }.compactMap(\.distribution)
    while let name = queue.popLast() {
      guard let others = needs[name], found.insert(name).inserted else { continue }
      queue += others
    }
    return found
  }

  /// The same with some modules as an earlier lockfile has them, with all that they need there.
  ///
  /// Throws the distributions that both have, and that are not the same in both.
  public func holding(_ labels: Set<String>, of previous: Lockfile) throws(HoldingProblem) -> Lockfile {
    let needed = previous.needed(by: labels)
    var result = self
    var problem = HoldingProblem(names: [])
    for name in needed.sorted() {
      if let old = previous[name], !result.add(old) { problem.names.append(name) }
      if let old = previous.baseNeeds.first(where: { $0.name == name }), !result.add(old) { problem.names.append(name) }
    }
    guard problem.names.isEmpty else { throw problem }
    result = Lockfile(
      requiresPython: requiresPython, distributions: result.distributions, inputsDigest: inputsDigest,
      modules: modules.filter { !labels.contains($0.label) } + previous.modules.filter { labels.contains($0.label) },
      baseNeeds: result.baseNeeds)
    (result.python, result.platform, result.environments) = (python, platform, environments)
    (result.heldBack, result.unknown) = (heldBack, unknown)
    return result
  }

  /// What stands in the way of keeping modules as they were locked.
  public struct HoldingProblem: Error, Sendable, Equatable {
    /// Distributions that others need otherwise.
    public var names: [PackageName]
  }

  /// Adds a distribution, or what it needs to the one that is there. Whether that is the same.
  private mutating func add(_ old: LockedDistribution) -> Bool {
    guard let index = distributions.firstIndex(where: { $0.name == old.name }) else {
      // The base may have come to have that very version.
      guard let need = baseNeeds.first(where: { $0.name == old.name }) else {
        distributions.append(old)
        return true
      }
      return Version(need.version) == Version(old.version)
    }
    guard distributions[index].isSame(as: old) else { return false }
    distributions[index].dependencies = Set(distributions[index].dependencies + old.dependencies).sorted()
    return true
  }

  /// Adds what is needed of the base. Whether that goes with what is there.
  private mutating func add(_ old: BaseNeed) -> Bool {
    if let own = self[old.name] {
      return Version(own.version).map { old.specifiers.contains($0, allowPrereleases: true) } ?? false
    }
    guard let index = baseNeeds.firstIndex(where: { $0.name == old.name }) else {
      baseNeeds.append(old)
      return true
    }
    let merged = baseNeeds[index].specifiers.merged(with: old.specifiers)
    guard let version = Version(baseNeeds[index].version), merged.contains(version, allowPrereleases: true) else {
      return false
    }
    baseNeeds[index].specifiers = merged
    baseNeeds[index].dependencies = Set(baseNeeds[index].dependencies + old.dependencies).sorted()
    return true
  }
}

extension LockedDistribution {
  /// Whether it is the same version from the same kind of place; of what comes from no index, the very same.
  fileprivate func isSame(as other: LockedDistribution) -> Bool {
    switch (source, other.source) {
    case (.index, .index): Version(version) == Version(other.version)
    case (.git(let one), .git(let two)): one.commit == two.commit && one.subdirectory == two.subdirectory
    case (.archive(let one), .archive(let two)): one.sha256 == two.sha256 && one.subdirectory == two.subdirectory
    default: source == other.source
    }
  }
}
