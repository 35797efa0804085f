import FoundationEssentials
import Model
import Platform
import TestSupport
import Testing

/// A host in a directory: manifests, a state directory, a package index, a git server with a token, and `pinion`.
final class Scenario: Sendable {
  /// Where the manifest, the lockfile and the state directory are; with a space, since users have them.
  let project: String
  /// Everything of this scenario, servers included.
  let directory: String
  /// The package index.
  let index: IndexServer
  /// The git server.
  let git: GitServer
  /// The tools that Pinion and the tests run.
  let tools: PythonTools

  /// What the git server asks for; no test may ever see it anywhere.
  static let token = "ghp_T0pSecretTokenOfTheTests42"

  /// Where the git server's repositories are.
  var repositories: String { "\(directory)/git" }
  /// The state directory.
  var state: StateDirectory { StateDirectory(root: "\(project)/.pinion") }
  /// The variables that every run gets.
  var environment: [String: String] {
    [
      "PATH": "\(tools.bin):/usr/local/bin:/usr/bin:/bin", "HOME": "\(directory)/home", "LANG": "C.UTF-8",
      "PIP_INDEX_URL": index.url(), "GIT_TOKEN": Scenario.token,
    ]
  }

  private init(directory: String, indexOptions: IndexServer.Options) throws {
    self.directory = directory
    project = "\(directory)/my project"
    tools = try PythonTools.required()
    for path in ["my project", "git", "home"] { try Files.makeDirectory("\(directory)/\(path)") }
    index = try IndexServer.start(root: "\(directory)/index", options: indexOptions)
    git = try GitServer.start(root: "\(directory)/git", token: Scenario.token, log: "\(directory)/git.log")
  }

  /// Runs a test in a scenario of its own, a few at a time; ends its servers and removes its directory afterwards.
  static func with(
    index options: IndexServer.Options = IndexServer.Options(), _ test: (Scenario) async throws -> Void
  ) async throws {
    await Turnstile.shared.enter()
    do {
      try await TemporaryDirectory.with { directory in
        let scenario = try Scenario(directory: directory, indexOptions: options)
        defer {
          scenario.index.stop()
          scenario.git.stop()
        }
        try await test(scenario)
      }
    } catch {
      await Turnstile.shared.leave()
      throw error
    }
    await Turnstile.shared.leave()
  }

  // MARK: Input

  /// Writes a file of the project.
  func write(_ text: String, to name: String) throws {
    let path = "\(project)/\(name)"
    try Files.makeDirectory(path.parentPath)
    try Files.write(text, to: path)
  }

  /// Writes a ModuleSet with these entries of `spec.modules`; `spec` holds further lines of `spec`.
  func moduleSet(_ modules: String, spec: String = "", name: String = "demo", file: String = "pinion.yaml") throws {
    func indented(_ text: String, _ margin: String) -> String {
      text.split(separator: "\n").map { "\(margin)\($0)\n" }.joined()
    }
    try write(
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata:\n  name: \(name)\nspec:\n" + indented(spec, "  ")
        + "  modules:\n" + indented(modules, "    "), to: file)
  }

  /// Makes a repository whose `main` holds the project.
  func repository(_ name: String, _ project: PythonProject, in subdirectory: String = "") async throws -> GitRepository
  {
    let repository = try await GitRepository.create("\(repositories)/\(name).git")
    try await repository.commit(try project.tree(in: subdirectory))
    return repository
  }

  /// Writes a project's source tree into the project directory, in place of what is there.
  func writeTree(_ project: PythonProject, to name: String) throws {
    try Files.remove("\(self.project)/\(name)")
    for (path, entry) in try project.tree() {
      guard case .file(let text) = entry else { continue }
      try write(text, to: "\(name)/\(path)")
    }
  }

