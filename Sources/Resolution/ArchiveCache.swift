public import Model
public import Network
internal import Platform

/// Wheels and source archives that requirements name by URL or path, kept by their hash.
public struct ArchiveCache: Sendable {
  private let state: StateDirectory
  private let client: WebClient
  private let credentials: @Sendable (String) throws -> Credentials?

  /// Takes where archives are kept, and what servers are given.
  public init(
    state: StateDirectory, client: WebClient, credentials: @escaping @Sendable (String) throws -> Credentials?
  ) {
    self.state = state
    self.client = client
    self.credentials = credentials
  }

  /// The archive of a lockfile: out of the cache, else fetched and checked. Returns its path.
  ///
  /// Throws what `WebDownloader.download` throws.
  public func archive(_ pin: ArchivePin) async throws -> String {
    let file = pin.file
    let kept = keptPath(pin.sha256, file.name)
    if Files.exists(kept) {
      Files.touch(kept.parentPath)
      return kept
    }
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    let path = "\(area.path)/\(file.name)"
    try await WebDownloader(client: client, credentials: credentials).download(file, to: path, progress: { _ in })
    return try keep(path, sha256: pin.sha256)
  }

  /// Fetches an archive that is not locked yet, or is to be looked at again, and checks it against the hashes that the
  /// requirement names. Throws `hashMismatch`, and what a download throws.
  func fetch(_ source: ArchiveSource) async throws -> (path: String, pin: ArchivePin) {
    var pin = ArchivePin(url: source.url.description, size: nil, sha256: "", subdirectory: source.subdirectory)
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    let path = "\(area.path)/\(pin.file.name)"
    if let local = source.localPath {
      guard Files.kind(local) == .file || Files.linkTarget(local) != nil, Files.exists(local) else {
        throw Failure(
          .requirementInvalid, "the archive does not exist", at: .path(local),
          hint: "put it there, or change the requirement; relative paths start from the manifest's directory")
      }
      pin.sha256 = try FileDigest.copy(local, to: path)
    } else {
      pin.sha256 = try await WebDownloader(client: client, credentials: credentials).fetchUnknown(
        pin.file, to: path)
    }
    pin.size = Files.identity(path)?.size
    try check(path, pin, against: source)
    return (try keep(path, sha256: pin.sha256), pin)
  }

  private func check(_ path: String, _ pin: ArchivePin, against source: ArchiveSource) throws {
    guard !source.hashes.isEmpty else { return }
    for hash in source.hashes where try FileDigest.digest(hash.algorithm, of: path) == hash.digest { return }
    throw Failure(
      .hashMismatch, "\(pin.file.name) is not the file that the requirement names",
      at: DirectSource.archive(source).place,
      because: "its SHA-256 is \(pin.sha256), the requirement says "
        + source.hashes.map(\.description).joined(separator: " or "),
      hint: "the file was replaced, or the hash is another file's; find out before you change the hash")
  }

  private func keptPath(_ sha256: String, _ name: String) -> String { "\(state.cache)/archives/\(sha256)/\(name)" }

  private func keep(_ path: String, sha256: String) throws -> String {
    let kept = keptPath(sha256, path.lastPathComponent)
    try Files.makeDirectory(kept.parentPath)
    try Files.rename(path, to: kept)
    return kept
  }
}
