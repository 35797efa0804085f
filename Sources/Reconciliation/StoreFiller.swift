internal import Installation
internal import Model
internal import Network
internal import Platform
internal import Resolution

/// Brings everything that a selection needs into the store: downloads and builds side by side.
struct StoreFiller: Sendable {
  var services: Services
  var environment: DesiredEnvironment
  var interpreter: Interpreter
  var observed: Observation
  var area: StagingArea
  /// What the selection is from.
  var lockfile: Lockfile

  /// How many downloads and builds run at a time.
  static let width = 8

  /// Fills the store; returns what the generation will hold.
  func fill(_ selection: Selection) async throws -> [InstalledDistribution] {
    let damaged = Set(observed.drift.compactMap(\.storeKey))
    let known = try knownBuilds()
    let missing = selection.items.filter { item in
      guard let key = key(of: item, known: known) else { return true }
      return damaged.contains(key) || !services.store.contains(key)
    }
    var built: [PackageName: String] = [:]
    if !missing.isEmpty {
      let work = try await StoreWork(filler: self, items: missing)
      let unpacked = try await withThrowingTaskGroup(of: (PackageName, Store.Unpacked).self) { group in
        var waiting = missing[...]
        var running = 0
        var found: [PackageName: Store.Unpacked] = [:]
        while running > 0 || !waiting.isEmpty {
          while running < StoreFiller.width, let item = waiting.popFirst() {
            running += 1
            group.addTask { (item.locked.name, try await work.bring(item)) }
          }
          if let (name, wheel) = try await group.next() { found[name] = wheel }
          running -= 1
        }
        return found
      }
      try services.store.adopt(Array(unpacked.values), replacing: damaged)
      built = unpacked.mapValues(\.key)
    }
    return try selection.items.map { item in
      guard let key = built[item.locked.name] ?? key(of: item, known: known) else {
        throw Failure(.internal, "\(item.locked.name) was not brought into the store")
      }
      return InstalledDistribution(
        name: item.locked.name, version: item.locked.version, identity: item.identity, storeKey: key,
        modules: item.modules)
    }
  }

  private func key(of item: Selection.Item, known: [Build: String]) -> String? {
    if case .wheel(let sha256) = item.identity { return sha256 }
    return known[Build(identity: item.identity, version: item.locked.version)]
  }

  /// What was built: one commit has another version once a tag leads to it.
  private struct Build: Hashable {
    var identity: DistributionIdentity
    var version: String
  }

  /// The store keys of what earlier generations built from the same sources for the same kind of interpreter.
  private func knownBuilds() throws -> [Build: String] {
    let generations = Generations(state: services.state, environment: environment.name)
    var known: [Build: String] = [:]
    for number in try generations.numbers().suffix(10) {
      guard let record = try generations.record(number), record.interpreter.soabi == interpreter.soabi else { continue }
      for distribution in record.distributions {
        known[Build(identity: distribution.identity, version: distribution.version)] = distribution.storeKey
      }
    }
    return known
  }
}

/// Brings single distributions into the store.
struct StoreWork: Sendable {
  let filler: StoreFiller
  let credentials: IndexCredentials
  let wheels: WheelCache
  let archives: ArchiveCache
  let progress: DownloadProgress

  init(filler: StoreFiller, items: [Selection.Item]) async throws {
    self.filler = filler
    let services = filler.services
    let credentials = try await services.credentials(of: filler.environment, interpreter: filler.interpreter)
    archives = ArchiveCache(state: services.state, client: services.client) { try credentials.credentials(for: $0) }
    self.credentials = credentials
    wheels = services.wheelCache(for: filler.environment, interpreter: filler.interpreter)
    progress = DownloadProgress(items.compactMap { $0.file }, report: services.report)
  }

  /// Fetches or builds the distribution's wheel and unpacks it in staging.
  func bring(_ item: Selection.Item) async throws -> Store.Unpacked {
    let path = try await wheel(of: item)
    guard case .wheel(let key) = item.identity else { return try unpack(path, key: FileDigest.sha256(path), of: item) }
    let unpacked = try unpack(path, key: key, of: item)
    try Files.remove(path)
    return unpacked
  }

  /// Downloads a distribution's files with the credentials of the index that named them.
  func downloader(of locked: LockedDistribution) -> WebDownloader {
    var index = ""
    if case .index(let url, _, _) = locked.source { index = url }
    return WebDownloader(client: filler.services.client) { [credentials, index] in
      try credentials.credentials(for: $0, of: locked.name, from: index)
    }
  }

  private func unpack(_ path: String, key: String, of item: Selection.Item) throws -> Store.Unpacked {
    let policy = filler.environment.policy
    return try filler.services.store.unpack(
      wheel: path, key: key, in: filler.area,
      rules: Store.WheelRules(
        record: policy.record.level(of: item.locked.name), limits: policy.unpacked, tags: filler.interpreter.tags))
  }
}