  /// Installs the lockfile with uv and with pip into environments of their own, and compares what is there then.
  func agreesWithOtherTools(sourceLocation: Testing.SourceLocation = #_sourceLocation) async throws {
    let expected = try await installed()
    let environment = "\(directory)/other-\(UInt32.random(in: .min ... .max))"
    try await run(tools.uv, "venv", "--quiet", "--python", tools.plainPython, environment)
    try await run(
      tools.uv, "pip", "sync", "--quiet", "--preview-features", "pylock", "--python", "\(environment)/bin/python",
      "pylock.demo.toml", with: ["UV_CACHE_DIR": "\(environment)/cache"])
    let found = try await run(
      "\(environment)/bin/python", "-c",
      "from importlib.metadata import distributions as d; print('\\n'.join(sorted(f\"{x.name}=={x.version}\" for x in d())))"
    )
    #expect(found.split(separator: "\n").map(String.init) == expected, sourceLocation: sourceLocation)
  }

  /// A requirement on a repository, with the token as user info by way of a variable.
  func gitRequirement(_ repository: String, _ rest: String = "") -> String {
    "git+http://${GIT_TOKEN}@127.0.0.1:\(git.port)/\(repository).git\(rest)"
  }

  // MARK: Runs

  /// `pinion`, with variables on top of the usual ones; an empty value takes one away.
  func tool(_ variables: [String: String] = [:]) -> CommandLineTool {
    let all = environment.merging(variables) { $1 }.filter { !$0.value.isEmpty }
    return CommandLineTool("\(TestPaths.products)/pinion", environment: all, workingDirectory: project)
  }

  /// Runs `pinion` to its end, and checks what holds for every run: no secret, no trace of a crash, staging empty.
  @discardableResult
  func pinion(
    _ arguments: String..., with variables: [String: String] = [:],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> CommandLineTool.Outcome {
    let outcome = try await tool(variables).run(arguments)
    check(outcome, sourceLocation: sourceLocation)
    return outcome
  }

  /// Runs `pinion` and expects success; what it printed on standard output.
  @discardableResult
  func succeeds(
    _ arguments: String..., with variables: [String: String] = [:],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> String {
    let outcome = try await tool(variables).run(arguments)
    check(outcome, sourceLocation: sourceLocation)
    try #require(
      outcome.status == 0, "pinion \(arguments.joined(separator: " ")) said:\n\(outcome.text)",
      sourceLocation: sourceLocation)
    return outcome.output
  }

  /// Runs `pinion`, expects exit status 1, and that nothing was changed; what it said.
  @discardableResult
  func fails(
    _ arguments: String..., with variables: [String: String] = [:],
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> String {
    let before = try TreeDigest.of(project)
    let outcome = try await tool(variables).run(arguments)
    check(outcome, sourceLocation: sourceLocation)
    #expect(
      outcome.status == 1, "pinion \(arguments.joined(separator: " ")) said:\n\(outcome.text)",
      sourceLocation: sourceLocation)
    #expect(outcome.errorOutput.contains("error:"), "it said: \(outcome.text)", sourceLocation: sourceLocation)
    let after = try TreeDigest.of(project)
    #expect(before.difference(from: after) == [], sourceLocation: sourceLocation)
    return outcome.text
  }

  private func check(_ outcome: CommandLineTool.Outcome, sourceLocation: Testing.SourceLocation) {
    #expect(!outcome.text.contains(Scenario.token), "the token is shown", sourceLocation: sourceLocation)
    for sign in ["Traceback (most recent call last)", "Fatal error", "Stack dump", "Crash"] {
      #expect(!outcome.text.contains(sign), "it said:\n\(outcome.text)", sourceLocation: sourceLocation)
    }
    let staging = (try? Files.list(state.staging)) ?? []
    #expect(staging == [], "staging is not empty", sourceLocation: sourceLocation)
  }

  /// Runs Python in the current generation by way of `exec`; what it printed.
  @discardableResult
  func python(_ program: String, sourceLocation: Testing.SourceLocation = #_sourceLocation) async throws -> String {
    try await succeeds("exec", "--", "python", "-c", program, sourceLocation: sourceLocation)
  }

  /// Runs another program to its end; it must succeed. What it printed.
  @discardableResult
  func run(
    _ path: String, _ arguments: String..., with variables: [String: String] = [:], in directory: String? = nil,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> String {
    let tool = CommandLineTool(
      path, environment: environment.merging(variables) { $1 }, workingDirectory: directory ?? project)
    let outcome = try await tool.run(arguments)
    try #require(
      outcome.status == 0, "\(path) \(arguments.joined(separator: " ")) said:\n\(outcome.text)",
      sourceLocation: sourceLocation)
    return outcome.output
  }

  // MARK: What came of it

  /// Where `current` points: `generations/3`; nil without one.
  func current(_ environment: String = "demo") -> String? { Files.linkTarget(state.current(environment)) }

  /// The lockfile's text.
  func lockfile(_ environment: String = "demo") throws -> String {
    String(decoding: try Files.read("\(project)/pylock.\(environment).toml"), as: UTF8.self)
  }

  /// What importlib.metadata says is installed in the current generation: `name==version`, sorted.
  func installed() async throws -> [String] {
    try await python(
      "from importlib.metadata import distributions as d; print('\\n'.join(sorted(f\"{x.name}=={x.version}\" for x in d())))"
    ).split(separator: "\n").map(String.init)
  }

  /// Compares a text with the one on record, in which this scenario's directories have names.
  func expectRecorded(
    _ text: String, named name: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let actual = Snapshot.normalized(
      text,
      replacing: [
        (project, "PROJECT"), (directory, "DIR"), (tools.bin, "TOOLS"),
        (Files.realPath(tools.plainPython) ?? "", "PYTHON"),
      ])
    #expect(
      try Snapshot(name, beside: #filePath).text(orRecord: actual) == actual,
      "\(name) is not as on record; accept it with PINION_RECORD_SNAPSHOTS=1", sourceLocation: sourceLocation)
  }
}

/// Lets a few scenarios in at a time: dozens of servers and builds at once would only take turns being slow.
private actor Turnstile {
  static let shared = Turnstile()
  private var free = 3
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func enter() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    guard waiting.isEmpty else { return waiting.removeFirst().resume() }
    free += 1
  }
}

