public import Model
internal import Platform

extension Generations {
  /// Whether a process that was started from the generation still runs: each holds a shared lock on its record.
  public func isInUse(_ number: Int) throws(Failure) -> Bool {
    let record = "\(path(number))/generation.json"
    guard Files.exists(record) else { return false }
    return try FileLock.attemptToHoldAlone(record) == nil
  }

  /// Moves a generation to another place below the state directory, unless a process uses it. Says whether it did.
  ///
  /// In one step: whoever looks sees the whole generation or none. No process can come to hold it in between.
  public func take(_ number: Int, to place: String) throws(Failure) -> Bool {
    let record = "\(path(number))/generation.json"
    var lock: FileLock?
    if Files.exists(record) {
      lock = try FileLock.attemptToHoldAlone(record)
      if lock == nil { return false }
    }
    try Files.rename(path(number), to: place)
    withExtendedLifetime(lock) {}
    return true
  }

  /// When `current` last began to point where it points, in seconds since 1970; nil without one.
  public func switchedAt() -> Int? {
    Files.linkIdentity(currentLink).map { $0.modified / 1_000_000_000 }
  }
}
