public import Installation
public import Model
public import Network
public import Resolution

/// What every run is wired with: made once, in the program's one place for wiring.
public struct Services: Sendable {
  /// The state directory.
  public var state: StateDirectory
  /// The process's variables, for manifests.
  public var variables: Variables
  /// What must never be shown.
  public var secrets: SecretRegistry
  /// Finds interpreters.
  public var finder: InterpreterFinder
  /// HTTP.
  public var client: WebClient
  /// Git.
  public var sources: any SourceProvider
  /// Reads what distributions bring along.
  public var references: any ReferenceReading
  /// Looks into wheels.
  public var wheelReading: any WheelReading
  /// Indexes that pip's and uv's settings name.
  public var settings: IndexSettings
  /// The directories of PATH.
  public var searchPath: [String]
  /// A PEM file instead of the system's certificates.
  public var trustedCertificates: String?
  /// How uv, and what it builds, is run.
  public var confinement: BuildConfinement
  /// Told of each slow step, in a few words.
  public var announce: @Sendable (String) -> Void
  /// Told how far downloads are, often.
  public var report: @Sendable (DownloadState) -> Void
  /// Told of what is of interest with `--verbose` alone.
  public var detail: @Sendable (String) -> Void
  /// The command as its user wrote it, for whoever waits for its lock.
  public var command: String
  /// The time, in seconds since 1970.
  public var now: @Sendable () -> Int

  /// Gathers the parts.
  public init(
    state: StateDirectory, variables: Variables, secrets: SecretRegistry, finder: InterpreterFinder, client: WebClient,
    sources: any SourceProvider, references: any ReferenceReading, wheelReading: any WheelReading,
    settings: IndexSettings, searchPath: [String],
    trustedCertificates: String?, confinement: BuildConfinement, announce: @escaping @Sendable (String) -> Void,
    report: @escaping @Sendable (DownloadState) -> Void,
    detail: @escaping @Sendable (String) -> Void, command: String,
    now: @escaping @Sendable () -> Int
  ) {
    self.state = state
    self.variables = variables
    self.secrets = secrets
    self.finder = finder
    self.client = client
    self.sources = sources
    self.references = references
    self.wheelReading = wheelReading
    self.settings = settings
    self.searchPath = searchPath
    self.trustedCertificates = trustedCertificates
    self.confinement = confinement
    self.announce = announce
    self.report = report
    self.detail = detail
    self.command = command
    self.now = now
  }

  /// Whether no server is asked for anything.
  public var isOffline: Bool { client.isOffline }

  /// The store of unpacked wheels.
  public var store: Store { Store(state: state) }

  /// The indexes that are asked for an environment: its own, else the configured ones, else what uv or pip would ask.
  ///
  /// Indexes that serve certain names alone leave the question open where all others come from.
  private func indexes(
    of environment: DesiredEnvironment, interpreter: Interpreter
  ) async throws -> (indexes: [PackageIndex], links: [RemoteURL]) {
    if environment.indexes.contains(where: \.packages.isEmpty) { return (environment.indexes, []) }
    let configured = try settings.configured()
    var indexes = environment.indexes + configured.indexes
    if !configured.hasDefault {
      indexes += try await settings.builtIn(searchPath: searchPath, interpreter: interpreter)
    }
    return (indexes, configured.links)
  }

  /// Which index serves which name in an environment, and what of its files may be used.
  func routes(of environment: DesiredEnvironment, interpreter: Interpreter) async throws -> IndexRoutes {
    let (indexes, links) = try await indexes(of: environment, interpreter: interpreter)
    var routes = IndexRoutes(
      indexes: indexes, options: try environment.entryOptions(),
      newest: environment.policy.excludeNewer?.cutoff(now: now()), allowsBuilds: environment.policy.builds != .deny)
    routes.links = links
    for rule in [Policy.Rule.excludeNewer, .builds] { routes.rules[rule] = environment.policy.text(of: rule) }
    return routes
  }

  /// What servers are given on an environment's behalf.
  func credentials(of environment: DesiredEnvironment, interpreter: Interpreter) async throws -> IndexCredentials {
    IndexCredentials(
      routes: try await routes(of: environment, interpreter: interpreter), archives: try environment.archiveURLs(),
      variables: variables)
  }

  /// The wheels that were built so far; uv is looked for only when one is missing.
  func wheelCache(for environment: DesiredEnvironment, interpreter: Interpreter) -> WheelCache {
    WheelCache(
      state: state, sources: sources,
      builder: { try await resolver(for: environment, interpreter: interpreter).builder }, announce: announce)
  }

  /// What finds out why a version is locked.
  func explainer(for environment: DesiredEnvironment, interpreter: Interpreter) async throws -> Explainer {
    let context = UvContext(
      state: state, client: client, routes: try await routes(of: environment, interpreter: interpreter),
      archives: try environment.archiveURLs(), variables: variables, searchPath: searchPath,
      trustedCertificates: trustedCertificates, confinement: confinement, policy: environment.policy, now: now)
    return Explainer(
      context: context, wheels: wheelCache(for: environment, interpreter: interpreter), wheelReading: wheelReading,
      interpreter: interpreter)
  }

  /// The resolver for an environment: finds or installs uv, which nothing else needs.
  func resolver(for environment: DesiredEnvironment, interpreter: Interpreter) async throws -> LockResolver {
    let routes = try await routes(of: environment, interpreter: interpreter)
    let indexes = routes.indexes
    // The resolver itself may come from any index, but not from one that serves certain names alone.
    let uv = try await Uv.locate(
      searchPath: searchPath, state: state, client: client, indexes: indexes.filter(\.packages.isEmpty),
      variables: variables, wheelReading: wheelReading, announce: announce)
    detail("Resolver: uv \(uv.version) at \(uv.path), asking " + indexes.map(\.url.description).joined(separator: ", "))
    let context = UvContext(
      state: state, client: client, routes: routes, archives: try environment.archiveURLs(), variables: variables,
      searchPath: searchPath, trustedCertificates: trustedCertificates, confinement: confinement,
      policy: environment.policy, now: now)
    return LockResolver(
      uv: uv, context: context, sources: sources, wheelReading: wheelReading, references: references,
      announce: announce)
  }
}

/// How one run behaves.
public struct RunOptions: Sendable {
  /// Whether the lockfile rules: no reference is asked for, no resolver runs.
  public var isLocked = false
  /// What may move away from what is locked.
  public var upgrade = UpgradeScope.none
  /// Whether every file of the store is hashed before anything is decided.
  public var isDeep = false
  /// Whether the bytecode of everything is made, not only that of what verification imports.
  public var compiles = false
  /// Whether a rollback's pin is taken away first.
  public var resumes = false
  /// What happens to others where a module cannot be resolved and the manifest does not say: commands fail, so that whoever
  /// gave them sees it; what runs by itself goes on with the others.
  public var onFailure = FailureHandling.fail
  /// How long to wait for another writer, in seconds.
  public var lockTimeout: Double = 60

  /// A plan that was saved: it is applied as it is, or not at all.
  public var saved: SavedPlan?

  /// What a saved plan fixes.
  public struct SavedPlan: Sendable {
    /// The generation that it starts from; nil when there was none.
    public var generation: Int?
    /// The lockfile that it leads to.
    public var lockText: String

    /// Creates a saved plan.
    public init(generation: Int?, lockText: String) {
      self.generation = generation
      self.lockText = lockText
    }
  }

  /// The defaults.
  public init() {}
}
