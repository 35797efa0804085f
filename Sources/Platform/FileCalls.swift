internal import CPlatform
internal import Glibc

/// The seam to the file system: every call of the system that changes files stands here and nowhere else, so that tests can
/// let each of them fail, or be the last (`Tests/TidyTests` holds the sources to that).
///
/// Each is the call of its name, with its result and `errno`. What programs that are not Pinion do to files goes past it.
public enum FileCalls {
  /// open(2) for what is written to, or made.
  public static func open(_ path: String, _ flags: Int32, _ mode: UInt32 = 0o644) -> Int32 {
    isRefused("open", path) ? -1 : Glibc.open(path, flags, mode_t(mode))
  }

  /// write(2). What goes to standard output and standard error is no change of a file.
  public static func write(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    if descriptor <= STDERR_FILENO { return Glibc.write(descriptor, start, count) }
    // A full disk, and a sudden end, leave part of what was to be written.
    let isRefused = isRefused("write", "") { if count > 1 { _ = Glibc.write(descriptor, start, count / 2) } }
    return isRefused ? -1 : Glibc.write(descriptor, start, count)
  }

  /// ftruncate(2).
  public static func truncate(_ descriptor: Int32, to size: Int) -> Int32 {
    isRefused("ftruncate", "") ? -1 : ftruncate(descriptor, off_t(size))
  }

  /// posix_fallocate(3) from the beginning: returns the error's number.
  public static func allocate(_ descriptor: Int32, _ size: Int) -> Int32 {
    isRefused("posix_fallocate", "") ? errno : posix_fallocate(descriptor, 0, off_t(size))
  }

  /// fsync(2).
  public static func sync(_ descriptor: Int32) -> Int32 { isRefused("fsync", "") ? -1 : fsync(descriptor) }

  /// syncfs(2).
  static func syncFileSystem(_ descriptor: Int32) -> Int32 {
    isRefused("syncfs", "") ? -1 : pinion_syncfs(descriptor)
  }

  /// mkdir(2).
  static func makeDirectory(_ path: String, _ mode: UInt32) -> Int32 {
    isRefused("mkdir", path) ? -1 : mkdir(path, mode_t(mode))
  }

  /// rmdir(2).
  static func removeDirectory(_ path: String) -> Int32 { isRefused("rmdir", path) ? -1 : rmdir(path) }

  /// unlink(2).
  @discardableResult
  static func unlink(_ path: String) -> Int32 { isRefused("unlink", path) ? -1 : Glibc.unlink(path) }

  /// symlink(2).
  static func symlink(_ target: String, _ path: String) -> Int32 {
    isRefused("symlink", path) ? -1 : Glibc.symlink(target, path)
  }

  /// link(2).
  static func link(_ source: String, _ path: String) -> Int32 {
    isRefused("link", path) ? -1 : Glibc.link(source, path)
  }

  /// rename(2).
  static func rename(_ from: String, _ path: String) -> Int32 {
    isRefused("rename", path) ? -1 : Glibc.rename(from, path)
  }

  /// renameat2(2) with RENAME_NOREPLACE.
  static func renameExclusively(_ from: String, _ path: String) -> Int32 {
    isRefused("renameat2", path) ? -1 : pinion_rename_exclusive(from, path)
  }

  /// renameat2(2) with RENAME_EXCHANGE.
  static func exchange(_ one: String, _ other: String) -> Int32 {
    isRefused("renameat2", other) ? -1 : pinion_rename_exchange(one, other)
  }

  /// chmod(2).
  @discardableResult
  static func setMode(_ path: String, _ mode: UInt32) -> Int32 {
    isRefused("chmod", path) ? -1 : chmod(path, mode_t(mode))
  }

  /// utimensat(2): now.
  static func touch(_ path: String) {
    if !isRefused("utimensat", path) { utimensat(AT_FDCWD, path, nil, 0) }
  }

  /// Whether a test wants the call to fail; `errno` says with what. `partly` is what is done of it even so.
  @inline(__always)
  private static func isRefused(_ call: StaticString, _ path: String, partly: () -> Void = {}) -> Bool {
    #if DEBUG
      guard let number = FileFaults.next(call, path, partly: partly) else { return false }
      errno = number
      return true
    #else
      return false
    #endif
  }
}
