/// When a download that broke off is taken up again, and after how long. Pure: chance is given to it.
struct Patience: Sendable {
  /// So many attempts in a row may bring nothing.
  static let mostInVain = 3
  /// So many attempts are made in all: a server that hands out a file in crumbs is not waited for without end.
  static let most = 30
  /// No pause is longer, in seconds.
  static let longestPause = 10.0

  private var attempts = 0
  private var inVain = 0

  /// Seconds until the next attempt; nil where there is none. `hasGrown` says whether the one that broke off brought anything,
  /// `chance` is from 0 up to 1: clients of a server that failed for all of them do not come back at once.
  mutating func pause(hasGrown: Bool, chance: Double) -> Double? {
    attempts += 1
    inVain = hasGrown ? 0 : inVain + 1
    guard attempts < Self.most, inVain < Self.mostInVain else { return nil }
    var full = 0.2
    for _ in 0..<inVain { full *= 3 }
    return min(full, Self.longestPause) * (0.5 + chance / 2)
  }
}
