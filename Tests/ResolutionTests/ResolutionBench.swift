import Model
import Network
import Platform
import TestSupport

@testable import Resolution

/// The parts of a resolution in a directory of their own, with stand-ins where a test says what they answer.
struct ResolutionBench {
  let directory: String
  let interpreter: Interpreter
  let client: WebClient
  var state: StateDirectory { StateDirectory(root: "\(directory)/state") }

  /// Gives a test its bench, and takes it away again.
  static func with(_ test: (ResolutionBench) async throws -> Void) async throws {
    let interpreter = try await InterpreterFinder(searchPath: [try PythonTools.required().bin], home: nil)
      .find(nil, directory: "/")
    try await TemporaryDirectory.with { directory in
      var settings = WebClient.Settings()
      settings.attempts = 1
      let client = WebClient(settings: settings)
      do { try await test(ResolutionBench(directory: directory, interpreter: interpreter, client: client)) } catch {
        await client.shutdown()
        throw error
      }
      await client.shutdown()
    }
  }

  /// Sources that know commits and have no files.
  struct Repositories: SourceProvider {
    var commits: [GitSource: ResolvedReference] = [:]
    /// Whether histories lead back to what was locked.
    var leadsBack = true
    func commits(
      for sources: [GitSource], noticing others: [GitSource]
    ) async throws -> [GitSource: ResolvedReference] { commits.filter { (sources + others).contains($0.key) } }
    func export(
      _ source: GitSource, commit: String, to directory: String, history: SourceHistory
    ) async throws -> ExportedSource { ExportedSource(hasHistory: true, time: 0) }
    func isAncestor(_ ancestor: String, of commit: String, in source: GitSource) async throws -> Bool { leadsBack }
    func checkSubmodules(of commit: String, in source: GitSource) throws {}
    func checkSignature(of commit: String, in source: GitSource, against rule: SignatureRule) async throws {}
  }

  /// Wheels whose METADATA the test says.
  struct Wheels: WheelReading {
    var metadata: String
    func metadata(ofWheel path: String) throws -> String { metadata }
    func extract(_ member: String, fromWheel path: String, to destination: String) throws {}
  }

  /// References whose texts say no more than where a repository or an archive is.
  struct References: ReferenceReading {
    func source(of url: String) throws(Failure) -> DirectSource {
      guard let separator = url.firstRange(of: "://") else {
        throw Failure(.requirementInvalid, "this is no URL of a repository")
      }
      let isGit = url.hasPrefix("git+")
      let scheme = String(url[..<separator.lowerBound]).replacing("git+", with: "")
      let rest = url[separator.upperBound...]
      let host = rest.prefix { $0 != "/" }
      let halves = rest[host.endIndex...].split(separator: "@", maxSplits: 1)
      let place = RemoteURL(scheme: scheme, host: String(host), path: String(halves[0]))
      return isGit
        ? .git(GitSource(url: place, reference: halves.count > 1 ? String(halves[1]) : nil))
        : .archive(ArchiveSource(url: place))
    }
  }

  /// A builder that is not to be asked.
  struct NoBuilder: Builder {
    func buildWheel(
      from source: String, dated sourceDate: Int, for interpreter: Interpreter, into directory: String
    ) async throws -> String {
      throw Failure(.buildFailed, "nothing is built here", hint: "-")
    }
  }

  var archives: ArchiveCache { ArchiveCache(state: state, client: client) { _ in nil } }

  func wheels(_ sources: Repositories = Repositories()) -> WheelCache {
    WheelCache(state: state, sources: sources, builder: { NoBuilder() }, announce: { _ in })
  }

  func direct(
    _ sources: Repositories = Repositories(), metadata: String = "", policy: Policy = Policy(for: .moduleSet),
    rules: GitRules = GitRules()
  ) -> DirectModules {
    DirectModules(
      sources: sources, isOffline: false, archives: archives, wheels: wheels(sources),
      wheelReading: Wheels(metadata: metadata),
      reading: References(), interpreter: interpreter, policy: policy, signatures: SignatureRule(), rules: rules)
  }

  func context(
    _ routes: IndexRoutes = IndexRoutes(indexes: []), policy: Policy = Policy(for: .moduleSet), helper: String? = nil,
    announce: @escaping @Sendable (String) -> Void = { _ in }
  ) -> UvContext {
    UvContext(
      state: state, client: client, routes: routes, archives: [], variables: Variables([:]),
      searchPath: ["/usr/bin", "/bin"], trustedCertificates: nil,
      confinement: BuildConfinement(helper: helper ?? "\(TestPaths.products)/pinion-confine", announce: announce),
      policy: policy, now: { 0 })
  }

  var pages: PageCache { context().pages }

  /// An environment with these requirements, each of a module of its own; nil for none.
  func environment(
    _ requirements: [(name: String, requirement: Requirement?)], kind: DesiredEnvironment.Kind = .vconServer
  ) -> DesiredEnvironment {
    var environment = DesiredEnvironment(
      name: "demo", kind: kind, location: SourceLocation(file: "config.yml", line: 1, column: 1), directory: directory)
    for (number, entry) in requirements.enumerated() {
      environment.modules.append(
        Module(
          name: entry.name, section: .links, importPath: entry.name,
          requirement: entry.requirement.map { .requirement($0) } ?? .absent,
          location: SourceLocation(file: "config.yml", line: number + 2, column: 3)))
    }
    return environment
  }

  /// What the manifest's requirements come to.
  func answers(_ requirements: [(name: String, requirement: Requirement?)]) async throws -> ModuleAnswers {
    try await ModuleAnswers.find(environment(requirements), interpreter: interpreter, base: nil)
  }

  func none() throws -> UpgradeTargets { try UpgradeTargets(.none, modules: [], previous: nil) }

  /// Places as the snapshots have them.
  func replacing(_ more: [(String, String)] = []) -> [(String, String)] {
    more + [
      (directory, "DIR"), (interpreter.executable, "PYTHON"), ("Python \(interpreter.version)", "Python 3.X.Y"),
    ]
  }
}
