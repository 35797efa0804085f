/// A place in a git repository, as it was asked for.
public struct GitSource: Sendable, Hashable, CustomStringConvertible {
  /// The repository, with scheme `https`, `http`, `ssh` or `file`.
  public var url: RemoteURL
  /// A branch, tag, commit or full reference name (`refs/…`); nil for the server's HEAD, and with a range.
  public var reference: String?
  /// The versions that will do, of which the newest tag is taken: `@semver:>=1.2,<2`. Nil with a reference.
  public var range: VersionSpecifiers?
  /// The project's directory within the repository; nil for its root.
  public var subdirectory: String?
  /// Who asks the server: an entry of `spec.git.credentials`. Never printed or locked; nil where the URL says it itself.
  public var credential: GitCredential?
  /// How the server's certificate is checked: an entry of `spec.git.tls`. Never locked; nil for the system's authorities.
  public var tls: GitTLS?
  /// What holds for repositories that this one leads to. Never printed or locked.
  public var rules = GitRules()

  /// Creates a source.
  public init(
    url: RemoteURL, reference: String? = nil, range: VersionSpecifiers? = nil, subdirectory: String? = nil,
    credential: GitCredential? = nil, tls: GitTLS? = nil
  ) {
    self.url = url
    self.reference = reference
    self.range = range
    self.subdirectory = subdirectory
    self.credential = credential
    self.tls = tls
  }

  /// What was asked for, as lockfiles have it (PEP 610's `requested_revision`): the reference, or `semver:>=1.2,<2`.
  public var requestedRevision: String? { range.map { "semver:\($0)" } ?? reference }

  /// The repository without any user info: who asks makes no other repository of it.
  public var repository: String {
    var bare = url
    bare.userInfo = nil
    return bare.description
  }

  /// The repository as lockfiles have it: without user info, save the name that an ssh server wants to hear. It is no secret,
  /// and without it other tools would log in as whoever runs them (PEP 610 keeps `ssh://git@host` for the same reason).
  public var lockedURL: String {
    guard url.scheme == "ssh", let userInfo = url.userInfo, userInfo.password == nil,
      userInfo.username.variables.isEmpty,
      let name = userInfo.username.plainLogin
    else { return url.description }
    var bare = url
    bare.userInfo = nil
    return "ssh://\(name)@" + bare.description.dropFirst("ssh://".count)
  }

  /// `git+URL@reference#subdirectory=…`, without user info; a query stands behind the reference, as it is read.
  public var description: String {
    var place = url
    let query = url.path.firstIndex(of: "?").map { String(url.path[$0...]) } ?? ""
    place.path.removeLast(query.count)
    return "git+\(place)" + (requestedRevision.map { "@\($0)" } ?? "") + query
      + (subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? "")
  }
}

extension Template {
  /// A written-out name of a user, as systems have them; nil for what may be anything else.
  public var plainLogin: String? {
    guard case .literal(let name)? = parts.first, parts.count == 1, name.utf8.count <= 32 else { return nil }
    let isName = name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-".utf8.contains(byte)
    }
    return isName && !Self.tokenBeginnings.contains(where: name.hasPrefix) ? name : nil
  }

  /// What the forges let their tokens begin with. Source: their pages on the forms of tokens.
  private static let tokenBeginnings = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "gl", "ATCTT", "ATBB"]
}
