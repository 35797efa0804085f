internal import Glibc
public import Model
internal import Platform

/// The SHA-256 of files, a piece at a time.
public enum FileDigest {
  /// The digest of a file, in lower-case hexadecimal. Throws `io`.
  public static func sha256(_ path: String) throws(Failure) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Files.failure("could not read the file", path) }
    defer { close(descriptor) }
    var digest = StreamingDigest()
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw Files.failure("could not read the file", path)
      }
      if count == 0 { return digest.finish() }
      chunk.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }
}
