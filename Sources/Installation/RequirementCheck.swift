public import Model

/// Holds what a generation will have against what each distribution in it requires, as `pip check` does with an environment. Pure.
///
/// It goes further in two ways: the requirements of extras that somebody asks for count, and so does `Requires-Python`. It leaves
/// alone what the base has by itself, what an entry without its dependencies (`--no-deps`) leaves out, and versions that
/// `spec.overrides` answers for.
///
/// Source: Python Packaging User Guide, "Core metadata specifications"; PEP 508.
public struct RequirementCheck: Sendable {
  /// A distribution that will be there.
  public struct Present: Sendable {
    /// What it says of itself.
    public var metadata: DistributionMetadata
    /// Whether it is in the base; else it is in the generation.
    public var isInBase: Bool

    /// Creates an entry.
    public init(_ metadata: DistributionMetadata, isInBase: Bool = false) {
      self.metadata = metadata
      self.isInBase = isInBase
    }
  }

  /// Something that is required, and is not so.
  public struct Problem: Sendable, Equatable {
    /// What is not so.
    public enum Kind: Sendable, Equatable {
      /// A distribution is not there.
      case missing(PackageName, VersionSpecifiers)
      /// It is there in a version that will not do.
      case unfit(PackageName, VersionSpecifiers, present: String)
      /// The interpreter is another Python than it is for.
      case python(VersionSpecifiers, present: String)
    }

    /// Who requires it.
    public var distribution: PackageName
    /// Its version.
    public var version: String
    /// What is not so.
    public var kind: Kind
    /// Whether a lock could have known: of the machine it knows the kind alone, and of the Python no more than the minor version.
    public var isForeseeable = true

    /// Creates a description.
    public init(_ distribution: PackageName, _ version: String, _ kind: Kind, isForeseeable: Bool = true) {
      self.isForeseeable = isForeseeable
      self.distribution = distribution
      self.version = version
      self.kind = kind
    }
  }

  /// What will be there; where base and generation both have a name, the generation's is what counts.
  public var present: [Present]
  /// What modules ask for, with extras.
  public var roots: [(name: PackageName, extras: [PackageName])]
  /// The interpreter's markers.
  public var markers: [String: String]
  /// The interpreter's version.
  public var python: String
  /// The names whose versions `spec.overrides` answers for.
  public var overridden: Set<PackageName>
  /// The distributions whose own requirements do not count.
  public var withoutNeeds: Set<PackageName>

  /// Gathers what is to be judged.
  public init(
    _ present: [Present], roots: [(name: PackageName, extras: [PackageName])] = [], markers: [String: String],
    python: String, overridden: Set<PackageName> = [], withoutNeeds: Set<PackageName> = []
  ) {
    self.present = present
    self.roots = roots
    self.markers = markers
    self.python = python
    self.overridden = overridden
    self.withoutNeeds = withoutNeeds
  }

  /// All that is not so, by the names of those who require it.
  public var problems: [Problem] {
    var known: [PackageName: Present] = [:]
    for entry in present where known[entry.metadata.name]?.isInBase != false { known[entry.metadata.name] = entry }
    let extras = activeExtras(known)
    return known.values.sorted { $0.metadata.name < $1.metadata.name }.flatMap { entry in
      problems(of: entry, extras: extras[entry.metadata.name] ?? [], known)
    }
  }

  private func problems(
    of entry: Present, extras: Set<PackageName>, _ known: [PackageName: Present]
  ) -> [Problem] {
    let metadata = entry.metadata
    var found: [Problem] = []
    func add(_ kind: Problem.Kind, isForeseeable: Bool = true) {
      let problem = Problem(
        metadata.name, metadata.version.description, kind, isForeseeable: isForeseeable)
      if !found.contains(problem) { found.append(problem) }
    }
    if !entry.isInBase, let wanted = metadata.requiresPython, let version = Version(python),
      !wanted.contains(version, allowPrereleases: true)
    {
      add(.python(wanted, present: python))
    }
    guard !withoutNeeds.contains(metadata.name) else { return found }
    for need in metadata.dependencies(markers: markers, extras: extras) {
      let other = known[need.name]
      // The base is as it is; what the generation puts before it is not.
      if entry.isInBase, other?.isInBase != false { continue }
      if let other {
        let isFit = need.specifiers.contains(other.metadata.version, allowPrereleases: true)
        if !isFit, !overridden.contains(need.name) {
          add(.unfit(need.name, need.specifiers, present: other.metadata.version.description))
        }
      } else {
        let isForeseeable = need.marker?.variables.isDisjoint(with: Self.unforeseen) ?? true
        add(.missing(need.name, need.specifiers), isForeseeable: isForeseeable)
      }
    }
    return found
  }

  private static let unforeseen: Set<Marker.Variable> = [
    .pythonFullVersion, .implementationVersion, .platformRelease, .platformVersion,
  ]

  /// The extras of each distribution that a module, or a distribution that counts, asks for.
  private func activeExtras(_ known: [PackageName: Present]) -> [PackageName: Set<PackageName>] {
    var active: [PackageName: Set<PackageName>] = [:]
    var pending = roots.map { ($0.name, Set($0.extras)) } + known.keys.map { ($0, []) }
    var visited: Set<PackageName> = []
    while let (name, extras) = pending.popLast() {
      let all = (active[name] ?? []).union(extras)
      guard visited.insert(name).inserted || all != active[name] else { continue }
      active[name] = all
      guard let entry = known[name], !withoutNeeds.contains(name) else { continue }
      for need in entry.metadata.dependencies(markers: markers, extras: all) where !need.extras.isEmpty {
        pending.append((need.name, Set(need.extras)))
      }
    }
    return active
  }
}

extension RequirementCheck.Problem {
  /// The complaint for people: a warning where no lock could have known, and there is no way to mend it by one. `askers` are the modules that the distribution is there for.
  public func complaint(askers: [String], at place: Place?) -> Diagnostic {
    let owner = "\(distribution) \(version)"
    let message =
      switch kind {
      case .missing(let name, let specifiers): "\(owner) requires \(name)\(specifiers), which is not installed"
      case .unfit(let name, let specifiers, let present):
        "\(owner) requires \(name)\(specifiers), and \(name) \(present) is installed"
      case .python(let specifiers, let present):
        "\(owner) requires Python \(specifiers), and this is Python \(present)"
      }
    let hint =
      switch kind {
      case .missing(let name, _):
        isForeseeable
          ? "lock again: pinion lock; or declare a module with pip_name: \(name)"
          : "declare a module with pip_name: \(name) if it is missed: what asks for it depends on more than a lock knows"
      case .unfit: "lock again: pinion lock; or say in `spec.overrides` which version is to do for all"
      case .python: "lock again with this interpreter: pinion lock"
      }
    var diagnostic = Diagnostic(
      .requirementUnmet, severity: isForeseeable ? .error : .warning, message, at: place,
      because: askers.isEmpty ? nil : "it is there for \(askers.joined(separator: ", "))", hint: hint)
    diagnostic.modules = askers
    return diagnostic
  }
}
