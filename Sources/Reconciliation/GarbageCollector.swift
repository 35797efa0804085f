internal import Installation
public import Model
internal import Platform

/// Removes old generations, and what is in the store and the caches for nobody any more.
///
/// Generations go under the lock of their environment's one writer, entries of the store under the store's lock, which keeps
/// every apply out that is about to use one. What goes is moved aside first, in one step each, and removed when no lock is held.
public struct GarbageCollector: Sendable {
  /// What came of it, or would.
  public struct Result: Sendable {
    /// One environment.
    public struct Environment: Sendable {
      /// Its name.
      public var name: String
      /// The generations that went, in order.
      public var removed: [Int]
      /// Those that stayed, in order, and why.
      public var kept: [(number: Int, reason: Retention.Reason)]
    }
    /// One entry of the store.
    public struct Entry: Sendable {
      /// Its key.
      public var key: String
      /// `name version`; nil where the entry was not whole.
      public var title: String?
    }
    /// The environments, by name.
    public var environments: [Environment] = []
    /// The entries of the store that went, by key.
    public var entries: [Entry] = []
    /// How many stayed.
    public var entriesKept = 0
    /// The cached files that went, below the state directory.
    public var cached: [String] = []
    /// How many bytes are free now.
    public var bytes = 0
    /// What the user should know.
    public var warnings: [Diagnostic] = []
  }

  /// How long something stays in a cache that no generation holds, in seconds, where nothing else is said.
  public static let cacheAge: Double = 30 * 86_400

  private let state: StateDirectory
  private let retention: Retention
  private let isDry: Bool
  private let command: String
  private let lockTimeout: Double
  private let announce: @Sendable (String) -> Void
  private let now: Int

  /// Takes what stays and how. With `isDry`, nothing is removed and no lock is waited for.
  public init(
    state: StateDirectory, retention: Retention, isDry: Bool, command: String, lockTimeout: Double, now: Int,
    announce: @escaping @Sendable (String) -> Void
  ) {
    self.state = state
    self.retention = retention
    self.isDry = isDry
    self.command = command
    self.lockTimeout = lockTimeout
    self.now = now
    self.announce = announce
  }

  /// Collects generations of the named environments, and then what nothing reaches, whatever environment it was for.
  ///
  /// Throws `locked` when another writer does not end in time; what was removed before stays so.
  public func collect(_ environments: [String]) async throws -> Result {
    var result = Result()
    guard Files.isDirectory(state.root) else { return result }
    var reclaimed = Reclaimed()
    let area = isDry ? nil : try StagingArea.make(in: state.staging)
    defer { try? area?.remove() }
    for name in environments {
      result.environments.append(try await collect(name, &reclaimed, area, &result.warnings))
    }
    try await sweepStore(&result, &reclaimed, area)
    result.bytes = reclaimed.bytes
    return result
  }

  // MARK: Generations

  private func collect(
    _ name: String, _ reclaimed: inout Reclaimed, _ area: StagingArea?, _ warnings: inout [Diagnostic]
  ) async throws -> Result.Environment {
    let lock =
      isDry
      ? nil
      : try await FileLock.acquire(
        state.lock(name), waitingUpTo: lockTimeout, command: command,
        onWait: { announce("Waiting for another Pinion to end") })
    defer { withExtendedLifetime(lock) {} }
    let generations = Generations(state: state, environment: name)
    if !isDry { _ = try generations.removeUnfinished() }
    var candidates: [Retention.Candidate] = []
    var previous: Int?
    let current = generations.current()
    for number in try generations.numbers() {
      let record = try generations.record(number)
      if number == current { previous = record?.origin?.previous }
      // What has no record is left to the next writer, who removes it.
      guard try record != nil || generations.foreign(number) != nil || number == current else { continue }
      candidates.append(Retention.Candidate(number: number, createdAt: record?.createdAt))
    }
    let trial = try Trial.read(name, in: state)
    let use = Retention.Use(
      current: current, previous: previous, pinned: try Observation.pin(of: name, in: state),
      fallback: trial?.stage == .quarantined ? nil : trial?.previous,
      switchedAt: generations.switchedAt())
    let reasons = retention.kept(candidates, use: use, now: now)
    var found = Result.Environment(name: name, removed: [], kept: [])
    for candidate in candidates {
      let number = candidate.number
      if let reason = reasons[number] {
        found.kept.append((number, reason))
        continue
      }
      var counted = Reclaimed()
      counted.add(generations.path(number))
      let isFree =
        if let area { try generations.take(number, to: "\(area.path)/\(name)-\(number)") } else {
          try !generations.isInUse(number)
        }
      if isFree {
        reclaimed.add(counted)
        found.removed.append(number)
      } else {
        found.kept.append((number, .inUse))
      }
    }
    return found
  }

