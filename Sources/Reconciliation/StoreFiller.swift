internal import Installation
internal import Model
internal import Network
internal import Platform
internal import Resolution
internal import Synchronization

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
  private static let width = 8

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
private struct StoreWork: Sendable {
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
    progress = DownloadProgress(items.compactMap { $0.file }, announce: services.announce)
  }

  /// Fetches or builds the distribution's wheel and unpacks it in staging.
  func bring(_ item: Selection.Item) async throws -> Store.Unpacked {
    switch (item.identity, item.locked.source) {
    case (.wheel, _):
      guard let file = item.file else { break }
      let path = "\(filler.area.path)/\(file.name)"
      try await downloader(of: item.locked).download(file, to: path, progress: progress.add)
      let unpacked = try unpack(path, key: file.sha256, of: item)
      try Files.remove(path)
      return unpacked
    case (.sdist, _):
      guard let file = item.file else { break }
      let path = try await wheels.wheel(ofSdist: file, for: filler.interpreter, downloader: downloader(of: item.locked))
      return try unpack(path, key: FileDigest.sha256(path), of: item)
    case (.git(let commit, _), .git(let pin)):
      let source = try filler.environment.gitSource(
        of: pin, in: filler.lockfile, reading: filler.services.references)
      let path = try await wheels.wheel(of: source, commit: commit, for: filler.interpreter)
      return try unpack(path, key: FileDigest.sha256(path), of: item)
    case (.archive, .archive(let pin)):
      let path = try await wheels.wheel(of: pin, for: filler.interpreter) { try await archives.archive(pin) }
      return try unpack(path, key: FileDigest.sha256(path), of: item)
    case (.directory, .directory(let pin)):
      let path = try await wheels.wheel(of: pin, for: filler.interpreter)
      return try unpack(path, key: FileDigest.sha256(path), of: item)
    default: break
    }
    throw Failure(.internal, "\(item.locked.name) has no file in the lockfile")
  }

  /// Downloads a distribution's files with the credentials of the index that named them.
  private func downloader(of locked: LockedDistribution) -> WebDownloader {
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

/// Says how far the downloads are, at most a few times a second.
final class DownloadProgress: Sendable {
  private let total: Int
  private let count: Int
  private let done = Atomic<Int>(0)
  private let lastShown = Atomic<Int>(0)
  private let announce: @Sendable (String) -> Void

  init(_ files: [LockedFile], announce: @escaping @Sendable (String) -> Void) {
    total = files.reduce(0) { $0 + ($1.size ?? 0) }
    count = files.count
    self.announce = announce
    if count > 0 {
      announce("Downloading \(count) \(count == 1 ? "file" : "files") (\(DownloadProgress.size(total)))")
    }
  }

  /// Counts bytes that came.
  func add(_ bytes: Int) {
    let now = done.add(bytes, ordering: .relaxed).newValue
    let step = max(total / 10, 4 << 20)
    let shown = lastShown.load(ordering: .relaxed)
    guard now - shown >= step, now < total,
      lastShown.compareExchange(expected: shown, desired: now, ordering: .relaxed).exchanged
    else { return }
    announce("Downloaded \(DownloadProgress.size(now)) of \(DownloadProgress.size(total))")
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1 << 20 ? "\(max(bytes / 1024, 1)) KiB" : "\(bytes / (1 << 20)) MiB"
  }
}
