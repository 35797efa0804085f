internal import Glibc
public import Model

/// The digest of files, a piece at a time.
public enum FileDigest {
  /// The SHA-256 of a file, in lower-case hexadecimal. Throws `io`.
  public static func sha256(_ path: String) throws(Failure) -> String {
    try digest(.sha256, of: path)
  }

  /// The digest of a file, in lower-case hexadecimal. Throws `io`.
  public static func digest(_ algorithm: FileHash.Algorithm, of path: String) throws(Failure) -> String {
    var digest = StreamingDigest(algorithm)
    try forEachChunk(of: path) { chunk throws(Failure) in chunk.withUnsafeBytes { digest.update($0) } }
    return digest.finish()
  }

  /// Copies a file and says the SHA-256 of what was copied. The target must not exist. Throws `io`.
  public static func copy(_ path: String, to target: String) throws(Failure) -> String {
    let descriptor = FileCalls.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Files.failure("could not write the file", target) }
    defer { close(descriptor) }
    var digest = StreamingDigest()
    try forEachChunk(of: path) { chunk throws(Failure) in
      chunk.withUnsafeBytes { digest.update($0) }
      try Files.writeAll(Array(chunk), to: descriptor, path: target)
    }
    return digest.finish()
  }

  private static func forEachChunk(
    of path: String, _ body: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Files.failure("could not read the file", path) }
    defer { close(descriptor) }
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw Files.failure("could not read the file", path)
      }
      if count == 0 { return }
      try body(chunk[..<count])
    }
  }
}
