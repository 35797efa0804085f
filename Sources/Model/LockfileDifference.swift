/// What tells one lockfile from another: distributions, modules, and what they were locked for.
///
/// It compares what lockfiles say, not their bytes, so that two that differ in the order of lines alone are the same.
public struct LockfileDifference: Sendable, Equatable {
  /// What happened to an entry on the way from the first to the second.
  public enum Action: String, Sendable, Codable { case added, removed, changed }

  /// What changed about a distribution that both have.
  public enum Aspect: String, Sendable, Codable, CaseIterable {
    /// It has another version.
    case version
    /// It is built from another commit.
    case commit
    /// Another branch, tag or commit was asked for.
    case reference
    /// It comes from another place.
    case source
    /// It has the same version and other files, or the same files with other content.
    case files
    /// Its files are the same, and what is said of them is not: where they are, how large, or since when.
    case details
    /// It needs others.
    case dependencies
  }

  /// One distribution that differs.
  public struct Item: Sendable, Equatable {
    /// Its name.
    public var name: PackageName
    /// What happened to it.
    public var action: Action
    /// The distribution as it was; nil where it was added.
    public var from: LockedDistribution?
    /// The distribution as it is; nil where it was removed.
    public var to: LockedDistribution?
    /// What changed about it, the most telling first; empty where it was added or removed.
    public var aspects: [Aspect]
    /// The labels of the modules that ask for it, or, where it was removed, asked for it; sorted.
    public var modules: [String]

    /// Whether its version went down.
    public var isDowngrade: Bool {
      guard let old = from.flatMap({ Version($0.version) }), let new = to.flatMap({ Version($0.version) }) else {
        return false
      }
      return new < old
    }
  }

  /// One module that differs.
  public struct ModuleItem: Sendable, Equatable {
    /// Section and name.
    public var label: String
    /// What happened to it.
    public var action: Action
    /// The module as it was; nil where it was added.
    public var from: LockedModule?
    /// The module as it is; nil where it was removed.
    public var to: LockedModule?
  }

  /// A setting that both were made with, and that differs.
  public struct Setting: Sendable, Equatable {
    /// What it is: `python`, `platform`, `requires-python`, `environments`, `held-back`, `base` with a distribution's name, or
    /// a key that this Pinion does not know, after what it belongs to: `alpha: marker`.
    public var name: String
    /// What it was; nil where it was not there.
    public var from: String?
    /// What it is; nil where it is no longer there.
    public var to: String?
  }

  /// The distributions that differ, sorted by name.
  public var items: [Item]
  /// The modules that differ, sorted by section and name.
  public var modules: [ModuleItem]
  /// What else differs.
  public var settings: [Setting]
  /// Whether the inputs of resolution have another digest: something that shows in none of the above may have changed.
  public var hasOtherInputs: Bool

  /// Whether both say the same.
  public var isEmpty: Bool { items.isEmpty && modules.isEmpty && settings.isEmpty }

  /// How many distributions there are of a kind.
  public func count(of action: Action) -> Int { items.count { $0.action == action } }

