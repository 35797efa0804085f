/// Text with `${VAR}` places that are filled in when the value is needed, and not before.
///
/// Credentials stay templates until a server asks for them, so that commands that need no network need no token.
/// A template's description shows the variables' names, never their values, and hides literal text.
public struct Template: Sendable, Hashable, CustomStringConvertible {
  /// One piece of a template.
  public enum Part: Sendable, Hashable {
    /// Text as it is.
    case literal(String)
    /// `${NAME}`, at its place in the manifest.
    case variable(String, SourceLocation?)

    /// Whether both stand for the same text: where a variable stands does not matter.
    public static func == (left: Part, right: Part) -> Bool {
      switch (left, right) {
      case (.literal(let one), .literal(let other)): one == other
      case (.variable(let one, _), .variable(let other, _)): one == other
      default: false
      }
    }

    /// Agrees with `==`.
    public func hash(into hasher: inout Hasher) {
      switch self {
      case .literal(let text): hasher.combine(text)
      case .variable(let name, _): hasher.combine(name)
      }
    }
  }

  /// The pieces, in order.
  public var parts: [Part]

  /// Creates a template from its pieces.
  public init(_ parts: [Part]) {
    self.parts = parts
  }

  /// A template with nothing to fill in.
  public init(literal text: String) {
    parts = text.isEmpty ? [] : [.literal(text)]
  }

  /// The names of the variables in it.
  public var variables: [String] {
    parts.compactMap { if case .variable(let name, _) = $0 { name } else { nil } }
  }

  /// Whether a secret may be written out in it.
  public var hasLiteralText: Bool {
    parts.contains { if case .literal = $0 { true } else { false } }
  }

  /// `${NAME}` for variables, `****` for literal text.
  public var description: String {
    parts.map { part in
      switch part {
      case .literal: "****"
      case .variable(let name, _): "${\(name)}"
      }
    }.joined()
  }

  /// Fills in the variables. Throws `variableUnset`, naming the first that has no value.
  public func resolved(with variables: Variables) throws(Failure) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .literal(let literal): text += literal
      case .variable(let name, let location):
        guard let value = variables[name] else { throw Failure.unsetVariable(name, at: location) }
        text += value
      }
    }
    return text
  }
}

/// The variables that manifests may use: the process's environment.
public struct Variables: Sendable {
  private let values: [String: String]

  /// Takes the variables as they are.
  public init(_ values: [String: String]) {
    self.values = values
  }

  /// A variable's value; nil when it is unset. An empty value counts as unset, as for `${VAR:-default}` in a shell.
  public subscript(name: String) -> String? {
    guard let value = values[name], !value.isEmpty else { return nil }
    return value
  }
}

extension Failure {
  /// The one wording for a variable that is needed and not set.
  public static func unsetVariable(_ name: String, at location: SourceLocation?) -> Failure {
    Failure(
      .variableUnset, "the variable \(name) is not set, and its value is needed",
      at: location.map { .source($0, excerpt: nil) }, hint: "set it first: export \(name)=…")
  }
}