  // MARK: Store and caches

  private func sweepStore(_ result: inout Result, _ reclaimed: inout Reclaimed, _ area: StagingArea?) async throws {
    guard Files.isDirectory(state.store) || Files.isDirectory(state.cache) else { return }
    let lock =
      isDry
      ? nil
      : try await FileLock.acquireStore(
        state.storeLock, .exclusive, waitingUpTo: lockTimeout,
        onWait: { announce("Waiting for another Pinion to end") })
    defer { withExtendedLifetime(lock) {} }
    let gone = Dictionary(
      result.environments.map { ($0.name, Set($0.removed)) }, uniquingKeysWith: { first, _ in first })
    var reach = try Reach(state: state, without: isDry ? gone : [:])
    if let unknown = reach.unknown {
      result.warnings.append(unknown)
      return
    }
    for bundle in try Files.list(state.bundles) {
      let path = "\(state.bundles)/\(bundle)"
      if isOld(path) {
        reclaimed.add(path)
        if let area { try Files.rename(path, to: "\(area.path)/bundle-\(bundle)") }
      } else {
        reach.keys.formUnion(
          String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n").map(String.init))
      }
    }
    let store = Store(state: state)
    for key in try store.keys() {
      guard !reach.keys.contains(key) else {
        result.entriesKept += 1
        continue
      }
      let record = try? store.record(key)
      result.entries.append(.init(key: key, title: record.map { "\($0.name) \($0.version)" }))
      reclaimed.add(state.storeEntry(key))
      if let area { try Files.rename(state.storeEntry(key), to: "\(area.path)/\(key)") }
    }
    for kind in ["wheels", "archives"] {
      for name in try Files.list("\(state.cache)/\(kind)") {
        let path = "\(state.cache)/\(kind)/\(name)"
        guard isOld(path), try !reach.holds(path, kind) else { continue }
        result.cached.append("cache/\(kind)/\(name)")
        reclaimed.add(path)
        if let area { try Files.rename(path, to: "\(area.path)/\(kind)-\(name)") }
      }
    }
  }

  /// Whether nobody made or used something for so long that it may go.
  private func isOld(_ path: String) -> Bool {
    guard let changed = Files.linkIdentity(path)?.modified else { return false }
    return Double(now) - Double(changed) / 1e9 >= retention.age ?? Self.cacheAge
  }
}

/// What generations hold.
private struct Reach {
  /// The keys of store entries.
  var keys: Set<String> = []
  /// The SHA-256 of source archives.
  var archives: Set<String> = []
  /// Why it is not known what a generation holds; then nothing may be taken.
  var unknown: Diagnostic?

  /// Reads the records of all generations of all environments but some.
  init(state: StateDirectory, without gone: [String: Set<Int>]) throws {
    for name in try Files.list(state.environments) {
      let generations = Generations(state: state, environment: name)
      for number in try generations.numbers() where gone[name]?.contains(number) != true {
        guard let record = try generations.record(number) else {
          unknown = Diagnostic(
            .stateInvalid, severity: .warning, "nothing was taken out of the store and the caches",
            at: .path(generations.path(number)),
            because: "the record of generation \(number) of \(name) cannot be read, so what it holds is not known",
            hint:
              "run pinion apply, which builds a new generation, or remove the directory yourself; then run this again")
          return
        }
        for distribution in record.distributions {
          keys.insert(distribution.storeKey)
          if case .archive(let sha256, _) = distribution.identity { archives.insert(sha256) }
        }
      }
    }
  }

  /// Whether a directory of a cache has what a generation was made from.
  func holds(_ path: String, _ kind: String) throws -> Bool {
    if kind == "archives" { return archives.contains(path.lastPathComponent) || keys.contains(path.lastPathComponent) }
    for name in try Files.list(path) where keys.contains(try FileDigest.sha256("\(path)/\(name)")) { return true }
    return false
  }
}