  /// Compares two lockfiles. A lockfile that is not there is an empty one.
  public init(from old: Lockfile?, to new: Lockfile?) {
    let (askedOld, askedNew) = (old?.askers() ?? [:], new?.askers() ?? [:])
    items = Self.paired(old?.distributions ?? [], new?.distributions ?? [], by: \.name).compactMap { name, was, now in
      let modules = (now == nil ? askedOld[name] : askedNew[name]) ?? []
      guard let was, let now else {
        return Item(
          name: name, action: was == nil ? .added : .removed, from: was, to: now, aspects: [], modules: modules)
      }
      let aspects = Self.aspects(from: was, to: now)
      guard !aspects.isEmpty else { return nil }
      return Item(name: name, action: .changed, from: was, to: now, aspects: aspects, modules: modules)
    }
    modules = Self.paired(old?.modules ?? [], new?.modules ?? [], by: \.label).compactMap { label, was, now in
      guard let was, let now else {
        return ModuleItem(label: label, action: was == nil ? .added : .removed, from: was, to: now)
      }
      return was == now ? nil : ModuleItem(label: label, action: .changed, from: was, to: now)
    }
    var settings: [Setting] = []
    func compare(_ name: String, _ was: String?, _ now: String?) {
      if was != now { settings.append(Setting(name: name, from: was, to: now)) }
    }
    compare("python", old?.python, new?.python)
    compare("platform", old?.platform, new?.platform)
    compare("requires-python", old?.requiresPython, new?.requiresPython)
    for (name, was, now) in Self.paired(old?.baseNeeds ?? [], new?.baseNeeds ?? [], by: \.name) where was != now {
      compare("base \(name)", was.map(Self.text), now.map(Self.text))
    }
    compare("environments", Self.text(old?.environments), Self.text(new?.environments))
    compare("held-back", Self.text(old?.heldBack), Self.text(new?.heldBack))
    settings += Self.otherKeys(from: old, to: new)
    self.settings = settings
    hasOtherInputs = old?.inputsDigest != new?.inputsDigest
  }

  private static func text(_ list: [String]?) -> String? {
    list.flatMap { $0.isEmpty ? nil : $0.joined(separator: ", ") }
  }

  private static func text(_ need: BaseNeed) -> String {
    need.specifiers.isEmpty ? need.version : "\(need.version) (\(need.specifiers))"
  }

  /// What changed about a distribution.
  private static func aspects(from old: LockedDistribution, to new: LockedDistribution) -> [Aspect] {
    var aspects: Set<Aspect> = []
    if old.version != new.version { aspects.insert(.version) }
    if old.dependencies != new.dependencies { aspects.insert(.dependencies) }
    switch (old.source, new.source) {
    case (.git(let was), .git(let now)):
      if was.url != now.url || was.subdirectory != now.subdirectory { aspects.insert(.source) }
      if was.commit != now.commit { aspects.insert(.commit) }
      if was.requestedRevision != now.requestedRevision || was.isFollowed != now.isFollowed {
        aspects.insert(.reference)
      }
    case (.index(let was, let wasWheels, let wasSdist), .index(let now, let nowWheels, let nowSdist)):
      if was != now { aspects.insert(.source) }
      // Another version has other files: nobody needs to hear it.
      let (wasFiles, nowFiles) = (files(wasWheels, wasSdist), files(nowWheels, nowSdist))
      if old.version == new.version {
        if wasFiles != nowFiles {
          aspects.insert(.files)
        } else if Set(wasWheels) != Set(nowWheels) || wasSdist != nowSdist {
          aspects.insert(.details)
        }
      }
    case (.archive(let was), .archive(let now)):
      if was.url != now.url || was.subdirectory != now.subdirectory { aspects.insert(.source) }
      if was.sha256 != now.sha256 { aspects.insert(.files) } else if was.size != now.size { aspects.insert(.details) }
    case (.directory(let was), .directory(let now)):
      if was.path != now.path || was.subdirectory != now.subdirectory { aspects.insert(.source) }
      if was.digest != now.digest { aspects.insert(.files) }
    default: aspects.insert(.source)
    }
    return Aspect.allCases.filter(aspects.contains)
  }

  private static func files(_ wheels: [LockedFile], _ sdist: LockedFile?) -> Set<String> {
    Set((wheels + (sdist.map { [$0] } ?? [])).map { "\($0.name) \($0.sha256)" })
  }

  /// The entries of two lists by their key, sorted by it.
  private static func paired<Entry, Key: Hashable & Comparable>(
    _ old: [Entry], _ new: [Entry], by key: (Entry) -> Key
  ) -> [(Key, Entry?, Entry?)] {
    let was = Dictionary(old.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
    let now = Dictionary(new.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
    return Set(was.keys).union(now.keys).sorted().map { ($0, was[$0], now[$0]) }
  }
}
