internal import Glibc

/// A file that somebody named, read without waiting for a writer and without filling memory.
struct SmallFile {
  /// What stands in it.
  let text: String
  /// Whether its owner, who is the user of this process, lets others at it.
  let isExposed: Bool

  /// Why a file was not read.
  enum Problem: Error {
    /// Nothing is there.
    case absent
    /// The reason.
    case unreadable(String)
  }

  /// Reads a regular file of at most so many bytes.
  init(_ path: String, atMost limit: Int) throws(Problem) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .absent }
      throw .unreadable(String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("it is no file") }
    // As ssh(1) sees it: a file of another user is that user's to guard.
    isExposed = status.st_uid == getuid() && status.st_mode & 0o077 != 0
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    defer { for index in chunk.indices { chunk[index] = 0 } }
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
      guard count > 0 else { break }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= limit else { throw .unreadable("it is larger than \(limit >> 10) KiB") }
    }
    text = String(decoding: bytes, as: UTF8.self)
  }
}
