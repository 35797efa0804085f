import Model
import Platform
import TestSupport

/// A project directory with a state in it that runs are broken in, one copy each.
struct FaultHost: Sendable {
  /// The project directory; copies of it work as it does.
  let project: String
  let pinion: String
  let environment: [String: String]

  var state: StateDirectory { StateDirectory(root: "\(project)/.pinion") }

  /// The project of a scenario as it is now.
  init(_ scenario: Scenario) {
    project = scenario.project
    pinion = "\(TestPaths.products)/pinion"
    environment = scenario.environment
  }

  private init(_ other: FaultHost, project: String) {
    self.project = project
    pinion = other.pinion
    environment = other.environment
  }

  /// Copies it, with all times, which tell what was changed.
  func copied(to project: String) async throws -> FaultHost {
    try Files.makeDirectory(project.parentPath)
    _ = try await CommandLineTool("/bin/cp", environment: [:], workingDirectory: "/").run(["-a", self.project, project])
    return FaultHost(self, project: project)
  }

  /// Runs `pinion` in it.
  func run(_ arguments: [String], fault: String = "") async throws -> CommandLineTool.Outcome {
    var environment = environment
    if !fault.isEmpty { environment["PINION_FAULT"] = fault }
    return try await CommandLineTool(pinion, environment: environment, workingDirectory: project).run(arguments)
  }

  /// The number of the generation in use.
  var current: Int? {
    Files.linkTarget(state.current("demo")).flatMap { Int($0.lastPathComponent) }
  }

  /// What the command that the generation in use brings prints, which takes modules and metadata of both its packages.
  func works() async throws -> String {
    let outcome = try await CommandLineTool(
      "\(state.current("demo"))/bin/alpha-run", environment: ["PATH": "/usr/bin:/bin"], workingDirectory: "/"
    ).run([])
    return outcome.status == 0 ? outcome.output.split(separator: "\n").joined() : outcome.text
  }

  /// Every name below it, with what links lead to. What Python compiles comes and goes, and what caches hold is theirs.
  func names() throws -> Set<String> {
    var found: Set<String> = []
    func add(_ path: String) throws {
      for name in try Files.list("\(project)\(path)") where name != "__pycache__" && name != "cache" {
        let entry = "\(path)/\(name)"
        let target = Files.linkTarget("\(project)\(entry)")
        found.insert(target.map { "\(entry) -> \($0)" } ?? entry)
        if Files.kind("\(project)\(entry)") == .directory { try add(entry) }
      }
    }
    try add("")
    return found
  }
}
