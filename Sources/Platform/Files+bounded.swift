public import Model

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension Files {
  /// Why a file that somebody named was not read.
  public enum BoundedReadProblem: Error, Sendable, Equatable {
    /// Nothing is there, or a part of the path is no directory.
    case absent
    /// Symbolic links lead back to themselves.
    case linkLoop
    /// A directory is there.
    case directory
    /// Something else is there: `a device`, `a named pipe`, `a socket`.
    case notAFile(String)
    /// It holds more bytes than are allowed.
    case tooLarge
    /// The system refused, for the reason that the failure gives.
    case failed(Failure)
  }

  /// A regular file's bytes, of which there are at most so many: never waits for a writer, and never takes more memory.
  public static func read(_ path: String, atMost limit: Int) throws(BoundedReadProblem) -> [UInt8] {
    // Without O_NONBLOCK, opening a named pipe waits for whoever writes into it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .absent
      case ELOOP: throw .linkLoop
      case ENXIO: throw .notAFile("a socket")
      case let number: throw .failed(failure("could not read the file", path, number))
      }
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .failed(failure("could not read the file", path)) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .directory
    case S_IFIFO: throw .notAFile("a named pipe")
    case S_IFSOCK: throw .notAFile("a socket")
    default: throw .notAFile("a device")
    }
    guard Int(status.st_size) <= limit else { throw .tooLarge }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size) + 1)
    var chunk = [UInt8](repeating: 0, count: max(4096, min(Int(status.st_size) + 1, 1 << 20)))
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .failed(failure("could not read the file", path))
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      // It may grow while it is read, and /proc tells no sizes.
      if bytes.count > limit { throw .tooLarge }
    }
  }

  /// Whether something may be at a path: false only where the system says that there is nothing.
  public static func mayExist(_ path: String) -> Bool {
    access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)
  }
}
