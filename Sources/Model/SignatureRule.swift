/// Which signatures git modules must have before anything of them is used: `spec.git.verify`.
public struct SignatureRule: Sendable, Equatable {
  /// What must be signed.
  public enum Mode: String, Sendable, Codable, CaseIterable {
    /// Nothing.
    case none
    /// The commit itself.
    case commit
    /// A tag that leads to the commit.
    case tag
  }

  /// What must be signed.
  public var mode: Mode
  /// By one of these.
  public var keys: [VerificationKey]
  /// Where the rule is written; nil for the default.
  public var location: SourceLocation?

  /// Creates a rule; nothing must be signed by default.
  public init(mode: Mode = .none, keys: [VerificationKey] = [], location: SourceLocation? = nil) {
    self.mode = mode
    self.keys = keys
    self.location = location
  }
}
