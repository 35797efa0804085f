internal import GitWire
public import Model
internal import Platform

/// Git, as the rest of Pinion sees it: asks servers for references, keeps mirrors, and writes clones out of them.
///
/// All work on repositories is done by one `pinion-git` process, started when it is first needed, and by one more for each file
/// of authorities that a host has of its own.
public final class GitClient: SourceProvider {
  /// How many bytes a server may send for one request, so that one that never ends cannot fill the disk: 8 GiB.
  public static let byteLimit = 8 << 30

  let helpers: HelperPool
  /// What the user has set up for servers that ask.
  let user: UserCredentials
  let mirrors: String
  private let variables: Variables
  private let secrets: SecretRegistry
  private let limits: GitLimits
  private let proxies: ProxySettings
  /// Whether no server is asked for anything.
  let isOffline: Bool
  /// The directories of PATH, absolute ones alone.
  let searchPath: [String]

  /// Creates a client; nothing is started yet.
  ///
  /// - Parameters:
  ///   - helper: the path of the `pinion-git` executable.
  ///   - mirrors: the directory that holds the mirrors; made when needed.
  ///   - variables: what `${VAR}` in credentials stands for; the helper gets `PATH`, `TMPDIR`, `SSL_CERT_FILE` and
  ///     `SSL_CERT_DIR` of them. `HOME` and `SSH_AUTH_SOCK` say where the user's ssh keys are.
  ///   - secrets: told of every credential that is used.
  ///   - proxies: what stands between this host and the servers; for https alone.
  ///   - timeout: how many seconds a server may take to be connected to, and may say nothing. A request as a whole may
  ///     take 30 times that.
  ///   - isOffline: whether no server is asked for anything; repositories on this machine are.
  ///   - retry: when a server is asked again that failed.
  ///   - announce: told when it is.
  public convenience init(
    helper: String, mirrors: String, variables: Variables, secrets: SecretRegistry, proxies: ProxySettings = .none,
    timeout: Double = 60, isOffline: Bool = false, retry: RetryPolicy = RetryPolicy(),
    announce: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(
      helper: helper, mirrors: mirrors, variables: variables, secrets: secrets, proxies: proxies,
      limits: GitLimits(idle: timeout, bytes: Self.byteLimit), isOffline: isOffline, retry: retry, announce: announce)
  }

