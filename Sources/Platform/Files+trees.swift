internal import Glibc
public import Model

extension Files {
  /// Gives a file a further name (link(2)). Says no where the file system cannot: another one (EXDEV), too many names
  /// (EMLINK), or none that has hard links, or a rule against them (EPERM, EOPNOTSUPP). Throws `io`.
  public static func hardLink(_ path: String, to source: String) throws(Failure) -> Bool {
    if FileCalls.link(source, path) == 0 { return true }
    switch errno {
    case EXDEV, EMLINK, EPERM, EOPNOTSUPP, ENOSYS: return false
    default: throw failure("could not make the hard link", path)
    }
  }

  /// Copies a file's bytes, and whether it may be run, to a path where nothing is. Throws `io`.
  public static func copy(_ source: String, to path: String) throws(Failure) {
    let from = open(source, O_RDONLY | O_CLOEXEC)
    guard from >= 0 else { throw failure("could not read the file", source) }
    defer { close(from) }
    var status = stat()
    guard fstat(from, &status) == 0 else { throw failure("could not read the file", source) }
    let to = FileCalls.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 0o111 != 0 ? 0o755 : 0o644)
    guard to >= 0 else { throw failure("could not write the file", path) }
    defer { close(to) }
    var chunk = [UInt8](repeating: 0, count: max(4096, min(Int(status.st_size), 1 << 20)))
    while true {
      let count = Glibc.read(from, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("could not read the file", source)
      }
      if count == 0 { return }
      try writeAll(Array(chunk[..<count]), to: to, path: path)
    }
  }

  /// Takes the right to write a file from everybody, root apart, who needs none. Throws `io`.
  public static func makeReadOnly(_ path: String) throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & 0o222 == 0 || FileCalls.setMode(path, status.st_mode & 0o7555) == 0
    else {
      throw failure("could not change the file's mode", path)
    }
  }

  /// Says that a file or directory was used just now, where this process may: what nobody uses is removed some day.
  public static func touch(_ path: String) { FileCalls.touch(path) }

  /// How many names a file has; 0 where none is.
  public static func names(of path: String) -> Int {
    var status = stat()
    return lstat(path, &status) == 0 ? Int(status.st_nlink) : 0
  }

  /// Part of a file: up to `count` bytes from `offset` on. Throws `io`.
  public static func read(_ path: String, from offset: Int, count: Int) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("could not read the file", path) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let result = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
      }
      if result < 0 {
        if errno == EINTR { continue }
        throw failure("could not read the file", path)
      }
      if result == 0 { break }
      done += result
    }
    return Array(bytes[..<done])
  }
}

/// What becomes free when trees are removed: the bytes of their files. A file with several names counts when all of them go.
public struct Reclaimed: Sendable {
  private struct Inode: Hashable {
    var device: UInt64
    var number: UInt64
  }

  private var files: [Inode: (size: Int, names: Int, removed: Int)] = [:]

  /// Begins with nothing.
  public init() {}

  /// The bytes of all files none of whose names is left.
  public var bytes: Int { files.values.reduce(0) { $0 + ($1.removed >= $1.names ? $1.size : 0) } }

  /// Counts what was counted elsewhere.
  public mutating func add(_ other: Reclaimed) {
    for (inode, file) in other.files {
      // Names that went meanwhile are not among those that the later look saw.
      let known = files[inode]
      files[inode] = (file.size, max(known?.names ?? 0, file.names), (known?.removed ?? 0) + file.removed)
    }
  }

  /// Counts a file or a tree; links are not followed. What cannot be looked at does not count.
  public mutating func add(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    switch Files.kind(ofMode: status.st_mode) {
    case .directory: for name in (try? Files.list(path)) ?? [] { add("\(path)/\(name)") }
    case .file:
      let inode = Inode(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
      let removed = (files[inode]?.removed ?? 0) + 1
      files[inode] = (Int(status.st_size), Int(status.st_nlink), removed)
    default: break
    }
  }
}
