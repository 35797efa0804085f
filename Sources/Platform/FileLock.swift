internal import CPlatform
internal import Glibc
public import Model

/// An advisory lock on a file or directory (flock(2)), held until it is released or the process ends.
public final class FileLock: Sendable {
  private let descriptor: Int32
  /// What is locked.
  public let path: String

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  /// How a lock is held.
  public enum Mode: Sendable { case shared, exclusive }

  /// Takes the lock at once or says nil. A file is created where nothing is; a directory must exist.
  public static func attempt(_ path: String, _ mode: Mode = .exclusive) throws(Failure) -> FileLock? {
    let isDirectory = Files.isDirectory(path)
    let flags =
      isDirectory
      ? O_RDONLY | O_DIRECTORY | O_CLOEXEC : (mode == .shared ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC
    let descriptor = flags & O_CREAT == 0 ? open(path, flags) : FileCalls.open(path, flags)
    guard descriptor >= 0 else { throw Files.failure("could not open the lock", path) }
    return try take(descriptor, path, mode)
  }

  private static func take(_ descriptor: Int32, _ path: String, _ mode: Mode) throws(Failure) -> FileLock? {
    while pinion_flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      let error = errno
      close(descriptor)
      if error == EWOULDBLOCK { return nil }
      throw Files.failure("could not take the lock", path, error)
    }
    return FileLock(descriptor: descriptor, path: path)
  }

  /// Takes the lock on a file that is there alone, at once, or says nil; nothing is written, and a reader's rights will do where
  /// the file system lets them.
  public static func attemptToHoldAlone(_ path: String) throws(Failure) -> FileLock? {
    var descriptor = FileCalls.open(path, O_RDWR | O_CLOEXEC)
    if descriptor < 0, errno == EACCES || errno == EROFS { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw Files.failure("could not open the lock", path) }
    return try take(descriptor, path, .exclusive)
  }

  /// Lets the lock outlive this program: the one that it turns into holds it, and whatever that one starts.
  public func outliveExec() { _ = fcntl(descriptor, F_SETFD, 0) }

  /// Waits up to `seconds` for the lock of one writer, and writes into the file who holds it.
  ///
  /// Throws `locked` with the holder's process id and command.
  public static func acquire(
    _ path: String, waitingUpTo seconds: Double, command: String, onWait: () -> Void = {}
  ) async throws -> FileLock {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var hasSaidSo = false
    while true {
      if let lock = try attempt(path) {
        try lock.sign(command)
        return lock
      }
      guard ContinuousClock.now < deadline else {
        let holder = (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = holder.split(separator: "\n")
        throw Failure(
          .locked, "another Pinion is at work on this environment", at: .path(path),
          because: lines.count == 2 ? "process \(lines[0]) holds the lock: \(lines[1])" : "the lock is held",
          hint: "wait for it to end, or give it more time with --lock-timeout", retryable: true)
      }
      if !hasSaidSo {
        hasSaidSo = true
        onWait()
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Waits up to `seconds` for the lock of the store: shared while something is brought into it for a generation, exclusive
  /// while what nothing reaches is taken out. The file is made where it is not there.
  ///
  /// Throws `locked`.
  public static func acquireStore(
    _ path: String, _ mode: Mode, waitingUpTo seconds: Double, onWait: () -> Void = {}
  ) async throws -> FileLock {
    let deadline = ContinuousClock.now + .seconds(seconds)
    if !Files.exists(path) { try Files.write("", to: path) }
    var hasSaidSo = false
    while true {
      if let lock = try attempt(path, mode) { return lock }
      guard ContinuousClock.now < deadline else {
        throw Failure(
          .locked, "another Pinion is at work on the store", at: .path(path),
          because: mode == .shared
            ? "it takes out what nothing reaches" : "it brings in what a generation of another environment needs",
          hint: "wait for it to end, or give it more time with --lock-timeout", retryable: true)
      }
      if !hasSaidSo {
        hasSaidSo = true
        onWait()
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private func sign(_ command: String) throws(Failure) {
    guard FileCalls.truncate(descriptor, to: 0) == 0 else { throw Files.failure("could not write the lock", path) }
    lseek(descriptor, 0, SEEK_SET)
    try Files.writeAll(Array("\(getpid())\n\(command)\n".utf8), to: descriptor, path: path)
  }

  /// Whether the path still names what is locked: false when it was removed or replaced in the meantime.
  public var isCurrent: Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
      && held.st_dev == named.st_dev
  }
}
