public import Model

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The file system as Pinion uses it: every call says what it was doing and to what when it fails.
///
/// Throws `Failure` with code `io`; a full disk and a missing permission have their own hints.
public enum Files {
  /// What stands at a path, links not followed.
  public enum Kind: Sendable, Equatable { case file, directory, link, other }

  /// What is at a path, links not followed; nil when nothing is.
  public static func kind(_ path: String) -> Kind? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return kind(ofMode: status.st_mode)
  }

  static func kind(ofMode mode: mode_t) -> Kind {
    switch mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    case S_IFLNK: .link
    default: .other
    }
  }

  /// Whether something is at a path, links followed.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether a directory is at a path, links followed.
  public static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && kind(ofMode: status.st_mode) == .directory
  }

  /// Whether a regular file that this process may run is at a path, links followed.
  public static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && kind(ofMode: status.st_mode) == .file && access(path, X_OK) == 0
  }

  /// Whether this process may create entries in a directory.
  public static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }

  /// What tells whether a file was replaced, links followed; nil when nothing is there.
  public static func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return identity(status)
  }

  /// The same, links not followed.
  public static func linkIdentity(_ path: String) -> FileIdentity? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return identity(status)
  }

  static func identity(_ status: stat) -> FileIdentity {
    FileIdentity(
      size: Int(status.st_size), modified: Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec),
      inode: UInt64(status.st_ino))
  }

  /// A file's bytes.
  public static func read(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("could not read the file", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("could not read the file", path) }
    guard kind(ofMode: status.st_mode) != .directory else {
      throw Failure(.io, "could not read the file", at: .path(path), because: "it is a directory")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size) + 1)
    var chunk = [UInt8](repeating: 0, count: max(4096, min(Int(status.st_size) + 1, 1 << 20)))
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("could not read the file", path)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Lets everybody who may read a file run it, too. Throws `io`.
  public static func makeExecutable(_ path: String) throws(Failure) {
    guard FileCalls.setMode(path, 0o755) == 0 else { throw failure("could not change the file's mode", path) }
  }

  /// A file's bytes; nil when there is no file.
  public static func readIfPresent(_ path: String) throws(Failure) -> [UInt8]? {
    guard exists(path) else { return nil }
    return try read(path)
  }

  /// Creates or overwrites a file in place. For files that nobody reads yet; else `replace`.
  public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(Failure) {
    let descriptor = FileCalls.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure("could not write the file", path) }
    defer { close(descriptor) }
    try writeAll(bytes, to: descriptor, path: path)
  }

  /// The same for text.
  public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws(Failure) {
    try write(Array(text.utf8), to: path, mode: mode)
  }

  /// Writes out all bytes, whatever the system takes at a time.
  public static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(Failure) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        FileCalls.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("could not write the file", path)
      }
      offset += count
    }
  }

  /// Makes names in a directory durable.
  public static func sync(directory: String) throws(Failure) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("could not open the directory", directory) }
    defer { close(descriptor) }
    // Some file systems cannot sync a directory and say so; there is nothing to be done about it.
    guard FileCalls.sync(descriptor) == 0 || errno == EINVAL else {
      throw failure("could not sync the directory", directory)
    }
  }

  /// Writes out everything on the file system that holds the path (syncfs(2)).
  public static func syncFileSystem(holding path: String) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("could not open the path", path) }
    defer { close(descriptor) }
    guard FileCalls.syncFileSystem(descriptor) == 0 else {
      throw failure("could not write out the path's file system", path)
    }
  }

  /// Makes a directory and those above it; nothing when it is there.
  public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(Failure) {
    if FileCalls.makeDirectory(path, mode) == 0 { return }
    let error = errno
    switch error {
    case EEXIST where isDirectory(path): return
    case ENOENT where path.parentPath != path && !path.parentPath.isEmpty:
      try makeDirectory(path.parentPath, mode: mode)
      guard FileCalls.makeDirectory(path, mode) == 0 || (errno == EEXIST && isDirectory(path)) else {
        throw failure("could not make the directory", path)
      }
    default:
      throw failure("could not make the directory", path, error)
    }
  }

  /// Makes a symbolic link.
  public static func link(_ path: String, to target: String) throws(Failure) {
    guard FileCalls.symlink(target, path) == 0 else { throw failure("could not make the link", path) }
  }

  /// A link's text; nil when the path is no link.
  public static func linkTarget(_ path: String) -> String? {
    linkTarget { readlink(path, $0, $1) }
  }

  static func linkTarget(_ read: (UnsafeMutablePointer<CChar>, Int) -> Int) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer -> String? in
      guard let start = buffer.baseAddress else { return nil }
      let count = read(start, buffer.count)
      guard count >= 0 else { return nil }
      return String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
  }

  /// The path with every link resolved; nil when it leads nowhere.
  public static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Renames, replacing what is there (rename(2)).
  public static func rename(_ from: String, to path: String) throws(Failure) {
    guard FileCalls.rename(from, path) == 0 else { throw failure("could not rename \(from) to \(path)", path) }
  }

  /// Renames unless the new name is taken; says whether it did. File systems without RENAME_NOREPLACE get a plain rename
  /// of a directory, which fails as well when the name is taken by a directory with content.
  public static func renameExclusively(_ from: String, to path: String) throws(Failure) -> Bool {
    if FileCalls.renameExclusively(from, path) == 0 { return true }
    if errno == EEXIST || errno == ENOTEMPTY { return false }
    guard errno == EINVAL || errno == ENOSYS else { throw failure("could not rename \(from) to \(path)", path) }
    if FileCalls.rename(from, path) == 0 { return true }
    if errno == EEXIST || errno == ENOTEMPTY { return false }
    throw failure("could not rename \(from) to \(path)", path)
  }

  /// Swaps what two names name, in one step; both must be there. Where the file system cannot (EINVAL), the second name
  /// is free for a moment.
  public static func exchange(_ one: String, with other: String) throws(Failure) {
    if FileCalls.exchange(one, other) == 0 { return }
    guard errno == EINVAL || errno == ENOSYS else { throw failure("could not exchange \(one) with \(other)", other) }
    let aside = temporaryName(beside: other)
    try rename(other, to: aside)
    try rename(one, to: other)
    try rename(aside, to: one)
  }

  /// The names in a directory, sorted; empty when it is not there.
  public static func list(_ path: String) throws(Failure) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw failure("could not list the directory", path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file, a link, or a directory with all that is in it; nothing when it is not there. Links are not followed.
  public static func remove(_ path: String) throws(Failure) {
    switch kind(path) {
    case nil: return
    case .directory:
      // A directory without write permission for its owner cannot be emptied.
      FileCalls.setMode(path, 0o700)
      for name in try list(path) { try remove("\(path)/\(name)") }
      guard FileCalls.removeDirectory(path) == 0 || errno == ENOENT else {
        throw failure("could not remove the directory", path)
      }
    default:
      guard FileCalls.unlink(path) == 0 || errno == ENOENT else { throw failure("could not remove the file", path) }
    }
  }

  /// An `io` failure out of `errno`.
  public static func failure(_ message: String, _ path: String) -> Failure {
    failure(message, path, errno)
  }

  /// An `io` failure out of an error number, with a hint where there is one to give.
  public static func failure(_ message: String, _ path: String, _ number: Int32) -> Failure {
    let hint: String? =
      switch number {
      case ENOSPC, EDQUOT: "make room on that file system and run the same command again"
      case EACCES, EPERM: "run as the owner of that path, or give this user the right to it"
      case EROFS: "the file system is mounted read-only; choose another place with --state or spec.lockfile"
      default: nil
      }
    return Failure(
      .io, message, at: .path(path), because: strerror(number).map { String(cString: $0) } ?? "error \(number)",
      hint: hint)
  }
}
