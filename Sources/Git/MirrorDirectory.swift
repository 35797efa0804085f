internal import Glibc
internal import Model
internal import Platform

/// Where a repository's mirror stands, and the lock that lets one process at a time work on it.
struct MirrorDirectory {
  /// The bare repository.
  let path: String
  private let lockPath: String
  private let url: RemoteURL

  /// The mirror of a repository; who may read the repository makes no difference. Commits without their history have one of
  /// their own.
  init(of url: RemoteURL, in directory: String, isShallow: Bool = false) {
    self.url = url
    let name = Digest.sha256(url.description) + (isShallow ? "-shallow" : "")
    path = "\(directory)/\(name).git"
    lockPath = "\(directory)/\(name).lock"
  }

  /// Does something while no other process, and no other task of this one, works on the mirror.
  ///
  /// Throws `locked` when it cannot be had within that many seconds.
  func locked<Result: Sendable>(waitingUpTo seconds: Double, _ body: () async throws -> Result) async throws -> Result {
    try Files.makeDirectory(lockPath.parentPath)
    let deadline = ContinuousClock.now + .seconds(seconds)
    var lock = try FileLock.attempt(lockPath)
    while lock == nil {
      guard ContinuousClock.now < deadline else {
        throw Failure(
          .locked, "another process is at work on the mirror of this repository", at: .url(url.description),
          because: "the lock \(lockPath) is held", hint: "wait for it to end, and try again", retryable: true)
      }
      try await Task.sleep(for: .milliseconds(20))
      lock = try FileLock.attempt(lockPath)
    }
    defer { withExtendedLifetime(lock) {} }
    try clean()
    do {
      return try await body()
    } catch {
      // The reason is the first failure; what cannot be removed now is met again by whoever uses the mirror next.
      try? clean()
      throw error
    }
  }

  /// Removes the mirror; it is made anew by the next fetch.
  func remove() throws(Failure) {
    try Files.remove(path)
  }
}
