/// The lockfile as it applies to one interpreter: which file of each distribution is installed, and who asks for it.
public struct Selection: Sendable, Equatable {
  /// One distribution with the bytes that were chosen for it.
  public struct Item: Sendable, Equatable {
    /// The locked distribution.
    public var locked: LockedDistribution
    /// What identifies the chosen bytes.
    public var identity: DistributionIdentity
    /// The file to fetch; nil for a git commit and for a directory.
    public var file: LockedFile?
    /// The labels of the modules that need it, sorted.
    public var modules: [String]
  }

  /// Every distribution, sorted by name.
  public var items: [Item]

  /// Chooses, for each distribution, the wheel that fits the interpreter best, else its sdist.
  ///
  /// Source: PEP 425 for the order of tags, PEP 751 for what a lockfile may hold. Throws `wheelUnfit` with every
  /// distribution that has neither a fitting wheel nor an sdist.
  public init(_ lockfile: Lockfile, for interpreter: Interpreter) throws(Failure) {
    let askers = lockfile.askers()
    let ranking = WheelTags.Ranking(interpreter.tags)
    var items: [Item] = []
    var complaints: [Diagnostic] = []
    for locked in lockfile.distributions {
      let modules = askers[locked.name] ?? []
      switch locked.source {
      case .git(let pin):
        let identity = DistributionIdentity.git(commit: pin.commit, subdirectory: pin.subdirectory)
        items.append(Item(locked: locked, identity: identity, file: nil, modules: modules))
      case .archive(let pin):
        let identity: DistributionIdentity =
          pin.isWheel
          ? .wheel(sha256: pin.sha256) : .archive(sha256: pin.sha256, subdirectory: pin.subdirectory)
        if pin.isWheel, Selection.best(of: [pin.file], ranking: ranking) == nil {
          complaints.append(Selection.unfit(locked, [pin.file], interpreter))
        }
        items.append(Item(locked: locked, identity: identity, file: pin.file, modules: modules))
      case .directory(let pin):
        let identity = DistributionIdentity.directory(digest: pin.digest, subdirectory: pin.subdirectory)
        items.append(Item(locked: locked, identity: identity, file: nil, modules: modules))
      case .index(_, let wheels, let sdist):
        if let wheel = Selection.best(of: wheels, ranking: ranking) {
          items.append(Item(locked: locked, identity: .wheel(sha256: wheel.sha256), file: wheel, modules: modules))
        } else if let sdist {
          items.append(Item(locked: locked, identity: .sdist(sha256: sdist.sha256), file: sdist, modules: modules))
        } else {
          complaints.append(Selection.unfit(locked, wheels, interpreter))
        }
      }
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    self.items = items
  }

  private static func unfit(
    _ locked: LockedDistribution, _ wheels: [LockedFile], _ interpreter: Interpreter
  ) -> Diagnostic {
    Diagnostic(
      .wheelUnfit,
      "no wheel of \(locked.name) \(locked.version) in the lockfile fits Python \(interpreter.version)",
      because: "it has " + wheels.map(\.name).joined(separator: ", "),
      hint: "lock again with this interpreter: pinion lock")
  }

  private static func best(of wheels: [LockedFile], ranking: WheelTags.Ranking) -> LockedFile? {
    let named = wheels.compactMap { file in WheelName(file.name).map { (file, $0) } }
    return ranking.best(among: named.map(\.1)).map { named[$0].0 }
  }
}

extension Lockfile {
  /// For each distribution, the labels of the modules that need it, directly or through others, those of
  /// the base included; sorted.
  public func askers() -> [PackageName: [String]] {
    let needs = Dictionary(
      distributions.map { ($0.name, $0.dependencies) } + baseNeeds.map { ($0.name, $0.dependencies) },
      uniquingKeysWith: { first, _ in first })
    var askers: [PackageName: Set<String>] = [:]
    for module in modules {
      guard let root = module.distribution else { continue }
      var pending = [root]
      while let name = pending.popLast() {
        guard askers[name, default: []].insert(module.label).inserted else { continue }
        pending.append(contentsOf: needs[name] ?? [])
      }
    }
    return askers.mapValues { $0.sorted() }
  }
}
