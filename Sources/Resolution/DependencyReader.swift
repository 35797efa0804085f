internal import Model
internal import Network
internal import Platform

/// Reads the METADATA of locked distributions: from the index where it serves it (PEP 658), else out of the wheel.
struct DependencyReader: Sendable {
  var context: UvContext
  var interpreter: Interpreter
  var wheels: WheelCache
  var wheelReading: any WheelReading
  var credentials: IndexCredentials

  /// Some have to be built to be known, and cannot be.
  struct Unbuilt: Error {
    /// What is known of the others.
    var others: [PackageName: DistributionMetadata]
    /// What was said of each.
    var failures: [PackageName: Failure]
  }

  /// The metadata of each, asked side by side. Throws `Unbuilt`, once all were asked for.
  func metadata(of solved: [SolvedDistribution]) async throws -> [PackageName: DistributionMetadata] {
    let ranking = WheelTags.Ranking(interpreter.tags)
    return try await withThrowingTaskGroup(of: (PackageName, Result<DistributionMetadata, Failure>).self) { group in
      var found: [PackageName: DistributionMetadata] = [:]
      var failures: [PackageName: Failure] = [:]
      var waiting = solved[...]
      var running = 0
      while running > 0 || !waiting.isEmpty {
        while running < 16, let next = waiting.popFirst() {
          running += 1
          group.addTask {
            do { return (next.name, .success(try await metadata(of: next, ranking: ranking))) } catch let failure
              as Failure
            {
              guard failure.diagnostics.allSatisfy({ $0.code == .buildFailed }) else { throw failure }
              return (next.name, .failure(failure))
            }
          }
        }
        switch try await group.next() {
        case (let name, .success(let metadata))?: found[name] = metadata
        case (let name, .failure(let failure))?: failures[name] = failure
        case nil: break
        }
        running -= 1
      }
      guard failures.isEmpty else { throw Unbuilt(others: found, failures: failures) }
      return found
    }
  }

  private func metadata(of entry: SolvedDistribution, ranking: WheelTags.Ranking) async throws -> DistributionMetadata {
    let named = entry.wheels.compactMap { file in WheelName(file.name).map { (file, $0) } }
    let text: String
    if let best = ranking.best(among: named.map(\.1)) {
      return try await metadata(of: named[best].0, of: entry)
    } else if let sdist = entry.sdist {
      let downloader = downloader(of: entry)
      text = try wheelReading.metadata(
        ofWheel: try await wheels.wheel(ofSdist: sdist, for: interpreter, downloader: downloader))
    } else {
      throw Failure(
        .wheelUnfit,
        "no wheel of \(entry.name) \(entry.version) fits Python \(interpreter.version), and it has no sdist",
        hint: "ask for a version that has one, or lock with another interpreter")
    }
    guard let metadata = DependencyReader.read(text, of: entry) else { throw DependencyReader.unreadable(entry) }
    return metadata
  }

  /// Kept by the wheel's hash, so that it is asked for once; what is not the distribution's own is neither kept nor
  /// believed, since some servers answer every URL with a page of theirs.
  private func metadata(of wheel: LockedFile, of entry: SolvedDistribution) async throws -> DistributionMetadata {
    let kept = "\(context.state.cache)/metadata/\(wheel.sha256)"
    if let bytes = try Files.readIfPresent(kept),
      let metadata = DependencyReader.read(String(decoding: bytes, as: UTF8.self), of: entry)
    {
      return metadata
    }
    var text = entry.metadata[wheel.url] ?? ""
    if text.isEmpty, !wheel.url.hasPrefix("file://") {
      let document = try await context.client.getAll(
        "\(wheel.url).metadata",
        credentials: try credentials.credentials(for: wheel.url, of: entry.name, from: entry.index),
        limit: DependencyReader.limit)
      if document.status == 200 { text = String(decoding: document.bytes, as: UTF8.self) }
    }
    if DependencyReader.read(text, of: entry) == nil { text = try await metadataOfWhole(wheel, of: entry) }
    guard let metadata = DependencyReader.read(text, of: entry) else { throw DependencyReader.unreadable(entry) }
    try Files.makeDirectory(kept.parentPath)
    // Whoever finds it damaged asks again.
    try Files.replace(kept, with: Array(text.utf8), isDurable: false)
    return metadata
  }

  /// No METADATA is that large, descriptions included: 64 MiB.
  static let limit = 64 << 20

  /// The metadata, if it is that of the distribution.
  static func read(_ text: String, of entry: SolvedDistribution) -> DistributionMetadata? {
    guard let metadata = DistributionMetadata(text), metadata.name == entry.name,
      metadata.version == Version(entry.version)
    else { return nil }
    return metadata
  }

  private static func unreadable(_ entry: SolvedDistribution) -> Failure {
    Failure(
      .wheelInvalid, "the METADATA of \(entry.name) \(entry.version) cannot be read",
      because: "it has no valid name and version, or those of another distribution",
      hint: "choose another version of \(entry.name)")
  }

  /// Downloads files with the credentials of the index that named them.
  private func downloader(of entry: SolvedDistribution) -> WebDownloader {
    WebDownloader(client: context.client) { [credentials] in
      try credentials.credentials(for: $0, of: entry.name, from: entry.index)
    }
  }

  private func metadataOfWhole(_ wheel: LockedFile, of entry: SolvedDistribution) async throws -> String {
    let area = try StagingArea.make(in: context.state.staging)
    defer { try? area.remove() }
    let path = "\(area.path)/\(wheel.name)"
    try await downloader(of: entry).download(wheel, to: path, progress: { _ in })
    return try wheelReading.metadata(ofWheel: path)
  }
}
