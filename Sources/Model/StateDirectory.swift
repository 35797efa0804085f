/// The layout of the state directory. Paths only: nothing here touches a disk.
public struct StateDirectory: Sendable, Equatable {
  /// The state directory itself; absolute.
  public let root: String

  /// Takes an absolute path.
  public init(root: String) {
    self.root = root
  }

  /// Unpacked wheels, one directory each, named by the wheel's SHA-256.
  public var store: String { "\(root)/store" }
  /// Bare mirrors of git repositories.
  public var git: String { "\(root)/git" }
  /// What can be fetched or built again.
  public var cache: String { "\(root)/cache" }
  /// Programs that Pinion installed for its own use.
  public var tools: String { "\(root)/tools" }
  /// Where things are made before they are renamed into place; empty after every run.
  public var staging: String { "\(root)/staging" }
  /// Held shared by whoever brings something into the store for a generation, and alone by whoever removes from it.
  public var storeLock: String { "\(root)/store.lock" }
  /// What bundles brought and no generation holds yet, one file for each.
  public var bundles: String { "\(root)/bundles" }
  /// One directory for each environment.
  public var environments: String { "\(root)/environments" }

  /// One store entry.
  public func storeEntry(_ key: String) -> String { "\(store)/\(key)" }
  /// One environment's directory.
  public func environment(_ name: String) -> String { "\(environments)/\(name)" }
  /// The link to the generation in use.
  public func current(_ name: String) -> String { "\(environment(name))/current" }
  /// All generations of an environment.
  public func generations(_ name: String) -> String { "\(environment(name))/generations" }
  /// One generation.
  public func generation(_ name: String, _ number: Int) -> String { "\(generations(name))/\(number)" }
  /// The lock that a writer holds.
  public func lock(_ name: String) -> String { "\(environment(name))/lock" }
  /// Present while a rollback pins the environment.
  public func pin(_ name: String) -> String { "\(environment(name))/pinned" }
  /// Names a generation from before it is put in place until it is in use: what a kill leaves between the two was never in use.
  public func pending(_ name: String) -> String { "\(environment(name))/pending" }
  /// Names the application's own environment from which this one is reached; present while it is attached.
  public func attachment(_ name: String) -> String { "\(environment(name))/attached.json" }
  /// How far the trial of a generation came that was switched to, and which lockfile failed one.
  public func trial(_ name: String) -> String { "\(environment(name))/trial.json" }
  /// The generations that failed their health check.
  public func failures(_ name: String) -> String { "\(environment(name))/failures.json" }
  /// What the last deep check found; the next apply heals it and takes it away.
  public func damage(_ name: String) -> String { "\(environment(name))/damage.json" }
}
