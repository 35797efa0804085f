/// What the client asks of `pinion-git`: one JSON object a line on its standard input.
///
/// ```json
/// {"version":6,"id":7,"operation":{"references":{"remote":{"limits":{…},"url":"https://example.com/org/repo.git"}}}}
/// ```
///
/// Requests are worked on side by side, at most `GitRequest.parallelism` at a time; answers come in any order and carry
/// the request's id. The helper ends when its standard input is closed.
public struct GitRequest: Codable, Sendable {
  /// The version of this protocol. The helper refuses any other.
  public static let version = 6
  /// How many requests the helper works on at a time; a client that sends more makes them wait.
  public static let parallelism = 16

  /// The version of the protocol that the client speaks.
  public var version: Int
  /// The client's own number for this request.
  public var id: Int
  /// What is to be done.
  public var operation: GitOperation

  /// Creates a request in the current version.
  public init(id: Int, operation: GitOperation) {
    version = Self.version
    self.id = id
    self.operation = operation
  }
}

/// What `pinion-git` can do.
public enum GitOperation: Codable, Sendable {
  /// Asks a server for all its references. Answered by `references`.
  case references(remote: GitRemote)
  /// Brings a commit with its history into a bare mirror, which is created where nothing is, and the tags that lead into what
  /// is there then. Answered by `fetched`.
  ///
  /// No more is fetched than is needed (`FetchPlan`); `names` are those that the reference may have which was asked for. All
  /// branches and tags come where no commit is named.
  case fetch(remote: GitRemote, mirror: String, names: [String], commit: String?)
  /// Brings one commit without its history into a mirror of its own kind, where the helper can. Answered by `fetched`.
  ///
  /// The reference that leads to the commit is asked for where there is one, else the commit by its id, which a server may
  /// refuse.
  case fetchAlone(remote: GitRemote, mirror: String, commit: String)
  /// Asks what this helper can do. Answered by `abilities`.
  case abilities
  /// Looks for a commit in a mirror by its full id or the beginning of it. Answered by `lookup`.
  ///
  /// Where `names` are given, the server must have been asked for these references with the commit, or it counts as absent: a tag
  /// may have come after its commit.
  case lookup(mirror: String, prefix: String, names: [String] = [])
  /// Writes the repository at a commit, with history and tags, into an empty directory. Answered by `exported`.
  case export(mirror: String, commit: String, directory: String)
  /// Asks a mirror whether one commit's history leads to another. Answered by `ancestry`.
  case isAncestor(mirror: String, ancestor: String, commit: String)
  /// Asks a mirror for the signature of a commit, or for those of the tags that lead to it. Answered by `signatures`.
  case signatures(mirror: String, commit: String, areTags: Bool)
  /// Reads a file, named by its path on disk, as it was at a revision of the repository that `directory`, which is above it,
  /// belongs to. Answered by `file`.
  case file(path: String, directory: String, revision: String)
}

extension GitOperation {
  /// The server that is asked; nil for what is done on this host alone.
  public var remote: GitRemote? {
    get {
      switch self {
      case .references(let remote), .fetch(let remote, _, _, _), .fetchAlone(let remote, _, _): remote
      case .abilities, .lookup, .export, .isAncestor, .signatures, .file: nil
      }
    }
    set {
      guard let newValue else { return }
      switch self {
      case .references: self = .references(remote: newValue)
      case .fetch(_, let mirror, let names, let commit):
        self = .fetch(remote: newValue, mirror: mirror, names: names, commit: commit)
      case .fetchAlone(_, let mirror, let commit):
        self = .fetchAlone(remote: newValue, mirror: mirror, commit: commit)
      case .abilities, .lookup, .export, .isAncestor, .signatures, .file: break
      }
    }
  }
}

/// The beginning of every request: all that another version's can be counted on to have.
public struct GitRequestHead: Codable, Sendable {
  /// The version of the protocol that the client speaks.
  public var version: Int
  /// The client's own number for the request.
  public var id: Int
}

/// A repository on a server, and what may be shown to that server alone.
public struct GitRemote: Codable, Sendable {
  /// The URL, without user info.
  public var url: String
  /// For the server that the URL names, and only when it asks.
  public var credentials: GitCredentials?
  /// What stands in between, for https alone: libgit2 does not use one for http.
  public var proxy: GitProxy?
  /// How to get there, for ssh alone.
  public var ssh: GitSSH?
  /// Whether any certificate of the server's is taken, for https alone.
  public var takesAnyCertificate = false
  /// Whether a redirect is followed, for https and http: with credentials it never is.
  public var followsRedirects = true
  /// What the request may take.
  public var limits: GitLimits

  /// Creates a remote.
  public init(
    url: String, credentials: GitCredentials? = nil, proxy: GitProxy? = nil, ssh: GitSSH? = nil,
    takesAnyCertificate: Bool = false, followsRedirects: Bool = true, limits: GitLimits = GitLimits()
  ) {
    self.url = url
    self.credentials = credentials
    self.proxy = proxy
    self.ssh = ssh
    self.takesAnyCertificate = takesAnyCertificate
    self.followsRedirects = followsRedirects
    self.limits = limits
  }
}

/// An HTTP proxy that is asked to CONNECT.
public struct GitProxy: Codable, Sendable {
  /// `http://host:port`, without user info.
  public var url: String
  /// For the proxy, when it asks.
  public var credentials: GitCredentials?

  /// Creates a proxy.
  public init(url: String, credentials: GitCredentials? = nil) {
    self.url = url
    self.credentials = credentials
  }
}

/// A user name and a password on their way to the helper, through a pipe that no other process can read.
public struct GitCredentials: Codable, Sendable, CustomStringConvertible {
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
