/// A URL whose user info is kept apart, so that whatever prints or stores the URL cannot leak it.
public struct RemoteURL: Sendable, Hashable, CustomStringConvertible {
  /// `https`, `http`, `ssh` or `file`, in lower case.
  public var scheme: String
  /// The host in lower case, with its brackets if it is an IPv6 address; empty for `file`.
  public var host: String
  /// The port if one is given.
  public var port: Int?
  /// The path with its leading slash, still percent-encoded, with query where there is one.
  public var path: String
  /// What stood before the `@`.
  public var userInfo: UserInfo?

  /// Creates a URL from its parts.
  public init(scheme: String, host: String, port: Int? = nil, path: String, userInfo: UserInfo? = nil) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.path = path
    self.userInfo = userInfo
  }

  /// The URL without user info: what is printed, locked and compared.
  ///
  /// To ssh the user `git` says no more than the host does, and without it other programs would ask as somebody else:
  /// it stays (PEP 610 has the same exception).
  public var description: String {
    let user = scheme == "ssh" && userInfo == Self.gitUser ? "git@" : ""
    return "\(scheme)://\(user)\(host)\(port.map { ":\($0)" } ?? "")\(path)"
  }

  private static let gitUser = UserInfo(username: Template(literal: "git"))

  /// Scheme, host and port: what credentials are bound to.
  public var origin: String {
    "\(scheme)://\(host):\(port ?? (scheme == "https" ? 443 : scheme == "ssh" ? 22 : 80))"
  }

  /// Whether the host is this machine itself.
  public var isLoopback: Bool {
    host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
  }
}

/// User name and password of a URL, as templates. They are not percent-decoded values until they are resolved.
public struct UserInfo: Sendable, Hashable {
  /// What stands before the colon; a token alone stands here.
  public var username: Template
  /// What stands after the colon; nil when there is no colon.
  public var password: Template?

  /// Creates user info.
  public init(username: Template, password: Template? = nil) {
    self.username = username
    self.password = password
  }

  /// Fills in the variables. Throws `variableUnset`.
  public func resolved(with variables: Variables) throws(Failure) -> Credentials {
    Credentials(
      username: try username.resolved(with: variables), password: try password?.resolved(with: variables) ?? "")
  }
}

/// A user name and a password in the clear. Lives only on its way to a server; never printed, stored or compared.
public struct Credentials: Sendable, CustomStringConvertible {
  /// The user name, or a token that is given alone.
  public var username: String
  /// The password; empty with a token alone.
  public var password: String

  /// Creates credentials.
  public init(username: String, password: String) {
    self.username = username
    self.password = password
  }

  /// Never shows what it holds.
  public var description: String { "****" }
}
