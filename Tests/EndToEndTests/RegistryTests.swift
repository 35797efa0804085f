import Glibc
import Model
import Platform
import TestSupport
import Testing

/// With the real package registry, as this machine's own settings name it.
@Suite(
  "The real package registry", .enabled(if: Registry.isReachable, "the configured package registry cannot be reached"))
struct RegistryTests {
  @Test func realPackages() async throws {
    try await Registry.withProject { project, tool in
      try Files.write(
        """
        apiVersion: pinion/v1
        kind: ModuleSet
        metadata: {name: demo}
        spec:
          modules:
            requests: {module: requests, pip_name: "requests>=2.31,<3", expects: [get]}
            yaml: {module: yaml, pip_name: pyyaml}

        """, to: "\(project)/pinion.yaml")
      let applied = try await tool.run(["apply"], deadline: 500)
      try #require(applied.status == 0, "it said:\n\(applied.text)")
      let program = "import requests, yaml; print(yaml.safe_load('{a: 1}'), requests.get.__name__)"
      let outcome = try await tool.run(["exec", "--", "python", "-c", program])
      #expect(outcome.output == "{'a': 1} get\n", "it said:\n\(outcome.text)")
      #expect(try await tool.run(["apply", "--locked"]).output.contains("up to date"))
      // A compiled module keeps its shared libraries.
      #expect(try await tool.run(["exec", "--", "python", "-c", "import yaml._yaml"]).status == 0)
    }
  }

  @Test func uvIsInstalledWhereThereIsNone() async throws {
    try await Registry.withProject(withUv: false) { project, tool in
      try Files.write(
        """
        apiVersion: pinion/v1
        kind: ModuleSet
        metadata: {name: demo}
        spec:
          modules:
            six: {module: six, pip_name: six}

        """, to: "\(project)/pinion.yaml")
      let outcome = try await tool.run(["apply"], deadline: 500)
      #expect(outcome.status == 0, "it said:\n\(outcome.text)")
      let tools = try Files.list("\(project)/.pinion/tools")
      #expect(tools.count == 1 && tools[0].hasPrefix("uv-"))
      #expect(try await tool.run(["exec", "--", "python", "-c", "import six"]).status == 0)
    }
  }
}

/// Sets of real packages, of which other tools take the lockfiles; `make check-registry` does the same with more and larger ones.
@Suite(
  "Sets of the real package registry",
  .enabled(if: Registry.isReachable, "the configured package registry cannot be reached"))
struct RegistrySetTests {
  @Test(arguments: ["web-client", "terminal", "foreign-python"])
  func otherToolsTakeItsLockfile(_ set: String) async throws {
    let python = try #require(PythonTools.shared?.python)
    let tool = CommandLineTool(
      python, environment: Registry.inherited(), workingDirectory: TestPaths.package)
    let tools = python.parentPath.parentPath.parentPath
    let outcome = try await tool.run(
      ["scripts/check-registry", "--tools", tools, "\(TestPaths.products)/pinion", set], deadline: 500)
    #expect(outcome.status == 0, "it said:\n\(outcome.text)")
  }
}

private enum Registry {
  /// Whether a small package can be downloaded.
  static let isReachable: Bool = {
    guard let python = PythonTools.shared?.python else { return false }
    let target = "/tmp/pinion-registry-\(getpid())"
    defer { try? Files.remove(target) }
    let command = [
      python, "-m", "pip", "download", "--quiet", "--no-cache-dir", "--no-deps", "--retries", "1", "--dest", target,
      "six",
    ]
    var pid = pid_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var words = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    guard posix_spawn(&pid, python, &actions, nil, &words, environ) == 0 else { return false }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return status == 0
  }()

  /// Runs a test in a project of its own, with this machine's own settings.
  static func withProject(
    withUv: Bool = true, _ test: (String, CommandLineTool) async throws -> Void
  ) async throws {
    let tools = try PythonTools.required()
    try await TemporaryDirectory.with { project in
      let bin = "\(project)/bin"
      try Files.makeDirectory(bin)
      try Files.link("\(bin)/python3", to: tools.plainPython)
      if withUv { try Files.link("\(bin)/uv", to: tools.uv) }
      var environment = inherited()
      environment["PATH"] = "\(bin):/usr/bin:/bin"
      try await test(
        project,
        CommandLineTool("\(TestPaths.products)/pinion", environment: environment, workingDirectory: project))
    }
  }

  /// This process's own environment.
  static func inherited() -> [String: String] {
    var found: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { found[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return found
  }
}
