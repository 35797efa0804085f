/// The changes from the current generation to the lockfile. A value: printed or applied, never computed twice.
public struct Plan: Sendable, Equatable {
  /// The environment's name.
  public var environment: String
  /// The number of the generation it starts from; nil when there is none yet.
  public var current: Int?
  /// The lockfile's bytes that it leads to.
  public var lockText: String
  /// What changes among distributions, sorted by name.
  public var changes: [Change]
  /// How many distributions stay as they are.
  public var kept: Int
  /// Why a new generation is needed besides the changes.
  public var reasons: [RebuildReason]
  /// The modules that are not as declared in what it leads to.
  public var heldBack: [HeldBack] = []
  /// The `.pth` files that the new generation will have, as far as they are known.
  public var pathFiles: [PathFile] = []
  /// The distributions whose `.pth` files are not known, since their wheels are not in the store yet; sorted.
  public var unread: [PackageName] = []
  /// What is done after the switch, each in a few words: hooks, and the health check.
  public var followUps: [String] = []
  /// The generation that failed its health check with this very lockfile and manifest: it is not tried again by itself.
  public var quarantined: Quarantine?

  /// Creates a plan.
  public init(
    environment: String, current: Int?, lockText: String, changes: [Change], kept: Int, reasons: [RebuildReason]
  ) {
    self.environment = environment
    self.current = current
    self.lockText = lockText
    self.changes = changes
    self.kept = kept
    self.reasons = reasons
  }

  /// Whether applying it would change nothing.
  public var isEmpty: Bool { changes.isEmpty && reasons.isEmpty }

  /// How many changes there are of a kind.
  public func count(of action: Change.Action) -> Int { changes.count { $0.action == action } }
}

/// A generation that failed its health check, and whose lockfile is held until something is declared differently.
public struct Quarantine: Sendable, Equatable {
  /// The generation that failed.
  public var generation: Int
  /// The one that was gone back to.
  public var previous: Int
  /// What was not well.
  public var reason: String
  /// Since when, in seconds since 1970.
  public var since: Int

  /// Creates a description.
  public init(generation: Int, previous: Int, reason: String, since: Int) {
    self.generation = generation
    self.previous = previous
    self.reason = reason
    self.since = since
  }
}

/// A `.pth` file, which Python reads whenever it starts.
public struct PathFile: Sendable, Equatable {
  /// Who brings it.
  public var distribution: PackageName
  /// Its name.
  public var name: String
  /// Whether a line of it is code that is run; else it only adds directories to the import path.
  public var runsCode: Bool

  /// Creates a description.
  public init(distribution: PackageName, name: String, runsCode: Bool) {
    self.distribution = distribution
    self.name = name
    self.runsCode = runsCode
  }

  /// `setuptools: distutils-precedence.pth runs code at every start`.
  public var explanation: String {
    "\(distribution): \(name) \(runsCode ? "runs code at every start" : "adds to the import path")"
  }
}

/// What happens to one distribution.
public struct Change: Sendable, Equatable {
  /// The kinds of change.
  public enum Action: String, Sendable, Codable { case install, replace, remove }

  /// The kind of change.
  public var action: Action
  /// The distribution.
  public var distribution: PackageName
  /// What is installed; nil for an install.
  public var from: DistributionState?
  /// What will be installed; nil for a removal.
  public var to: DistributionState?
  /// The labels of the modules that ask for it; for a removal, of those that asked for it.
  public var modules: [String]

  /// Creates a change.
  public init(
    action: Action, distribution: PackageName, from: DistributionState?, to: DistributionState?, modules: [String]
  ) {
    self.action = action
    self.distribution = distribution
    self.from = from
    self.to = to
    self.modules = modules
  }
}

/// A distribution at one version.
public struct DistributionState: Sendable, Equatable {
  /// Its version.
  public var version: String
  /// What identifies its bytes.
  public var identity: DistributionIdentity

  /// Creates a state.
  public init(version: String, identity: DistributionIdentity) {
    self.version = version
    self.identity = identity
  }

  /// The commit it was built from, if it was.
  public var commit: String? {
    if case .git(let commit, _) = identity { commit } else { nil }
  }
}

/// Why a generation is built although no distribution, or not only distributions, changed.
public enum RebuildReason: Sendable, Equatable, Hashable {
  /// There is no generation yet.
  case first
  /// The set of modules, or what answers for them, changed.
  case modules
  /// The lockfile changed in ways that no distribution shows.
  case lockfile
  /// Verification, import roots or other settings of the environment changed.
  case settings
  /// The interpreter is another, or was replaced.
  case interpreter
  /// The base is another, or its site directories are.
  case base
  /// Files of the generation or the store are not as recorded.
  case drift(count: Int)

  /// A word for JSON.
  public var code: String {
    switch self {
    case .first: "first"
    case .modules: "modules"
    case .lockfile: "lockfile"
    case .settings: "settings"
    case .interpreter: "interpreter"
    case .base: "base"
    case .drift: "drift"
    }
  }

  /// A clause for people.
  public var explanation: String {
    switch self {
    case .first: "the environment has no generation yet"
    case .modules: "the declared modules changed"
    case .lockfile: "the lockfile changed"
    case .settings: "settings of the environment changed"
    case .interpreter: "the interpreter changed"
    case .base: "the base environment changed"
    case .drift(let count): "\(count) \(count == 1 ? "path has" : "paths have") drifted"
    }
  }
}

/// The differ: installed and selected in, changes out.
public enum Differ {
  /// Compares what is installed with what is selected.
  public static func changes(
    from installed: [InstalledDistribution], to selection: Selection
  ) -> (changes: [Change], kept: Int) {
    var remaining = Dictionary(installed.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var changes: [Change] = []
    var kept = 0
    for item in selection.items {
      let new = DistributionState(version: item.locked.version, identity: item.identity)
      guard let present = remaining.removeValue(forKey: item.locked.name) else {
        changes.append(
          Change(action: .install, distribution: item.locked.name, from: nil, to: new, modules: item.modules))
        continue
      }
      let old = DistributionState(version: present.version, identity: present.identity)
      if old == new {
        kept += 1
      } else {
        changes.append(
          Change(action: .replace, distribution: item.locked.name, from: old, to: new, modules: item.modules))
      }
    }
    for gone in remaining.values {
      let old = DistributionState(version: gone.version, identity: gone.identity)
      changes.append(Change(action: .remove, distribution: gone.name, from: old, to: nil, modules: gone.modules))
    }
    return (changes.sorted { $0.distribution < $1.distribution }, kept)
  }
}
