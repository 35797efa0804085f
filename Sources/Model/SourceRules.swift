/// Where distributions may come from: `policy.sources`.
///
/// Rules come in layers, one of each file that has some; what any of them forbids is forbidden.
public struct SourceRules: Sendable, Hashable {
  /// The rules of one file.
  public struct Layer: Sendable, Hashable {
    /// What may be used. Patterns of names restrict names, patterns of URLs restrict URLs; empty restricts nothing.
    public var allow: [SourcePattern]
    /// What may not be used, whatever `allow` says.
    public var deny: [SourcePattern]

    /// Creates a layer.
    public init(allow: [SourcePattern] = [], deny: [SourcePattern] = []) {
      self.allow = allow
      self.deny = deny
    }
  }

  /// All layers, the host's first.
  public var layers: [Layer]

  /// Creates rules.
  public init(layers: [Layer] = []) {
    self.layers = layers
  }
}

/// A pattern of `policy.sources`: of package names (`acme-*`) or, with `://` in it, of URLs (`https://github.com/acme/*`,
/// `git+https://…` for git alone).
public struct SourcePattern: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it is written.
  public var text: String
  /// Where it is written.
  public var location: SourceLocation?

  /// Takes a pattern.
  public init(_ text: String, location: SourceLocation? = nil) {
    self.text = text
    self.location = location
  }

  /// The pattern as it is written.
  public var description: String { text }
}
