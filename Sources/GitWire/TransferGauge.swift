/// Measures one request against its limits. Pure: whoever waits says for how long, and when.
///
/// Only the time that is spent waiting for the server counts as silence: what is made of its bytes here is not its fault.
/// Every `idle` seconds of waiting must bring as many bytes as the least rate gives in that time.
public struct TransferGauge: Sendable {
  /// Which limit is passed.
  public enum Excess: Sendable, Equatable {
    /// No connection in time.
    case connecting
    /// A connection, and not a byte.
    case silence
    /// Some bytes, and then none.
    case stall
    /// Bytes, but too few of them.
    case slowness
    /// The request as a whole takes too long.
    case time
    /// Too many bytes.
    case bytes
  }

  private let limits: GitLimits
  private let quota: Double
  private var isConnected = false
  private var total = 0
  /// Seconds waited since the last byte.
  private var silence = 0.0
  /// Seconds waited, and bytes that came, since the quota was met last.
  private var waiting = 0.0
  private var arrived = 0.0

  /// How many bytes may come until further notice.
  public var allowance: Int

  /// Begins to measure; `rate` is the least one, in bytes a second.
  public init(_ limits: GitLimits, rate: Double = GitLimits.leastRate) {
    self.limits = limits
    quota = rate * limits.idle
    allowance = limits.bytes
  }

  /// A connection is begun.
  public mutating func connecting() {
    isConnected = false
    restart()
  }

  /// A connection is made.
  public mutating func connected() {
    isConnected = true
    restart()
  }

  /// Something was sent: the server's time to answer begins.
  public mutating func sent() { restart() }

  /// Bytes came.
  public mutating func received(_ count: Int) {
    total += count
    arrived += Double(count)
    silence = 0
    if arrived >= quota { restart() }
  }

  /// So many seconds were waited for the server.
  public mutating func waited(_ seconds: Double) {
    silence += seconds
    waiting += seconds
  }

  /// How many seconds a wait may take, so many seconds after the request began; 0 or less when a limit is passed.
  public func patience(after elapsed: Double) -> Double {
    min(limits.total - elapsed, limits.idle - waiting)
  }

  /// The limit that is passed, so many seconds after the request began.
  public func excess(after elapsed: Double) -> Excess? {
    if total > allowance { return .bytes }
    if elapsed >= limits.total { return .time }
    guard waiting >= limits.idle else { return nil }
    if !isConnected { return .connecting }
    if total == 0 { return .silence }
    return silence >= limits.idle / 2 ? .stall : .slowness
  }

  private mutating func restart() {
    silence = 0
    waiting = 0
    arrived = 0
  }
}
