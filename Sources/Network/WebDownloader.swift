internal import Glibc
public import Model
internal import Platform

/// Downloads over HTTP, with the hash checked while bytes come.
public struct WebDownloader: Downloader {
  private let client: WebClient
  private let credentials: @Sendable (String) throws -> Credentials?

  /// Creates a downloader. `credentials` says what a URL's origin is to be given.
  public init(client: WebClient, credentials: @escaping @Sendable (String) throws -> Credentials?) {
    self.client = client
    self.credentials = credentials
  }

  /// See `Downloader`.
  public func download(_ file: LockedFile, to path: String, progress: @escaping @Sendable (Int) -> Void) async throws {
    do {
      try await fetch(file, to: path, progress: progress)
    } catch {
      // Half a file helps nobody; a failure to remove it is not the failure to report.
      try? Files.remove(path)
      throw error
    }
  }

  /// Fetches a file whose content nobody knows yet; returns its SHA-256. Its size and hash are not looked at.
  ///
  /// Leaves nothing at `path` when it fails. Throws `downloadFailed`, `indexRefused`.
  public func fetchUnknown(_ file: LockedFile, to path: String) async throws -> String {
    do { return try await transfer(file, to: path, limit: nil, progress: { _ in }) } catch {
      try? Files.remove(path)
      throw error
    }
  }

  /// Fetches a file, in as many requests as it takes; returns its SHA-256.
  private func transfer(
    _ file: LockedFile, to path: String, limit: Int?, progress: @escaping @Sendable (Int) -> Void
  ) async throws -> String {
    let transfer = try Transfer(file, to: path, limit: limit, progress: progress)
    var patience = Patience()
    while true {
      let before = await transfer.count
      do {
        try await client.get(
          file.url, headers: await transfer.headers, credentials: try credentials(file.url)
        ) { try await transfer.take($0) }
        return await transfer.finish()
      } catch let error where WebClient.isConnectionError(error) || error is Transfer.Restart {
        // The connection broke in the middle of the body.
        guard let pause = patience.pause(hasGrown: await transfer.count > before, chance: .random(in: 0..<1)) else {
          throw WebDownloader.brokenOff(file, error)
        }
        try await Task.sleep(for: .seconds(pause))
      }
    }
  }

  private static func brokenOff(_ file: LockedFile, _ error: any Error) -> Failure {
    Failure(
      .downloadFailed, "the download of \(file.name) broke off", at: .url(file.url),
      because: WebClient.explanation(of: error), hint: "run the same command again", retryable: true)
  }

  private func fetch(_ file: LockedFile, to path: String, progress: @escaping @Sendable (Int) -> Void) async throws {
    if file.url.hasPrefix("file://") { return try WebDownloader.copy(file, to: path, progress: progress) }
    let found = try await transfer(file, to: path, limit: file.size, progress: progress)
    guard found == file.sha256 else { throw WebDownloader.mismatch(file, found: found) }
  }

  /// A file of this machine, by way of the same check.
  private static func copy(_ file: LockedFile, to path: String, progress: @Sendable (Int) -> Void) throws {
    let source = String(file.url.dropFirst("file://".count)).percentDecoded ?? ""
    guard Files.exists(source) else {
      throw Failure(
        .downloadFailed, "\(file.name) is no longer there", at: .path(source), hint: "lock again: pinion lock --upgrade"
      )
    }
    let found = try FileDigest.copy(source, to: path)
    guard found == file.sha256 else { throw mismatch(file, found: found) }
    progress(file.size ?? 0)
  }

  private static func mismatch(_ file: LockedFile, found: String) -> Failure {
    let path = file.url.hasPrefix("file://") ? String(file.url.dropFirst("file://".count)).percentDecoded : nil
    return Failure(
      .hashMismatch, "\(file.name) is not the file that the lockfile names",
      at: path.map { .path($0) } ?? .url(file.url),
      because: "its SHA-256 is \(found), the lockfile says \(file.sha256)",
      hint: path == nil
        ? "the file was replaced on the server, or something stands in between; do not install it"
        : "the file was replaced; where that is intended, lock again: pinion lock")
  }

  static func refusal(_ file: LockedFile, status: Int) -> Failure {
    switch status {
    case 401, 403:
      Failure(
        .indexRefused, "the server refused \(file.name)", at: .url(file.url), because: "HTTP \(status)",
        hint: "give the index credentials: url: https://${INDEX_TOKEN}@…")
    case 404, 410:
      Failure(
        .downloadFailed, "\(file.name) is no longer on the server", at: .url(file.url), because: "HTTP \(status)",
        hint: "lock again: pinion lock --upgrade")
    default:
      Failure(
        .downloadFailed, "the server did not give \(file.name)", at: .url(file.url), because: "HTTP \(status)",
        hint: status >= 500 ? "the server is at fault: run the same command again later" : nil, retryable: status >= 500
      )
    }
  }
}
