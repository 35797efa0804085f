/// A secret as a manifest names it: text with variables, or a file. Resolved when a server asks for it, and never printed.
public enum SecretValue: Sendable, Hashable, CustomStringConvertible {
  /// Text in which variables may stand.
  case template(Template)
  /// The content of a file, without the line's end; absolute, with the place in the manifest that names it.
  case file(path: String, SourceLocation)

  /// The value. `reading` reads a file.
  ///
  /// Throws `variableUnset`, what `reading` throws, and `manifestInvalid` for a file that holds nothing, or several lines.
  public func resolved(
    with variables: Variables, reading: (_ path: String) throws(Failure) -> [UInt8]
  ) throws(Failure) -> String {
    switch self {
    case .template(let template): return try template.resolved(with: variables)
    case .file(let path, let location):
      var bytes = try reading(path)[...]
      while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
      let text = String(decoding: bytes, as: UTF8.self)
      let isOneLine = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
      guard !bytes.isEmpty, isOneLine, text.utf8.elementsEqual(bytes) else {
        throw Failure(
          .manifestInvalid,
          "the credential file \(path) \(bytes.isEmpty ? "is empty" : "holds more than one line of text")",
          at: .source(location, excerpt: nil), hint: "write the token or the password alone into it")
      }
      return text
    }
  }

  /// The variables that it needs.
  public var variables: [String] {
    if case .template(let template) = self { template.variables } else { [] }
  }

  /// `${NAME}`, `****` or the file's path: what may be shown.
  public var description: String {
    switch self {
    case .template(let template): template.description
    case .file(let path, _): path
    }
  }
}

/// A user name and a secret, as a manifest names them.
public struct SecretUse: Sendable, Hashable {
  /// The user name.
  public var username: SecretValue
  /// The password or token; nil where the user name is all.
  public var secret: SecretValue?

  /// The user name that package indexes expect beside a token.
  public static let tokenUser = "__token__"

  /// Creates a use.
  public init(username: SecretValue, secret: SecretValue?) {
    self.username = username
    self.secret = secret
  }

  /// The values. Throws what `SecretValue.resolved` throws.
  public func resolved(
    with variables: Variables, reading: (_ path: String) throws(Failure) -> [UInt8]
  ) throws(Failure) -> Credentials {
    Credentials(
      username: try username.resolved(with: variables, reading: reading),
      password: try secret?.resolved(with: variables, reading: reading) ?? "")
  }
}
