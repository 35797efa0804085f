internal import Glibc
public import Model

/// A directory in which things are made before they are renamed into place.
///
/// Each holds a lock on itself, so that the sweep of another process can tell what is in use from what a kill left behind.
public final class StagingArea: Sendable {
  /// The directory; absolute.
  public let path: String
  private let lock: FileLock

  private init(path: String, lock: FileLock) {
    self.path = path
    self.lock = lock
  }

  /// Makes a fresh directory below `parent`.
  public static func make(in parent: String) throws(Failure) -> StagingArea {
    try Files.makeDirectory(parent)
    while true {
      let name = String(UInt64.random(in: .min ... .max), radix: 36)
      let path = "\(parent)/\(name)"
      guard FileCalls.makeDirectory(path, 0o700) == 0 else {
        if errno == EEXIST { continue }
        throw Files.failure("could not make the directory", path)
      }
      // A sweep may have come between: then the name is gone, and another is taken.
      if let lock = try lockIfPresent(path), lock.isCurrent {
        return StagingArea(path: path, lock: lock)
      }
    }
  }

  /// The lock on a directory; nil when another holds it, or when it is gone: sweeps of several processes meet here.
  private static func lockIfPresent(_ path: String) throws(Failure) -> FileLock? {
    guard Files.isDirectory(path) else { return nil }
    do { return try FileLock.attempt(path) } catch {
      guard Files.exists(path) else { return nil }
      throw error
    }
  }

  /// Removes the directory with all that is in it.
  public func remove() throws(Failure) {
    try Files.remove(path)
  }

  /// Removes what ended processes left behind.
  public static func sweep(_ parent: String) throws(Failure) {
    for name in try Files.list(parent) {
      let path = "\(parent)/\(name)"
      guard Files.kind(path) == .directory else {
        try Files.remove(path)
        continue
      }
      guard let lock = try lockIfPresent(path) else { continue }
      try Files.remove(path)
      _ = lock
    }
  }
}