  init(
    helper: String, mirrors: String, variables: Variables, secrets: SecretRegistry, proxies: ProxySettings,
    limits: GitLimits, isOffline: Bool = false, retry: RetryPolicy, announce: @escaping @Sendable (String) -> Void
  ) {
    // No backtrace: a crash is reported in our words, and memory holds credentials.
    var environment = ["SWIFT_BACKTRACE": "enable=no"]
    for name in ["PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"] { environment[name] = variables[name] }
    helpers = HelperPool(in: environment) { environment in
      Helper(path: helper, environment: environment, limits: limits, retry: retry, announce: announce)
    }
    self.mirrors = mirrors
    self.variables = variables
    self.secrets = secrets
    self.limits = limits
    self.proxies = proxies
    self.isOffline = isOffline
    searchPath = (variables["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init).filter {
      $0.hasPrefix("/")
    }
    user = UserCredentials(variables: variables, searchPath: searchPath, secrets: secrets)
  }

  /// Ends the helpers. A later request starts it again.
  public func shutdown() {
    helpers.shutdown()
  }

  /// The helper for what concerns mirrors alone.
  var helper: Helper { helpers.standard }

  /// The ids of the helpers' processes that have not ended.
  var helperProcessIDs: [Int32] { helpers.processIDs }

  // MARK: References

  /// Asks each repository once for its references and says which commit each source means.
  ///
  /// A full commit id is taken as it is, without asking. An abbreviated one needs the repository's mirror. What `others` mean is
  /// said where their repository is asked anyway. Throws `gitUnreachable`, `gitRefused`, `gitReferenceAbsent`, `gitFailed` or
  /// `variableUnset`, all of them together.
  public func commits(
    for sources: [GitSource], noticing others: [GitSource]
  ) async throws -> [GitSource: ResolvedReference] {
    let noticed = Dictionary(grouping: others) { Repository($0) }
    var repositories: [Repository] = []
    var groups: [Repository: [GitSource]] = [:]
    for source in sources {
      let repository = Repository(source)
      guard groups[repository]?.contains(source) != true else { continue }
      if groups[repository] == nil { repositories.append(repository) }
      groups[repository, default: []].append(source)
    }
    let answers = try await withThrowingTaskGroup(of: (Repository, [Answer]).self) { tasks in
      for (repository, group) in groups {
        tasks.addTask {
          (repository, try await self.answers(for: group, noticing: noticed[repository] ?? [], of: repository))
        }
      }
      var answers: [Repository: [Answer]] = [:]
      for try await (repository, group) in tasks { answers[repository] = group }
      return answers
    }
    var commits: [GitSource: ResolvedReference] = [:]
    var diagnostics: [Diagnostic] = []
    for answer in repositories.flatMap({ answers[$0] ?? [] }) {
      switch answer {
      case .commit(let source, let reference): commits[source] = reference
      // One word on a repository is enough, however many modules come from it.
      case .failure(let failure): diagnostics += failure.diagnostics.filter { !diagnostics.contains($0) }
      }
    }
    guard diagnostics.isEmpty else { throw Failure(diagnostics) }
    return commits
  }

  private enum Answer: Sendable {
    case commit(GitSource, ResolvedReference)
    case failure(Failure)
  }

  private func answers(
    for sources: [GitSource], noticing others: [GitSource], of repository: Repository
  ) async throws -> [Answer] {
    var answers: [Answer] = []
    var open: [GitSource] = []
    for source in sources {
      if source.range == nil, let pinned = ReferenceResolver.pinned(source.reference) {
        answers.append(.commit(source, pinned))
      } else {
        open.append(source)
      }
    }
    guard !open.isEmpty else { return answers }
    do {
      guard case .references(let references) = try await references(of: repository) else {
        throw unexpectedAnswer(repository.url)
      }
      for source in open {
        do {
          answers.append(.commit(source, try await commit(for: source, in: references, repository)))
        } catch let failure as Failure {
          answers.append(.failure(failure))
        }
      }
      for source in others {
        guard case .resolved(let now) = outcome(of: source, in: references) else { continue }
        answers.append(.commit(source, now))
      }
    } catch let failure as Failure {
      answers.append(.failure(failure))
    }
    return answers
  }

  private func commit(
    for source: GitSource, in references: RemoteReferences, _ repository: Repository
  ) async throws -> ResolvedReference {
    let complaints = complaints(repository)
    let reference = source.requestedRevision
    switch outcome(of: source, in: references) {
    case .resolved(let resolved): return resolved
    case .ambiguous: throw complaints.ambiguous(reference ?? "HEAD")
    case .empty: throw complaints.empty()
    case .absent(let near):
      if let range = source.range { throw complaints.outOfRange(range, newest: near, in: references) }
      throw complaints.absent(reference, near: near, in: references)
    case .abbreviated(let prefix):
      switch try await lookup(prefix, repository) {
      case .present(let commit): return ResolvedReference(commit: commit, isFollowed: false)
      case .ambiguous: throw complaints.ambiguousCommit(prefix)
      case .noMirror, .broken, .absent: throw complaints.absent(reference, near: [], in: references)
      }
    }
  }

  private func outcome(of source: GitSource, in references: RemoteReferences) -> ReferenceResolver.Outcome {
    source.range.map { ReferenceResolver.newest(in: $0, of: references) }
      ?? ReferenceResolver.resolve(source.requestedRevision, in: references)
  }

  /// Brings the mirror up to date, since a commit pushed a moment ago may make an abbreviation ambiguous.
  private func lookup(_ prefix: String, _ repository: Repository) async throws -> GitLookup {
    try await withMirror(of: repository) { mirror in
      _ = try await ask(repository) { .fetch(remote: $0, mirror: mirror.path, names: [], commit: nil) }
      guard case .lookup(let lookup) = try await helper.perform(.lookup(mirror: mirror.path, prefix: prefix)) else {
        throw unexpectedAnswer(repository.url)
      }
      return lookup
    }
  }

  // MARK: Mirrors

  /// Does something with a repository's mirror, which nobody else touches meanwhile; a broken one is made anew, once.
  func withMirror<Result: Sendable>(
    of repository: Repository, isShallow: Bool = false, _ body: (MirrorDirectory) async throws -> Result
  ) async throws -> Result {
    let mirror = MirrorDirectory(of: repository.url, in: mirrors, isShallow: isShallow)
    return try await mirror.locked(waitingUpTo: limits.total) {
      try await remakingIfBroken(mirror, repository) { try await body(mirror) }
    }
  }

  /// Has a commit in a mirror, with its history. The server is asked only where the mirror lacks it, or was never asked for the
  /// reference together with it: a tag may have come after its commit, and back ends take the version from tags.
  func provide(_ commit: String, of source: GitSource, in mirror: MirrorDirectory) async throws {
    let question = GitOperation.lookup(mirror: mirror.path, prefix: commit, names: source.possibleNames(at: commit))
    guard case .lookup(let lookup) = try await helper.perform(question) else { throw unexpectedAnswer(source.url) }
    if case .present = lookup { return }
    if case .broken = lookup { try mirror.remove() }
    // Only now: what the mirror has needs no token.
    try await fetch(commit, names: source.namesToFetch(at: commit), of: Repository(source), into: mirror)
  }

  /// Asks the server for a commit and the tags that lead to it. Throws `gitReferenceAbsent` where it has no such commit.
  func fetch(
    _ commit: String, names: [String] = [], of repository: Repository, into mirror: MirrorDirectory
  ) async throws {
    let answer = try await ask(repository) { .fetch(remote: $0, mirror: mirror.path, names: names, commit: commit) }
    guard case .fetched(let hasCommit) = answer else { throw unexpectedAnswer(repository.url) }
    guard hasCommit else { throw complaints(repository).commitAbsent(commit) }
  }

  /// Tries again once without the mirror when it turns out to be damaged, and puts what goes wrong into words.
  private func remakingIfBroken<Result: Sendable>(
    _ mirror: MirrorDirectory, _ repository: Repository, _ body: () async throws -> Result
  ) async throws -> Result {
    do {
      do {
        return try await body()
      } catch let fault as GitFault where fault.kind == .mirrorBroken {
        try mirror.remove()
        return try await body()
      }
    } catch {
      throw shown(complaints(repository).failure(for: error))
    }
  }

  // MARK: The helper

  private func references(of repository: Repository) async throws -> GitOutcome {
    do {
      return try await ask(repository) { .references(remote: $0) }
    } catch {
      throw shown(complaints(repository).failure(for: error))
    }
  }

  func access(to repository: Repository) throws(Failure) -> RepositoryAccess {
    try RepositoryAccess(repository, variables: variables, secrets: secrets, proxies: proxies)
  }

  func complaints(_ repository: Repository) -> GitComplaints {
    let url = repository.url
    let proxy = try? proxies.proxy(scheme: url.scheme, host: url.host, port: url.port)
    return GitComplaints(repository, proxy: proxy?.description, userOrigin: user.known(for: url)?.origin)
  }

  /// The error with every known secret taken out: a server may say a token back.
  private func shown(_ error: any Error) -> any Error {
    guard var failure = error as? Failure else { return error }
    for index in failure.diagnostics.indices {
      failure.diagnostics[index].cause = failure.diagnostics[index].cause.map(secrets.redact)
    }
    return failure
  }

  func unexpectedAnswer(_ url: RemoteURL) -> Failure {
    Failure(
      .internal, "git's helper gave an answer to another question", at: .url(url.description),
      hint: "pinion and pinion-git must be of one version; install both again")
  }
}