/// What a directory holds, by path, without what may change at any time.
struct TreeDigest {
  private var entries: [String: String] = [:]

  /// Reads a tree: files' bytes, links' targets. Caches, locks, the status and bytecode are left out.
  static func of(_ root: String, including isIncluded: (String) -> Bool = TreeDigest.isState) throws -> TreeDigest {
    var digest = TreeDigest()
    try digest.add(root, "", isIncluded)
    return digest
  }

  /// Whether a path of a project belongs to what a failed run must leave alone.
  static func isState(_ path: String) -> Bool {
    let derived = ["/.pinion/cache", "/.pinion/git", "/.pinion/tools", "/.pinion/store", "/.pinion/.gitignore"]
    return !derived.contains { path.hasPrefix($0) } && !path.hasSuffix("/lock") && !path.hasSuffix("/status.json")
      && !path.contains("__pycache__")
  }

  private mutating func add(_ root: String, _ path: String, _ isIncluded: (String) -> Bool) throws {
    for name in try Files.list(root + path) {
      let path = "\(path)/\(name)"
      guard isIncluded(path) else { continue }
      switch Files.kind(root + path) {
      case .directory: try add(root, path, isIncluded)
      case .link: entries[path] = "-> \(Files.linkTarget(root + path) ?? "")"
      default: entries[path] = Digest.sha256(try Files.read(root + path))
      }
    }
  }

  /// The paths at which two trees differ.
  func difference(from other: TreeDigest) -> [String] {
    Set(entries.keys).union(other.entries.keys).filter { entries[$0] != other.entries[$0] }.sorted()
  }
}

extension TreeDigest {
  /// The files of a tree, links aside; absolute.
  static func paths(of root: String) throws -> [String] {
    try Files.list(root).flatMap { name in
      switch Files.kind("\(root)/\(name)") {
      case .directory: try paths(of: "\(root)/\(name)")
      case .file: ["\(root)/\(name)"]
      default: [String]()
      }
    }
  }
}
