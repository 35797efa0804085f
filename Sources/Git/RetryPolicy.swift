internal import GitWire

/// When a request to a git server is made again, and after how long. Pure: the time that is left and chance are given to it.
///
/// Only what may go away by itself is tried again. A helper that crashed has had its second try, in a process of its own,
/// before this is asked (`Helper`).
public struct RetryPolicy: Sendable, Equatable {
  /// How often a request is made at most.
  public var attempts: Int
  /// Seconds to wait before the second attempt, at most; every further wait is twice as long.
  public var pause: Double
  /// No wait is longer than this, in seconds.
  public var longestPause: Double

  /// Creates a policy.
  public init(attempts: Int = 3, pause: Double = 0.5, longestPause: Double = 10) {
    self.attempts = attempts
    self.pause = pause
    self.longestPause = longestPause
  }

  /// Every request is made once.
  public static let never = RetryPolicy(attempts: 1)

  /// How many seconds to wait before the next attempt; nil when there is none.
  ///
  /// - Parameters:
  ///   - attempt: how many attempts were made.
  ///   - left: how many seconds the request has left as a whole.
  ///   - chance: from 0 up to 1. The wait is between half of the full one and all of it, so that many clients of a server
  ///     that failed for all of them do not come back at once.
  func pause(after error: any Error, attempt: Int, left: Double, chance: Double) -> Double? {
    guard attempt < attempts, Self.mayGoAway(error) else { return nil }
    var full = pause
    for _ in 1..<max(attempt, 1) { full = min(full * 2, longestPause) }
    let wait = min(full, longestPause) * (0.5 + chance / 2)
    return wait < left ? wait : nil
  }

  /// Whether an error can be another one, or none, in a moment.
  private static func mayGoAway(_ error: any Error) -> Bool {
    guard let fault = error as? GitFault else { return false }
    switch fault.kind {
    case .unreachable, .connectTimeout, .silent, .hungUp, .unavailable: return true
    default: return false
    }
  }
}
