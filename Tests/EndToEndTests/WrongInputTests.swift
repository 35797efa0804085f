import Model
import Platform
import TestSupport
import Testing

/// Each case runs on an environment that was applied before: afterwards everything is as it was.
@Suite("Wrong input: a clear error, exit status 1, nothing changed, no secret shown")
struct WrongInputTests {
  /// A manifest that is wrong, and how what is said of it is called among the snapshots.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var modules: String
    var spec = ""
    var variables: [String: String] = [:]
    var mode = GitServer.Mode.normal
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "unknown-key", modules: "a: {module: alpha, pip_nam: alpha}", spec: "modles: {}"),
    Case(
      name: "bad-requirement",
      modules: "a: {module: alpha, pip_name: alpha=>1}\nb: {module: beta, pip_name: \"beta[fast\"}"),
    Case(name: "bad-module", modules: "a: {module: \"alpha main\", pip_name: alpha}\nb: {pip_name: beta}"),
    Case(name: "package-absent", modules: "a: {module: absent_thing, pip_name: absent-thing}"),
    Case(name: "version-absent", modules: "a: {module: alpha, pip_name: alpha==9}"),
    Case(
      name: "unsolvable",
      modules:
        "a: {module: alpha, pip_name: alpha}\nw: {module: wants_old, pip_name: wants-old}\nn: {module: wants_new, pip_name: wants-new}"
    ),
    Case(
      name: "unsolvable-with-git",
      modules:
        "a: {module: alpha, pip_name: alpha>=1.1}\no: {module: old_link, pip_name: \"GIT(old)\"}"
    ),
    Case(
      name: "git-unreachable",
      modules: "a: {module: my_link, pip_name: \"git+http://${GIT_TOKEN}@127.0.0.1:9/link.git\"}"),
    Case(
      name: "git-wrong-token", modules: "a: {module: my_link, pip_name: \"GIT(link)\"}",
      variables: ["GIT_TOKEN": "ghp_WrongTokenThatMustNotShow"]),
    Case(
      name: "git-refused", modules: "a: {module: my_link, pip_name: \"GIT(link)\"}", mode: .refuse),
    Case(name: "git-repository-absent", modules: "a: {module: my_link, pip_name: \"GIT(nothing)\"}"),
    Case(name: "git-reference-absent", modules: "a: {module: my_link, pip_name: \"GIT(link)@mian\"}"),
    Case(
      name: "git-subdirectory-absent", modules: "a: {module: my_link, pip_name: \"GIT(link)#subdirectory=nowhere\"}"),
    Case(name: "git-no-project", modules: "a: {module: my_link, pip_name: \"GIT(empty)\"}"),
    Case(name: "git-build-fails", modules: "a: {module: my_link, pip_name: \"GIT(broken)\"}"),
    Case(
      name: "variable-unset", modules: "a: {module: my_link, pip_name: \"GIT(link)\"}", variables: ["GIT_TOKEN": ""]),
    Case(name: "variable-unset-outside", modules: "a: {module: alpha, pip_name: \"alpha==${ALPHA_VERSION}\"}"),
    Case(name: "module-not-in-distribution", modules: "a: {module: alpha.nowhere, pip_name: alpha}"),
    Case(name: "module-raises", modules: "a: {module: raising, pip_name: raising}"),
    Case(name: "module-exits", modules: "a: {module: exiting, pip_name: exiting}"),
    Case(
      name: "module-too-slow", modules: "a: {module: sleeping, pip_name: sleeping}",
      spec: "verification: {deadline: 1s}"),
    Case(name: "attribute-missing", modules: "a: {module: alpha, pip_name: alpha, expects: [save]}"),
    Case(name: "nothing-answers", modules: "a: {module: nobody.has_this}"),
    Case(name: "implied-denied", modules: "a: {module: alpha}"),
    Case(name: "corrupt-wheel", modules: "a: {module: spoiled, pip_name: spoiled}"),
    Case(name: "collision", modules: "a: {module: alpha, pip_name: alpha}\nb: {module: alpha, pip_name: alpha-twin}"),
    Case(name: "python-absent", modules: "a: {module: alpha, pip_name: alpha}", spec: "python: python9.9"),
    Case(
      name: "python-unfit", modules: "a: {module: alpha, pip_name: alpha}", spec: "python: \"<3\"",
      variables: ["PATH": "TOOLS"]),
    Case(name: "python-too-old-for-package", modules: "a: {module: modern, pip_name: modern}"),
  ]

  @Test(arguments: cases) func isAnError(_ wrong: Case) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(Self.packages)
      try await Self.makeRepositories(scenario)
      try scenario.moduleSet("ok: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("apply")

      let server = try GitServer.start(root: scenario.repositories, token: Scenario.token, mode: wrong.mode)
      defer { server.stop() }
      let modules = wrong.modules.replacing(/GIT\((\w+)\)/) { match in
        "git+http://${GIT_TOKEN}@127.0.0.1:\(server.port)/\(match.1).git"
      }
      try scenario.moduleSet(modules, spec: wrong.spec)
      let variables = wrong.variables.mapValues { $0 == "TOOLS" ? scenario.tools.bin : $0 }
      let text = try await scenario.fails("apply", with: variables)
      for secret in wrong.variables.values where !secret.isEmpty { #expect(!text.contains(secret)) }
      try scenario.expectRecorded(text, named: "error-\(wrong.name)")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "1.0\n")
    }
  }

  @Test func aFileThatIsNoManifest() async throws {
    try await Scenario.with { scenario in
      var texts: [String] = []
      func record(_ arguments: [String]) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 1)
        texts.append("$ pinion \(arguments.joined(separator: " "))\n\(outcome.text)")
      }
      try await record(["apply"])
      try await record(["apply", "-f", "absent.yaml"])
      try scenario.write("just: text\n", to: "other.yaml")
      try await record(["apply", "-f", "other.yaml"])
      try scenario.write("modules: [unclosed\n", to: "broken.yaml")
      try await record(["validate", "-f", "broken.yaml"])
      try scenario.moduleSet("a: {module: json}", name: "Not_A_Name", file: "name.yaml")
      try await record(["validate", "-f", "name.yaml"])
      try scenario.moduleSet("a: {module: json}", name: "twice", file: "both/one.yaml")
      try scenario.moduleSet("a: {module: json}", name: "twice", file: "both/two.yaml")
      try await record(["validate", "-f", "both"])
      try await record(["status", "--environment", "none"])
      try await record(["exec", "--", "true"])
      try await record(["rollback"])
      #expect(!Files.exists(scenario.state.root))
      try scenario.expectRecorded(texts.joined(separator: "\n"), named: "error-no-manifest")
    }
  }

  private static let packages = [
    PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"), PythonProject("beta"),
    PythonProject("wants-old", requires: ["alpha<1.1"]), PythonProject("wants-new", requires: ["alpha>=1.1"]),
    PythonProject("raising", files: ["raising/__init__.py": "import dependency_that_is_not_there\n"]),
    PythonProject("exiting", files: ["exiting/__init__.py": "import os\nos._exit(0)\n"]),
    PythonProject("sleeping", files: ["sleeping/__init__.py": "import time\ntime.sleep(600)\n"]),
    PythonProject("modern", requiresPython: ">=4"),
    PythonProject("alpha-twin", files: ["alpha/__init__.py": "other = True\n"]), spoiled,
  ]

  private static var spoiled: PythonProject {
    var project = PythonProject("spoiled")
    project.corrupt = true
    return project
  }

  private static func makeRepositories(_ scenario: Scenario) async throws {
    _ = try await scenario.repository("link", PythonProject("my-link"))
    _ = try await scenario.repository("old", PythonProject("old-link", requires: ["alpha<1.1"]))
    var broken = PythonProject("my-link")
    broken.onBuild = "raise RuntimeError('this project cannot be built')"
    _ = try await scenario.repository("broken", broken)
    let empty = try await GitRepository.create("\(scenario.repositories)/empty.git")
    try await empty.commit(["README.md": "Nothing here.\n"])
  }
}
