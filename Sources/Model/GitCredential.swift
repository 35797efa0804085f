/// Who asks a git server: an entry of `spec.git.credentials`.
public struct GitCredential: Sendable, Hashable {
  /// How it identifies.
  public enum Kind: Sendable, Hashable {
    /// A token, for https and http.
    case token(SecretValue)
    /// A user name and a password, for https and http.
    case password(username: Template, SecretValue)
    /// A private key, for ssh: its file, or a template that comes to its text. Paths are absolute. Without
    /// known hosts those of the user and the system decide.
    case sshKey(SecretValue, knownHosts: String?, passphrase: SecretValue?)
  }

  /// The hosts that it may go to, in lower case: `github.com`, `*.example.com`, with `:port` where that is not the scheme's own.
  public var host: Glob
  /// The beginning of the repositories' paths, without slashes at the ends; empty for all of the host.
  public var pathPrefix: String
  /// How it identifies.
  public var kind: Kind
  /// Where the manifest declares it.
  public var location: SourceLocation

  /// Creates an entry. Slashes at the ends of the prefix do not matter.
  public init(host: Glob, pathPrefix: String, kind: Kind, location: SourceLocation) {
    self.host = Glob(host.text.lowercased())
    self.pathPrefix = pathPrefix.split(separator: "/").joined(separator: "/")
    self.kind = kind
    self.location = location
  }

  /// Whether it may go to a repository: host, port, path and scheme must agree.
  public func applies(to url: RemoteURL) -> Bool {
    switch kind {
    case .token, .password: guard url.scheme == "https" || url.scheme == "http" else { return false }
    case .sshKey: guard url.scheme == "ssh" else { return false }
    }
    guard url.isAt(host) else { return false }
    let path = url.path.split(separator: "/").map(String.init)
    // A path that climbs is somewhere else than it says.
    guard !path.contains(where: { ["..", "."].contains($0.percentDecoded ?? $0) }) else { return pathPrefix.isEmpty }
    return path.starts(with: pathPrefix.split(separator: "/").map(String.init))
  }

  /// User name and password for a server. Nil for a key.
  ///
  /// Servers take any user name beside a token, save where `username(besideTokenOf:)` says otherwise. Throws what
  /// `SecretValue.resolved` throws.
  public func credentials(
    for url: RemoteURL, with variables: Variables, reading: (_ path: String) throws(Failure) -> [UInt8]
  ) throws(Failure) -> Credentials? {
    switch kind {
    case .token(let secret):
      return Credentials(
        username: Self.username(besideTokenOf: url.host),
        password: try secret.resolved(with: variables, reading: reading))
    case .password(let username, let secret):
      return Credentials(
        username: try username.resolved(with: variables),
        password: try secret.resolved(with: variables, reading: reading))
    case .sshKey: return nil
    }
  }

  /// The user name that goes with a token.
  ///
  /// Bitbucket and GitLab want their own, the latter wherever it is hosted, as far as the host's name tells; GitHub and the
  /// others look at the token alone. Source: the forges' pages on access by token.
  public static func username(besideTokenOf host: String) -> String {
    forgeUsername(host) ?? "x-access-token"
  }

  /// The user name that a known forge wants beside a token; nil for any other host.
  public static func forgeUsername(_ host: String) -> String? {
    let labels = host.lowercased().split(separator: ".")
    let site = labels.suffix(2).joined(separator: ".")
    if site == "github.com" { return "x-access-token" }
    if site == "bitbucket.org" { return "x-token-auth" }
    return labels.contains("gitlab") ? "oauth2" : nil
  }
}

extension [GitCredential] {
  /// The entry for a repository: the longest path decides, then the host without a wildcard, then the order.
  public func best(for url: RemoteURL) -> GitCredential? {
    func rank(_ credential: GitCredential) -> (Int, Int) {
      (credential.pathPrefix.split(separator: "/").count, credential.host.isOpen ? 0 : 1)
    }
    var best: GitCredential?
    for candidate in self where candidate.applies(to: url) {
      if best.map({ rank(candidate) > rank($0) }) ?? true { best = candidate }
    }
    return best
  }
}
