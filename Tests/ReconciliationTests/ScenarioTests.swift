import Git
import Installation
import Manifests
import Model
import Network
import Platform
import Reconciliation
import Resolution
import TestSupport
import Testing

/// What comes of made-up indexes: of conflicts, extras, pre-releases, yanked releases, Python's versions and local versions.
@Suite("Scenarios of resolving") struct ScenarioTests {
  /// A scenario that cannot be read is reported by `areReadAndMany`.
  static let scenarios = (try? PackageScenario.all()) ?? []

  @Test func areReadAndMany() throws {
    let scenarios = try PackageScenario.all()
    #expect(scenarios.count >= 60)
    #expect(Set(scenarios.map(\.name)).count == scenarios.count)
  }

  @Test(arguments: scenarios)
  func comesToWhatIsExpected(_ scenario: PackageScenario) async throws {
    switch (try await ScenarioBench.shared.outcome(of: scenario), scenario.expected) {
    case (.success(let found), .packages(let expected)):
      #expect(found == expected)
    case (.success(let found), .complaint):
      Issue.record("a solution was found: \(found)")
    case (.failure(let failure), .packages):
      Issue.record("there should be a solution: \(ScenarioTests.text(of: failure))")
    case (.failure(let failure), .complaint(let code, let modules)):
      let text = ScenarioTests.text(of: failure)
      #expect(Set(failure.diagnostics.map(\.code)) == [code], "it said:\n\(text)")
      let words = Set(text.split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) })
      for module in modules {
        #expect(words.contains("modules.\(module)"), "it said:\n\(text)")
      }
    }
  }

  private static func text(of failure: Failure) -> String {
    failure.diagnostics.map { "\($0.message)\n\($0.cause ?? "")\n" }.joined()
  }

  /// pip's answers that stand beside the scenarios are still pip's answers.
  @Test(.enabled(if: PythonTools.shared?.python != nil, Comment(rawValue: PythonTools.absence)))
  func pipComesToWhatIsOnRecord() async throws {
    let python = try #require(PythonTools.shared?.python)
    let tool = CommandLineTool(
      python, environment: ["PATH": "\(python.parentPath):/usr/bin:/bin", "LANG": "C.UTF-8"],
      workingDirectory: TestPaths.package)
    let outcome = try await tool.run(["scripts/check-scenarios"])
    #expect(outcome.status == 0, "accept it with make check-scenarios RECORD=1:\n\(outcome.text)")
  }
}

/// The index of all scenarios, and what locks: two at a time, since each runs uv.
private actor ScenarioBench {
  static let shared = ScenarioBench()
  private var free = 2
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var index: IndexServer?

  private func enter() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func leave() {
    guard waiting.isEmpty else { return waiting.removeFirst().resume() }
    free += 1
  }

  private func server() throws -> IndexServer {
    if let index { return index }
    let started = try IndexServer.start(scenarios: PackageScenario.directory)
    index = started
    return started
  }

  /// What a lock of the scenario comes to: versions by name, or why there are none.
  func outcome(of scenario: PackageScenario) async throws -> Result<[String: String], Failure> {
    await enter()
    defer { leave() }
    return try await ScenarioBench.lock(scenario, index: try server().url(ofScenario: scenario.name))
  }

  /// Locks in a directory of its own: what uv keeps of one scenario is wrong for the next, which has other packages of the
  /// same names.
  private static func lock(_ scenario: PackageScenario, index: String) async throws -> Result<[String: String], Failure>
  {
    try await TemporaryDirectory.with { directory in
      try Files.write(try scenario.manifest(index: index), to: "\(directory)/pinion.yaml")
      let secrets = SecretRegistry()
      let loaded = try ManifestLoader(variables: Variables([:]), secrets: secrets)
        .load("pinion.yaml", workingDirectory: directory)
      let environment = try #require(loaded.environments.first)
      let client = WebClient()
      let outcome: Result<[String: String], Failure>
      do {
        let reconciler = Reconciler(
          services: try services(directory, client: client, secrets: secrets), environment: environment,
          options: RunOptions())
        let text = try await reconciler.lock().text
        let lockfile = try LockfileCodec.decode(text, path: environment.lockfile)
        outcome = .success(
          Dictionary(
            lockfile.distributions.map { ($0.name.text, $0.version) }, uniquingKeysWith: { "\($0) and \($1)" }))
      } catch let failure as Failure {
        outcome = .failure(failure)
      }
      await client.shutdown()
      return outcome
    }
  }

  private static func services(_ directory: String, client: WebClient, secrets: SecretRegistry) throws -> Services {
    let tools = try PythonTools.required()
    let state = StateDirectory(root: "\(directory)/state")
    return Services(
      state: state, variables: Variables([:]), secrets: secrets,
      finder: InterpreterFinder(searchPath: [tools.bin], home: nil), client: client,
      // No scenario has a repository: the helper is never started.
      sources: GitClient(
        helper: "\(TestPaths.products)/pinion-git", mirrors: state.git, variables: Variables([:]), secrets: secrets),
      references: MetadataReferences(secrets: secrets), wheelReading: WheelInspector(),
      settings: IndexSettings(variables: [:], secrets: secrets), searchPath: [tools.bin, "/usr/bin", "/bin"],
      trustedCertificates: nil,
      confinement: BuildConfinement(helper: "\(TestPaths.products)/pinion-confine") { _ in }, announce: { _ in },
      report: { _ in }, detail: { _ in }, command: "test", now: { 0 })
  }
}
