internal import Glibc
internal import Model
internal import Platform

/// One file on its way, over as many requests as it takes: what came stays, and the next request asks for the rest.
///
/// Source: RFC 9110, sections 13.1.5 (`If-Range`) and 14 (ranges). Nothing depends on servers that keep to them: the hash is
/// that of the bytes on disk, whatever they were sent for.
actor Transfer {
  /// How many bytes are there.
  private(set) var count = 0
  private let file: LockedFile
  private let path: String
  private let limit: Int?
  private let progress: @Sendable (Int) -> Void
  private let descriptor: Int32
  private var digest = StreamingDigest()
  /// What the server calls the bytes that came: whoever sends others under that is asked for all of them again.
  private var validator: String?

  /// Makes the file, empty. `limit` is the most bytes that it may have; `progress` is told of bytes that came, and with a
  /// negative number of those that have to come again. Throws `io`.
  init(_ file: LockedFile, to path: String, limit: Int?, progress: @escaping @Sendable (Int) -> Void) throws(Failure) {
    self.file = file
    self.path = path
    self.limit = limit
    self.progress = progress
    descriptor = FileCalls.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Files.failure("could not write the file", path) }
  }

  deinit { close(descriptor) }

  /// What the next request says: that it wants the rest, if anything came before. Nothing may be packed on the way, since
  /// ranges count what is sent.
  var headers: [(String, String)] {
    var headers = [("accept-encoding", "identity")]
    if count > 0 {
      headers.append(("range", "bytes=\(count)-"))
      if let validator { headers.append(("if-range", validator)) }
    }
    return headers
  }

  /// Takes what a server sends. Throws `hashMismatch` for more than there may be, `io`, what `WebDownloader.refusal` makes of
  /// another status, and the connection's error where it breaks off.
  func take(_ response: WebResponse) async throws {
    switch response.status {
    case 206 where Transfer.start(ofRange: response.header("content-range")) == count && count > 0: break
    case 200: try begin(response)
    // What was asked for is not what is sent, or no longer there: all of it, then.
    case 206, 416:
      try begin(response)
      throw Restart()
    default: throw WebDownloader.refusal(file, status: response.status)
    }
    try await response.forEachChunk { try self.write($0) }
  }

  /// The range that was asked for cannot be had; the whole file is to be asked for.
  struct Restart: Error {}

  /// The SHA-256 of what is there.
  func finish() -> String { digest.finish() }

  private func begin(_ response: WebResponse) throws {
    if count > 0 {
      guard FileCalls.truncate(descriptor, to: 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
        throw Files.failure("could not write the file", path)
      }
      progress(-count)
      (count, digest) = (0, StreamingDigest())
    }
    // A weak tag says nothing of single bytes.
    let tag = response.header("etag").flatMap { $0.hasPrefix("\"") ? $0 : nil }
    validator = tag ?? response.header("last-modified")
  }

  private func write(_ chunk: [UInt8]) throws {
    if let limit, count + chunk.count > limit {
      throw Failure(
        .hashMismatch, "\(file.name) is longer than the \(limit) bytes that the lockfile says", at: .url(file.url),
        hint: "the file was replaced on the server, or something stands in between; do not install it")
    }
    try Files.writeAll(chunk, to: descriptor, path: path)
    chunk.withUnsafeBytes { digest.update($0) }
    count += chunk.count
    progress(chunk.count)
  }

  /// Where a part begins: 100 of `bytes 100-199/200`.
  static func start(ofRange text: String?) -> Int? {
    guard let text, text.lowercased().hasPrefix("bytes ") else { return nil }
    return Int(text.dropFirst(6).prefix { $0 != "-" })
  }
}
