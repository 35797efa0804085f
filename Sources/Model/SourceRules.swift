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
    /// Where the file states them.
    public var location: SourceLocation?

    /// Creates a layer.
    public init(allow: [SourcePattern] = [], deny: [SourcePattern] = [], location: SourceLocation? = nil) {
      self.allow = allow
      self.deny = deny
      self.location = location
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

extension SourcePattern {
  /// What is wrong with a pattern. Quotes no user info.
  public struct Problem: Error, Sendable, Hashable {
    /// What is wrong.
    public var message: String
    /// What to write instead.
    public var hint: String
  }

  /// Takes a pattern that makes sense. Throws what is wrong with it.
  public init(checking text: String, location: SourceLocation?) throws(Problem) {
    self.init(text, location: location)
    guard let separator = text.firstRange(of: "://") else {
      guard Self.isNamePattern(text) else {
        let isURL = text.contains("/")
        throw Problem(
          message: "'\(text.prefix(80))' is no pattern of \(isURL ? "URLs" : "package names")",
          hint: isURL ? "begin it with a scheme, as in 'https://github.com/acme/*'" : "write names, as in 'acme-*'")
      }
      return
    }
    let scheme = text[..<separator.lowerBound]
    let authority = text[separator.upperBound...].prefix { $0 != "/" }
    guard
      ["https", "http", "ssh", "file", "*", "git+https", "git+http", "git+ssh", "git+file", "git+*"].contains(scheme)
    else {
      throw Problem(
        message: "the scheme '\(scheme.prefix(20))' is not understood here",
        hint: "begin with https://, ssh://, file://, or with git+ in front for git alone")
    }
    guard !authority.contains("@"), !text.contains(where: \.isWhitespace), !text.contains("#") else {
      throw Problem(
        message: "a pattern of URLs has no user info, no space and no '#'",
        hint: "write, for instance, 'https://github.com/acme/*'")
    }
  }

  /// Whether a text can be a pattern of package names.
  public static func isNamePattern(_ text: String) -> Bool {
    !text.isEmpty
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.*?".contains($0)) }
  }
}
