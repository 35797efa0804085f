public import Model
public import Network
internal import Platform

/// Builds wheels with `uv build`, isolated (PEP 517, PEP 518), with build requirements from the loopback index.
struct UvBuilder: Builder {
  var uv: Uv
  var context: UvContext

  func buildWheel(
    from source: String, dated sourceDate: Int, for interpreter: Interpreter, into directory: String
  ) async throws -> String {
    let area = try StagingArea.make(in: context.state.staging)
    defer { try? area.remove() }
    let (result, address, complaints) = try await LoopbackIndex.serve(
      context.sources(base: []), client: context.client, portFile: context.portFile
    ) { [uv, context] index in
      let result = try await uv.run(
        [
          "build", "--wheel", "--no-config", "--no-sources", "--python", interpreter.executable, "--out-dir", directory,
          source,
        ],
        pages: "simple", of: index.location, in: context, tools: context.searchPath, scratch: area.path,
        sourceDate: sourceDate, deadline: Double(context.builds.limits.longest))
      return (result, index.location, index.complaints)
    }
    context.confinement.tellOfBuild()
    // Where the build's own requirements could not be had, that is the cause.
    guard result.status == 0 || complaints.isEmpty else { throw Failure(complaints) }
    guard result.status == 0, let name = try Files.list(directory).first(where: { $0.hasSuffix(".whl") }) else {
      let said = result.errorOutput + result.output
      throw Failure(
        .buildFailed, "the wheel could not be built",
        because: result.timedOut
          ? "the build did not end within \(context.builds.limits.longestText)"
          : context.builds.cause(said, shown: address.shown(BuildOutput.cause(said))),
        hint: "try it by itself: uv build --wheel, in a checkout of the same commit")
    }
    return "\(directory)/\(name)"
  }
}

/// What every call of uv shares.
public struct UvContext: Sendable {
  /// The state directory.
  public var state: StateDirectory
  /// The HTTP client.
  public var client: WebClient
  /// Which index serves which name.
  public var routes: IndexRoutes
  /// Archives that requirements name by URL, for the user info in them.
  public var archives: [RemoteURL]
  /// The variables that credentials may need.
  public var variables: Variables
  /// Directories of PATH for uv and build back ends.
  public var searchPath: [String]
  /// A PEM file instead of the system's certificates.
  public var trustedCertificates: String?
  /// How uv is run.
  public var confinement: BuildConfinement
  /// What the rules say of builds.
  var builds: BuildRules
  /// Whether indexes are asked for every page, however lately they were.
  public var asksAnew = false
  /// The time, in seconds since 1970.
  public var now: @Sendable () -> Int

  /// Gathers what calls share.
  public init(
    state: StateDirectory, client: WebClient, routes: IndexRoutes, archives: [RemoteURL], variables: Variables,
    searchPath: [String], trustedCertificates: String?, confinement: BuildConfinement, policy: Policy,
    now: @escaping @Sendable () -> Int
  ) {
    self.state = state
    self.client = client
    self.routes = routes
    self.archives = archives
    self.variables = variables
    self.searchPath = searchPath
    self.trustedCertificates = trustedCertificates
    self.confinement = confinement
    builds = BuildRules(policy)
    self.now = now
  }

  /// What servers are given.
  var credentials: IndexCredentials {
    IndexCredentials(routes: routes, archives: archives, variables: variables)
  }

  var cache: String { "\(state.cache)/uv" }
  var portFile: String { "\(state.cache)/index-port" }

  var pages: PageCache { PageCache(directory: "\(state.cache)/pages", now: now) }

  func sources(base: [BaseDistribution], remembers: Bool = false) -> LoopbackIndex.Sources {
    LoopbackIndex.Sources(
      routes: routes, base: base, credentials: credentials, cache: pages, asksAnew: asksAnew, remembers: remembers)
  }
}
