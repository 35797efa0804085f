internal import Model
internal import Network
internal import Platform

/// Fills in the hashes that an index does not tell, by reading the files, and holds the files to the hashes that entries name.
struct Hashes: Sendable {
  var client: WebClient
  var credentials: IndexCredentials
  /// Of which a file of each distribution must have one; what is not named may have any.
  var wanted: [PackageName: [FileHash]] = [:]

  /// The same with every file's SHA-256, without files that an entry does not mean.
  ///
  /// Throws `packageAbsent` where none is left, and what downloads throw.
  func filled(_ solved: [SolvedDistribution]) async throws -> [SolvedDistribution] {
    var result: [SolvedDistribution] = []
    for var entry in solved {
      let hashes = wanted[entry.name] ?? []
      var wheels: [LockedFile] = []
      for wheel in entry.wheels {
        if let file = try await checked(wheel, of: entry, hashes) { wheels.append(file) }
      }
      entry.wheels = wheels
      if let sdist = entry.sdist { entry.sdist = try await checked(sdist, of: entry, hashes) }
      if !hashes.isEmpty, entry.wheels.isEmpty, entry.sdist == nil {
        throw Failure(
          .packageAbsent, "no file of \(entry.name) \(entry.version) has one of the hashes that the entry names",
          at: entry.index.isEmpty ? nil : .url(entry.index),
          because: "the index does not tell hashes, so that its newest version was read",
          hint: "name the version as well, as in '\(entry.name)==1.0 --hash …', and check the digest")
      }
      result.append(entry)
    }
    return result
  }

  /// The file with its SHA-256; nil when it has none of the hashes.
  private func checked(
    _ file: LockedFile, of entry: SolvedDistribution, _ hashes: [FileHash]
  ) async throws -> LockedFile? {
    let isKnown = !file.sha256.isEmpty
    if isKnown, hashes.isEmpty || hashes.contains(where: { $0.algorithm == .sha256 && $0.digest == file.sha256 }) {
      return file
    }
    // What the index tells is checked when the file comes.
    if isKnown, hashes.allSatisfy({ $0.algorithm == .sha256 }) { return nil }
    let digests = try await digests(of: file, in: entry, Set(hashes.map(\.algorithm)).union([.sha256]))
    guard hashes.isEmpty || hashes.contains(where: { digests[$0.algorithm] == $0.digest }) else { return nil }
    var file = file
    file.sha256 = digests[.sha256] ?? ""
    return file
  }

  private func digests(
    of file: LockedFile, in entry: SolvedDistribution, _ algorithms: Set<FileHash.Algorithm>
  ) async throws -> [FileHash.Algorithm: String] {
    if file.url.hasPrefix("file://") {
      let path = String(file.url.dropFirst("file://".count)).percentDecoded ?? ""
      var digests = Dictionary(uniqueKeysWithValues: algorithms.map { ($0, StreamingDigest($0)) })
      let bytes = try Files.read(path)
      bytes.withUnsafeBytes { bytes in for key in algorithms { digests[key]?.update(bytes) } }
      return digests.mapValues { $0.finish() }
    }
    let credentials = try credentials.credentials(for: file.url, of: entry.name, from: entry.index)
    return try await client.get(file.url, credentials: credentials) { response in
      guard response.status == 200 else {
        throw Failure(
          .downloadFailed, "the server did not give \(file.name)", at: .url(file.url),
          because: "HTTP \(response.status)", hint: "ask again for the whole set: pinion lock --upgrade")
      }
      var digests = Dictionary(uniqueKeysWithValues: algorithms.map { ($0, StreamingDigest($0)) })
      do {
        try await response.forEachChunk { chunk in
          chunk.withUnsafeBytes { bytes in for key in algorithms { digests[key]?.update(bytes) } }
        }
      } catch { throw WebClient.brokenOff(file.url, error) ?? error }
      return digests.mapValues { $0.finish() }
    }
  }
}
