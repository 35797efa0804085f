internal import CPlatform
internal import Glibc
public import Model

/// Replacing what a name names, in one step: what is new is made beside it and renamed over.
///
/// A kill in between leaves what was made; whoever replaces the same name next clears it away. A file is locked while it is
/// made, so that nothing is cleared away that somebody is at work on.
extension Files {
  /// What stands between a name and a random number, for what is made beside it.
  private static let mark = ".pinion.new-"

  /// A name that no other task or process uses, and that nobody can guess and put something at.
  public static func temporaryName(beside path: String) -> String {
    path + mark + String(UInt64.random(in: .min ... .max), radix: 36)
  }

  /// Replaces a file as a whole: written beside it, synced, renamed over. Readers see the old bytes or the new.
  ///
  /// What is not durable may be damaged when the machine loses power: for caches that notice.
  public static func replace(
    _ path: String, with bytes: [UInt8], mode: UInt32 = 0o644, isDurable: Bool = true
  ) throws(Failure) {
    // Caches may be large directories, and what is left there is a cache's.
    if isDurable { clearLeftovers(of: path) }
    let (temporary, descriptor) = try openTemporary(beside: path, mode)
    defer { close(descriptor) }
    do throws(Failure) {
      try writeAll(bytes, to: descriptor, path: path)
      guard !isDurable || FileCalls.sync(descriptor) == 0 else { throw failure("could not write the file", path) }
      guard FileCalls.rename(temporary, path) == 0 else { throw failure("could not replace the file", path) }
    } catch {
      FileCalls.unlink(temporary)
      throw error
    }
    if isDurable { try sync(directory: path.parentPath) }
  }

  /// Points a link somewhere else in one step: a new link is made beside it and renamed over. One process may do that to a
  /// link at a time.
  public static func replaceLink(_ path: String, to target: String) throws(Failure) {
    clearLeftovers(of: path)
    let temporary = temporaryName(beside: path)
    try link(temporary, to: target)
    do throws(Failure) { try rename(temporary, to: path) } catch {
      FileCalls.unlink(temporary)
      throw error
    }
    try sync(directory: path.parentPath)
  }

  /// Makes a file beside another, and locks it: for as long as the descriptor is open, nobody clears it away.
  private static func openTemporary(beside path: String, _ mode: UInt32) throws(Failure) -> (String, Int32) {
    while true {
      let temporary = temporaryName(beside: path)
      let descriptor = FileCalls.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
      guard descriptor >= 0 else { throw failure("could not write the file", path) }
      // Where files cannot be locked, they cannot be cleared away either.
      let isTaken = pinion_flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
      var status = stat()
      if !isTaken, fstat(descriptor, &status) != 0 || status.st_nlink > 0 { return (temporary, descriptor) }
      // Somebody cleared it away in the moment before it was locked.
      close(descriptor)
    }
  }

  /// Removes what kills left beside a name and nobody has locked, as far as that can be done.
  public static func clearLeftovers(of path: String) {
    let (parent, prefix) = (path.parentPath, path.lastPathComponent + mark)
    for name in (try? list(parent)) ?? [] where name.hasPrefix(prefix) {
      let left = "\(parent)/\(name)"
      switch kind(left) {
      case .link: FileCalls.unlink(left)
      case .file:
        guard let lock = try? FileLock.attemptToHoldAlone(left) else { continue }
        FileCalls.unlink(left)
        withExtendedLifetime(lock) {}
      default: continue
      }
    }
  }
}
