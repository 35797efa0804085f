import Glibc
import Model
import Platform
import TestSupport
import Testing

/// What other installers do inside a generation, as root where the tests run as root: the store and other generations stay as
/// they are, `verify` names what was done, and `apply` heals it.
@Suite("Foreign hands") struct ForeignHandsTests {
  /// One thing that somebody runs against a generation's interpreter.
  struct Hand: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// `pip` or `uv`, and what stands behind it.
    var isUv: Bool
    var arguments: [String]
  }

  static let hands = [
    Hand(
      testDescription: "pip install --ignore-installed", isUv: false,
      arguments: ["install", "--ignore-installed", "alpha==9.0"]),
    Hand(testDescription: "pip install -U", isUv: false, arguments: ["install", "-U", "alpha"]),
    Hand(testDescription: "pip install, a member of a namespace", isUv: false, arguments: ["install", "space-new"]),
    Hand(testDescription: "pip uninstall", isUv: false, arguments: ["uninstall", "-y", "alpha", "space-one"]),
    Hand(testDescription: "uv pip install", isUv: true, arguments: ["install", "alpha==9.0"]),
    Hand(testDescription: "uv pip install, a member of a namespace", isUv: true, arguments: ["install", "space-new"]),
    Hand(
      testDescription: "uv pip install --reinstall", isUv: true,
      arguments: ["install", "--reinstall", "alpha", "space-one"]),
    Hand(testDescription: "uv pip uninstall", isUv: true, arguments: ["uninstall", "alpha", "space-one"]),
    Hand(testDescription: "uv pip sync", isUv: true, arguments: ["sync", "requirements.txt"]),
  ]

  private static let program = """
    import alpha, sys
    from space import one, two
    print(alpha.__version__, one.x, two.x, 'intruder' in sys.modules)
    """

  /// Three link modes, each with a generation of before that must stay whole.
  @Test(
    .enabled(if: PythonTools.shared?.python != nil, "\(PythonTools.absence)"),
    arguments: ["symlink", "hardlink", "copy"])
  func othersReachNeitherTheStoreNorAnotherGeneration(_ mode: String) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", scripts: ["alpha-run": "alpha:main"]),
        PythonProject("alpha", "9.0", scripts: ["alpha-run": "alpha:main", "intruder": "alpha:main"]),
        PythonProject("space-one", files: ["space/one.py": "x = 1\n"]),
        PythonProject("space-two", files: ["space/two.py": "x = 2\n"]),
        PythonProject("space-new", files: ["space/new.py": "x = 3\n", "space/one.py": "x = 'evil'\n"]),
        PythonProject("gamma"))
      let modules =
        "a: {module: alpha, pip_name: alpha==1.0}\no: {module: space.one, pip_name: space-one}\n"
        + "t: {module: space.two, pip_name: space-two}"
      try scenario.moduleSet(modules + "\ng: {module: gamma, pip_name: gamma}", spec: "linking: \(mode)")
      try await scenario.succeeds("apply")
      try scenario.moduleSet(modules, spec: "linking: \(mode)")
      try await scenario.succeeds("apply")
      try scenario.write("gamma\n", to: "requirements.txt")
      func isSource(_ path: String) -> Bool { !path.contains("__pycache__") }
      let store = try TreeDigest.of(scenario.state.store, including: isSource)
      let first = try TreeDigest.of(scenario.state.generation("demo", 1), including: isSource)
      #expect(try await scenario.python(Self.program) == "1.0 1 2 False\n")

      var text = ""
      for hand in Self.hands {
        let number = try #require(scenario.current()).lastPathComponent
        let python = "\(scenario.state.current("demo"))/bin/python"
        let words =
          hand.isUv
          ? ["pip"] + hand.arguments + ["--python", python, "--index-url", scenario.index.url()]
          : ["-m", "pip", "--python", python, "--disable-pip-version-check"] + hand.arguments
        let tool = CommandLineTool(
          hand.isUv ? scenario.tools.uv : try #require(scenario.tools.python),
          environment: scenario.environment.merging([
            // It remembers where an interpreter's path led, and `current` moved.
            "UV_CACHE_DIR": "\(scenario.directory)/uv-\(number)", "UV_LINK_MODE": "copy",
          ]) { $1 },
          workingDirectory: scenario.project)
        let outcome = try await tool.run(words)
        #expect(!outcome.text.contains("Traceback"), "\(hand): \(outcome.text)")

        #expect(try TreeDigest.of(scenario.state.store, including: isSource).difference(from: store) == [], "\(hand)")
        #expect(
          try TreeDigest.of(scenario.state.generation("demo", 1), including: isSource).difference(from: first) == [],
          "\(hand)")
        let verification = try await scenario.pinion("verify")
        let deep = try await scenario.pinion("verify", "--deep")
        #expect(deep.output == verification.output, "\(hand)")
        text +=
          "# \(hand.testDescription): exit status \(outcome.status)\n"
          + verification.output.replacing("generation \(number) ", with: "generation N ")
        // The tree stands ahead of what was written; what was declared is what is imported.
        #expect(try await scenario.python(Self.program) == "1.0 1 2 False\n", "\(hand)")
        if verification.status == 2 {
          try await scenario.succeeds("apply", "--locked")
          #expect(scenario.current() != "generations/\(number)", "\(hand)")
        }
        #expect(try await scenario.pinion("verify", "--deep").status == 0, "\(hand)")
        #expect(try await scenario.succeeds("exec", "--", "alpha-run") == "1.0\n")
      }
      // The same in every mode.
      try scenario.expectRecorded(
        text.replacing(/python3\.[0-9]+/, with: "python3.X").replacing(
          /space_new-[^ ]*/, with: "space_new-1.0.dist-info:"),
        named: "foreign-hands")
      try await scenario.succeeds("rollback", "--to", "1")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
    }
  }

  /// Where the file system cannot make hard links, files are copied, and that is said.
  @Test func aStoreOnAnotherFileSystemIsCopiedFrom() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"), PythonProject("beta"))
      let modules = "a: {module: alpha, pip_name: alpha}\nb: {module: beta, pip_name: beta}"
      try scenario.moduleSet(modules)
      try await scenario.succeeds("apply")
      let elsewhere = "/dev/shm/pinion-test-\(UInt64.random(in: .min ... .max))"
      defer { try? Files.remove(elsewhere) }
      try await scenario.run("/bin/cp", "-a", scenario.state.store, elsewhere)
      try Files.remove(scenario.state.store)
      try Files.link(scenario.state.store, to: elsewhere)
      try scenario.moduleSet(modules, spec: "linking: {distributions: {alpha: hardlink}}")
      let outcome = try await scenario.pinion("apply")
      #expect(outcome.status == 0, "\(outcome.text)")
      try scenario.expectRecorded(outcome.errorOutput, named: "hardlink-copied")
      #expect(scenario.current() == "generations/2")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.succeeds("apply").contains("up to date"))
    }
  }

  /// Another mode is another generation, of the same distributions.
  @Test func aChangeOfModeBuildsAGeneration() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      for (number, spec) in ["", "linking: hardlink", "linking: copy", "linking: symlink"].enumerated() {
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: spec)
        try await scenario.succeeds("apply", number == 0 ? "--quiet" : "--locked")
        #expect(scenario.current() == "generations/\(number + 1)")
        let place = "\(scenario.state.current("demo"))/links/alpha"
        #expect(Files.kind(place) == (number == 0 || number == 3 ? .link : .directory))
        #expect(try await scenario.python("import alpha; print(alpha.run())") == "1.0\n")
        #expect(try await scenario.pinion("verify", "--deep").status == 0)
        #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      }
    }
  }
}
