/// What `pinion-git` answers: one JSON object a line on its standard output.
///
/// A request gets any number of `working` replies, at most one a second, and then exactly one other.
public struct GitReply: Codable, Sendable {
  /// The version of the protocol that the helper speaks.
  public var version: Int
  /// The number of the request that is answered; 0 for a line that could not be read.
  public var id: Int
  /// What came of it.
  public var outcome: GitOutcome

  /// Creates a reply in the current version.
  public init(id: Int, outcome: GitOutcome) {
    version = GitRequest.version
    self.id = id
    self.outcome = outcome
  }
}

/// What came of a request.
public enum GitOutcome: Codable, Sendable {
  /// A sign of life: bytes arrived, files were written.
  case working
  /// What the server's references are.
  case references(RemoteReferences)
  /// The mirror has what the server gave; whether that holds the commit that was named (true when none was).
  case fetched(hasCommit: Bool)
  /// Whether the helper's libgit2 can fetch a commit without its history.
  case abilities(canBeShallow: Bool)
  /// What the mirror knows.
  case lookup(GitLookup)
  /// The directory is written; these submodules are empty directories in it, and the commit was made at that time, in seconds
  /// since 1970.
  case exported(submodules: [GitSubmodule], time: Int)
  /// Whether the one commit's history leads to the other.
  case ancestry(Bool)
  /// What is signed, and what is not.
  case signatures([GitSignature])
  /// A file as it was, or why there is none.
  case file(GitFile)
  /// The request failed.
  case failed(GitFault)
}

/// A file as it was at a revision.
public enum GitFile: Codable, Sendable, Equatable {
  /// The directory belongs to no repository.
  case noRepository
  /// The repository knows no such revision.
  case noRevision
  /// The revision does not have the file.
  case noFile
  /// What stood in it, as UTF-8.
  case text(String)
}

/// What a mirror knows of a commit.
public enum GitLookup: Codable, Sendable, Equatable {
  /// There is no mirror.
  case noMirror
  /// There is something, but it cannot be used as a mirror.
  case broken
  /// The mirror has no such commit.
  case absent
  /// More than one commit begins like that.
  case ambiguous
  /// It has the commit, whose full id this is.
  case present(commit: String)
}

/// Why a request failed.
public struct GitFault: Error, Codable, Sendable, Equatable {
  /// What kind of failure it is, as far as a person would act differently.
  public enum Kind: String, Codable, Sendable {
    /// No connection to the server: nobody listening, no way there, no agreement on how to speak.
    case unreachable
    /// No such host is known.
    case nameUnknown
    /// The server's certificate is not trusted.
    case untrusted
    /// No connection to the server in time.
    case connectTimeout
    /// The server said nothing at all, or nothing more, or too little, for too long.
    case silent, stalled, slow
    /// The server ended the conversation in the middle.
    case hungUp
    /// The server says that it cannot answer just now.
    case unavailable
    /// The server sends more than is taken.
    case tooMuch
    /// The request as a whole took too long.
    case overdue
    /// The server sends on, again and again.
    case redirectLoop
    /// The server wants credentials and was given none.
    case credentialsWanted
    /// The server did not accept the credentials, or forbids access.
    case refused
    /// No known_hosts file has a key of the ssh server.
    case hostUnknown
    /// The ssh server shows another key than the known ones.
    case hostChanged
    /// The ssh server shows a key that is marked as revoked.
    case hostRevoked
    /// A named known_hosts file cannot be read.
    case knownHostsUnreadable
    /// The ssh key's file cannot be read, or others than its owner may.
    case keyUnreadable, keyExposed
    /// The ssh key is locked, and its passphrase is not given or not the right one.
    case passphraseWanted, passphraseWrong
    /// The ssh key is of a form that is not understood.
    case keyUnusable
    /// The ssh server took none of the keys.
    case keyRefused
    /// The server sends on to another origin, where credentials must not follow.
    case redirected
    /// The server sends on, and is not followed for another reason: behind a proxy, and where its certificates are judged otherwise.
    case sentOn
    /// The proxy did not accept the credentials, or forbids the connection.
    case proxyRefused
    /// The server has no such repository.
    case absent
    /// The mirror cannot be used: it should be removed and made anew.
    case mirrorBroken
    /// The repository cannot be exported safely or wholly: a link that leaves it, a submodule without a URL.
    case unfit
    /// Files of the repository stand elsewhere, and what it has in their place says so.
    case pointers
    /// Anything else.
    case failed
  }

  /// What kind of failure it is.
  public var kind: Kind
  /// What happened, often in libgit2's own words. Holds no user info.
  public var message: String

  /// Creates a fault; user info is taken out of the message.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = URLText.withoutUserInfo(message)
  }
}

/// A server's references at one moment.
public struct RemoteReferences: Codable, Sendable, Equatable {
  /// Each reference's full name (`refs/heads/main`) with the id of its commit. Annotated tags are peeled.
  public var commits: [String: String]
  /// The full name of the branch that HEAD points to; nil when HEAD is detached or the server does not say.
  public var headTarget: String?
  /// The commit that HEAD means; nil in an empty repository.
  public var headCommit: String?

  /// Creates a list of references.
  public init(commits: [String: String], headTarget: String? = nil, headCommit: String? = nil) {
    self.commits = commits
    self.headTarget = headTarget
    self.headCommit = headCommit
  }
}
