import Model
import Platform
import TestSupport
import Testing

@Suite("Other tools agree", .enabled(if: PythonTools.shared?.python != nil, "\(PythonTools.absence)"))
struct AgreementTests {
  /// An applied environment with dependencies, an extra, and git modules from a server with a token.
  private static func withAppliedScenario(_ test: (Scenario, String) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.2", requires: ["Beta_Thing>=1"], scripts: ["alpha-run": "alpha:main"]),
        PythonProject("Beta.Thing", "1.5", files: ["beta_thing/__init__.py": PythonProject.module("1.5")]),
        PythonProject("delta", "0.3", extras: ["fast": ["epsilon"]]), PythonProject("epsilon", "4.1"))
      _ = try await scenario.repository("link", PythonProject("my-link", "1.2.3", requires: ["epsilon"]))
      _ = try await scenario.repository("mono", PythonProject("tool-one", "0.1"), in: "packages/one")
      try scenario.moduleSet(
        """
        a: {module: alpha, pip_name: alpha}
        d: {module: delta, pip_name: "delta[fast]"}
        l: {module: my_link, pip_name: "\(scenario.gitRequirement("link"))"}
        m: {module: tool_one, pip_name: "\(scenario.gitRequirement("mono", "#subdirectory=packages/one"))"}
        """)
      try await scenario.succeeds("apply")
      try await test(scenario, try #require(scenario.tools.python))
    }
  }

  @Test func checksPassAndMetadataIsWhatTheLockfileSays() async throws {
    try await Self.withAppliedScenario { scenario, python in
      let interpreter = "\(scenario.state.current("demo"))/bin/python"
      try await scenario.run(python, "-m", "pip", "--python", interpreter, "check")
      try await scenario.run(scenario.tools.uv, "pip", "check", "--python", interpreter)
      let locked = try await scenario.run(python, "-c", Self.lockedNames, "\(scenario.project)/pylock.demo.toml")
        .split(separator: "\n").map(String.init)
      #expect(locked.count == 6)
      #expect(try await scenario.installed().map(Self.normalized).sorted() == locked.sorted())
      let listed = try await scenario.run(scenario.tools.uv, "pip", "freeze", "--python", interpreter)
      #expect(listed.split(separator: "\n").count == 6)
      let lists = try await scenario.run(python, "-m", "pip", "--python", interpreter, "list", "--format", "freeze")
      #expect(lists.split(separator: "\n").map { Self.normalized(String($0)) }.sorted() == locked.sorted())
    }
  }

  @Test func uvSyncsTheLockfile() async throws {
    try await Self.withAppliedScenario { scenario, _ in
      let fresh = "\(scenario.directory)/fresh"
      try await scenario.run(scenario.tools.uv, "venv", "--quiet", "--python", scenario.tools.plainPython, fresh)
      try await scenario.run(
        scenario.tools.uv, "pip", "sync", "--python", "\(fresh)/bin/python", "\(scenario.project)/pylock.demo.toml",
        with: Self.gitCredentials(scenario))
      try await Self.expectEverything(in: "\(fresh)/bin/python", scenario)
      // The environment that Pinion made needs nothing, as uv sees it.
      let outcome = try await CommandLineTool(
        scenario.tools.uv, environment: scenario.environment.merging(Self.gitCredentials(scenario)) { $1 },
        workingDirectory: scenario.project
      ).run([
        "pip", "sync", "--dry-run", "--python", "\(scenario.state.current("demo"))/bin/python",
        "\(scenario.project)/pylock.demo.toml",
      ])
      #expect(outcome.status == 0)
      #expect(outcome.text.contains("Would make no changes"), "it said:\n\(outcome.text)")
    }
  }

  @Test func pipInstallsTheLockfile() async throws {
    try await Self.withAppliedScenario { scenario, python in
      let fresh = "\(scenario.directory)/fresh"
      try await scenario.run(python, "-m", "venv", "--without-pip", fresh)
      // Where one entry has hashes, pip wants them of all, and has none for git: it has to be told.
      try await scenario.run(
        python, "-m", "pip", "--python", "\(fresh)/bin/python", "install", "--quiet", "--no-deps",
        "--no-require-hashes",
        "-r",
        "\(scenario.project)/pylock.demo.toml", with: Self.gitCredentials(scenario))
      try await Self.expectEverything(in: "\(fresh)/bin/python", scenario)

      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", name: "wheels", file: "wheels.yaml")
      try await scenario.succeeds("lock", "-f", "wheels.yaml")
      let other = "\(scenario.directory)/other"
      try await scenario.run(python, "-m", "venv", "--without-pip", other)
      try await scenario.run(
        python, "-m", "pip", "--python", "\(other)/bin/python", "install", "--quiet", "-r",
        "\(scenario.project)/pylock.wheels.toml")
      #expect(try await scenario.run("\(other)/bin/python", "-c", "import alpha; print(alpha.run())") == "1.2\n")
    }
  }

  /// The README's command, with what pip would resolve otherwise.
  @Test func pipInstallsWhatIsOverridden() async throws {
    try await Scenario.with { scenario in
      let python = try #require(scenario.tools.python)
      try scenario.index.publish(
        PythonProject("alpha", "1.2", requires: ["beta>=2"]), PythonProject("beta", "1.0"), PythonProject("beta", "2.0")
      )
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "overrides: [\"beta==1.0\"]")
      try await scenario.succeeds("lock")
      let readme = String(decoding: try Files.read("\(TestPaths.package)/README.md"), as: UTF8.self)
      let options = try #require(readme.firstMatch(of: /\$ pip (install .*) -r manifests\/pylock/)).1
      let fresh = "\(scenario.directory)/fresh"
      try await scenario.run(python, "-m", "venv", "--without-pip", fresh)
      let tool = CommandLineTool(python, environment: scenario.environment, workingDirectory: scenario.project)
      let outcome = try await tool.run(
        ["-m", "pip", "--python", "\(fresh)/bin/python"] + options.split(separator: " ").map(String.init)
          + ["--quiet", "-r", "pylock.demo.toml"])
      #expect(outcome.status == 0, "pip said: \(outcome.text)")
      let found = "from importlib.metadata import version; print(version('alpha'), version('beta'))"
      #expect(try await scenario.run("\(fresh)/bin/python", "-c", found) == "1.2 1.0\n")
    }
  }

  @Test func theLockfileIsValid() async throws {
    try await Self.withAppliedScenario { scenario, python in
      let text = try await scenario.run(python, "-c", Self.selection, "\(scenario.project)/pylock.demo.toml")
      #expect(text == "alpha beta-thing delta epsilon my-link tool-one\n")
    }
  }

  /// `name==version` with the name as PEP 503 writes it.
  private static func normalized(_ text: String) -> String {
    guard let mark = text.firstRange(of: "==") else { return text }
    return text[..<mark.lowerBound].lowercased().replacing(/[-_.]+/, with: "-") + text[mark.lowerBound...]
  }

  private static func expectEverything(in python: String, _ scenario: Scenario) async throws {
    let program = "import alpha, beta_thing, delta, epsilon, my_link, tool_one; print(my_link.run(), tool_one.run())"
    #expect(try await scenario.run(python, "-c", program) == "1.2.3 0.1\n")
  }

  /// git's own way of knowing the token, without which nobody but Pinion gets at the repositories.
  private static func gitCredentials(_ scenario: Scenario) -> [String: String] {
    [
      "GIT_CONFIG_COUNT": "1",
      "GIT_CONFIG_KEY_0": "url.http://\(Scenario.token)@127.0.0.1:\(scenario.git.port)/.insteadOf",
      "GIT_CONFIG_VALUE_0": "http://127.0.0.1:\(scenario.git.port)/", "GIT_TERMINAL_PROMPT": "0",
    ]
  }

  private static let lockedNames = """
    import sys, tomllib
    for package in tomllib.load(open(sys.argv[1], 'rb'))['packages']:
        print(package['name'] + '==' + (package.get('version') or package['tool']['pinion']['version']))
    """

  private static let selection = """
    import sys, tomllib
    from packaging.pylock import Pylock, is_valid_pylock_path
    from pathlib import Path
    assert is_valid_pylock_path(Path(sys.argv[1]))
    lock = Pylock.from_dict(tomllib.load(open(sys.argv[1], 'rb')))
    lock.validate()
    print(*sorted(package.name for package, _ in lock.select()))
    """
}
