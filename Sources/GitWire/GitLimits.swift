/// What one request to a git server may take.
public struct GitLimits: Codable, Sendable, Equatable {
  /// How many seconds a connection may take to be made, and a server may say nothing.
  public var idle: Double
  /// How many seconds the request may take as a whole.
  public var total: Double
  /// How many bytes the server may send.
  public var bytes: Int

  /// A request as a whole may take as many times the silence.
  public static let totalFactor = 30.0
  /// Bytes a second, averaged over `idle`, below which a server counts as silent.
  ///
  /// git's own sign of life is one byte a second, and a line of progress some fifty.
  public static let leastRate = 16.0
  /// The same where TLS is spoken: a record adds about thirty bytes to a byte.
  public static let leastEncryptedRate = 64.0
  /// How many bytes a list of references may have: they are held in memory.
  public static let referenceBytes = 256 << 20

  /// Creates limits; `total` is 30 times the silence where it is not given.
  public init(idle: Double = 60, total: Double? = nil, bytes: Int = 8 << 30) {
    self.idle = idle
    self.total = total ?? idle * Self.totalFactor
    self.bytes = bytes
  }
}
