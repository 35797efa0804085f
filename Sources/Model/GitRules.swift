/// What an environment says of every repository that its git modules lead to, also of those that nobody has named yet:
/// submodules, and what a git module itself requires.
public struct GitRules: Sendable, Hashable {
  /// Who asks which server: `spec.git.credentials`.
  public var credentials: [GitCredential]
  /// How certificates are checked: `spec.git.tls`.
  public var tls: [GitTLS]
  /// Which repositories may be asked for: `policy.sources`.
  public var sources: SourceRules
  /// Where `policy.sources` is written.
  public var sourcesPlace: SourceLocation?

  /// Creates rules; without any there are no credentials, and everything may be asked for.
  public init(
    credentials: [GitCredential] = [], tls: [GitTLS] = [], sources: SourceRules = SourceRules(),
    sourcesPlace: SourceLocation? = nil
  ) {
    self.credentials = credentials
    self.tls = tls
    self.sources = sources
    self.sourcesPlace = sourcesPlace
  }

  /// The rules of an environment.
  public init(_ environment: DesiredEnvironment) {
    self.init(
      credentials: environment.gitCredentials, tls: environment.gitTLS, sources: environment.policy.sources,
      sourcesPlace: environment.policy.places[.sources])
  }

  /// A source elsewhere that the same rules hold for, asked for with what is declared for that place and nothing else.
  public func source(at url: RemoteURL, reference: String? = nil) -> GitSource {
    var source = GitSource(
      url: url, reference: reference, credential: credentials.best(for: url), tls: tls.best(for: url))
    source.rules = self
    return source
  }

  /// Why a repository may not be asked for, by its URL without user info; nil when it may. `what` begins the sentence:
  /// `the submodule 'x'`. With `isGit` false the URL is that of an archive or a directory.
  public func breach(by url: String, _ what: String, at place: Place, isGit: Bool = true) -> Diagnostic? {
    guard let refusal = sources.refusal(of: url, isGit: isGit) else { return nil }
    return Diagnostic(
      .policyDenied, "\(what) comes from \(url), which \(Policy.words(refusal))", at: place, because: sourcesRule,
      hint: Policy.wayOut(refusal))
  }

  /// Why a distribution of that name may not be used; nil when it may.
  public func breach(by name: PackageName, _ what: String, at place: Place) -> Diagnostic? {
    guard let refusal = sources.refusal(of: name) else { return nil }
    return Diagnostic(
      .policyDenied, "\(what) has a name which \(Policy.words(refusal))", at: place, because: sourcesRule,
      hint: Policy.wayOut(refusal))
  }

  private var sourcesRule: String { "the rule is `policy.sources`" + (sourcesPlace.map { " at \($0)" } ?? "") }
}
