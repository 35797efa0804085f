import Model
import Platform
import TestSupport
import Testing

/// What commands say when they cannot do what they are told, on record in `Snapshots/complaints-*.txt`: the command line,
/// and all that it printed.
@Suite struct CommandComplaintsTests {
  /// Commands and what they said.
  private final class Transcript {
    private let scenario: Scenario
    private(set) var text = ""

    init(_ scenario: Scenario) { self.scenario = scenario }

    /// Runs `pinion`, which must fail or have something to say.
    func add(_ arguments: String..., status: Int32 = 1) async throws {
      let outcome = try await scenario.tool().run(arguments)
      #expect(outcome.status == status, "pinion \(arguments.joined(separator: " ")) said:\n\(outcome.text)")
      #expect(!outcome.errorOutput.isEmpty)
      add("pinion \(arguments.joined(separator: " "))", outcome)
    }

    func add(_ command: String, _ outcome: CommandLineTool.Outcome) {
      #expect(!outcome.text.contains(Scenario.token))
      text += (text.isEmpty ? "" : "\n") + "$ \(command)\n\(outcome.text)"
    }

    func isOnRecord(as name: String) throws {
      try scenario.expectRecorded(
        text.replacing(/Python 3\.[0-9]+\.[0-9]+/, with: "Python 3.X.Y"), named: "complaints-\(name)")
    }
  }

  @Test func commandLines() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      let transcript = Transcript(scenario)
      try await transcript.add("apply", "--locked")
      try await transcript.add("apply", "--locked", "--upgrade", "alpha", status: 64)
      try await transcript.add("lock", "--upgrade", "not a name!", status: 64)
      try await transcript.add("lock", "--upgrade", "nothing", status: 64)
      try await transcript.add("lock", "--lockfile", "demo.lock", status: 64)
      try await transcript.add("lock", "--git-timeout", "5", status: 64)
      try await transcript.add("apply", "--git-timeout", "10ms", status: 64)
      try scenario.moduleSet("j: {module: json}", name: "one", file: "both/one.yaml")
      try scenario.moduleSet("j: {module: json}", name: "two", file: "both/two.yaml")
      try await transcript.add("lock", "-f", "both", "--lockfile", "pylock.toml", status: 64)
      try await transcript.add("plan", "--environment", "dmo", status: 64)
      try await transcript.add("plan", "--environment", "another-one", status: 64)
      try scenario.moduleSet("j: {modul: json}", name: "alpha", file: "broken/one.yaml")
      try await transcript.add("validate", "-f", "broken", "--environment", "alhpa")
      try await transcript.add("plan", "-f", "broken", "--environment", "other")
      // The parser takes the last one, and so would the short way of apply.
      for command in ["validate", "apply"] {
        try await transcript.add(command, "-f", "both/one.yaml", "-f", "both/two.yaml", status: 64)
        try await transcript.add(command, "-f", "both", "--environment", "one", "--environment", "two", status: 64)
        try await transcript.add(command, "--file=both", "-f", "both", status: 64)
        try await transcript.add(command, "-f", "", status: 64)
        try await transcript.add(command, "--environment", "", status: 64)
      }
      try await transcript.add("plan", "--format", "github", status: 64)
      try await transcript.add("exec", status: 64)
      try await transcript.add("exec", "--", "python")
      try await transcript.add("apply", "-f", "https://git.example.com/organisation/manifests.git")
      let gone = CommandLineTool(
        "/bin/sh", environment: scenario.environment, workingDirectory: scenario.directory)
      let outcome = try await gone.run([
        "-c", "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" status", "\(TestPaths.products)/pinion",
      ])
      #expect(outcome.status == 1)
      transcript.add("pinion status, in a directory that was removed", outcome)
      try scenario.write("links:\n  a: {module: nobody.has_this}\n", to: "config.yml")
      try await transcript.add("validate", "-f", "config.yml", status: 0)
      try transcript.isOnRecord(as: "command-lines")
    }
  }

  @Test func lockfiles() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"), PythonProject("beta"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      let link = "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@main"))\"}"
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}\n\(link)")
      let transcript = Transcript(scenario)
      try await scenario.succeeds("lock")
      let good = try scenario.lockfile()
      try scenario.write(
        good.replacing("requested-revision = \"main\"", with: "requested-revision = \"other\""), to: "pylock.demo.toml")
      try await transcript.add("apply", "--locked")
      try scenario.write(good, to: "pylock.demo.toml")
      try scenario.moduleSet("a: {module: alpha.sub, pip_name: alpha==1.0}\nb: {module: beta, pip_name: beta}")
      try await transcript.add("apply", "--locked")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.1}\n\(link)", spec: "lock: {update: never}")
      try await transcript.add("apply")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "lockfile: absent/pylock.demo.toml")
      try await transcript.add("apply")
      try transcript.isOnRecord(as: "lockfiles")
    }
  }

  @Test(.enabled(if: Confinement.withoutRootsRights != nil, Comment(rawValue: Confinement.noSetpriv)))
  func aDirectoryThatIsNotWritable() async throws {
    try await Scenario.with { scenario in
      let words = try #require(Confinement.withoutRootsRights)
      try scenario.index.publish(PythonProject("alpha"))
      try Files.makeDirectory("\(scenario.project)/sealed")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "lockfile: sealed/pylock.demo.toml")
      let tool = CommandLineTool("/usr/bin/env", environment: scenario.environment, workingDirectory: scenario.project)
      try await scenario.run("/bin/chmod", "555", "\(scenario.project)/sealed")
      let outcome = try await tool.run(words + ["\(TestPaths.products)/pinion", "apply"])
      try await scenario.run("/bin/chmod", "755", "\(scenario.project)/sealed")
      #expect(outcome.status == 1)
      let transcript = Transcript(scenario)
      transcript.add("pinion apply", outcome)
      try transcript.isOnRecord(as: "sealed-directory")
    }
  }

  @Test func savedPlans() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("plan", "-o", "saved.json")
      let saved = String(decoding: try Files.read("\(scenario.project)/saved.json"), as: UTF8.self)
      try scenario.write("{\"formatVersion\": 1}", to: "other.json")
      try scenario.write("{\"formatVersion\": 2, \"plans\": []}", to: "newer.json")
      try scenario.write(saved.replacing("\"name\" : \"demo\"", with: "\"name\" : \"elsewhere\""), to: "foreign.json")
      let transcript = Transcript(scenario)
      for name in ["absent", "other", "newer", "foreign"] { try await transcript.add("apply", "\(name).json") }
      try await transcript.add("apply", "saved.json", "--locked")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.1}")
      try await transcript.add("apply", "saved.json")
      try await scenario.succeeds("apply")
      try await transcript.add("apply", "saved.json")
      try transcript.isOnRecord(as: "saved-plans")
    }
  }

  @Test func generations() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"))
      let transcript = Transcript(scenario)
      for version in ["1.0", "1.1"] {
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(version)}")
        try await scenario.succeeds("apply")
        if version == "1.0" { try await transcript.add("rollback") }
      }
      try await transcript.add("rollback", "--to", "7")
      try await transcript.add("exec", "--", "no-such-command", status: 127)
      try await transcript.add("exec", "--environment", "another", "--", "true")
      let first = scenario.state.generation("demo", 1)
      try Files.remove("\(first)/generation.json")
      try await transcript.add("rollback", "--to", "1")
      try Files.write("{\"formatVersion\": 99, \"number\": 1}", to: "\(first)/generation.json")
      try await transcript.add("rollback", "--to", "1")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await transcript.add("apply", status: 0)
      try Files.makeDirectory(scenario.state.environment("empty"))
      try await transcript.add("exec", "--", "true", status: 64)
      try await transcript.add("exec", "--environment", "empty", "--", "true")
      try await transcript.add("rollback", "--environment", "empty")
      try Files.write("", to: scenario.state.environment("stray"))
      try await transcript.add("rollback", "--environment", "stray")
      try transcript.isOnRecord(as: "generations")
    }
  }

  @Test func bases() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["base-package>=1"]))
      let base = "\(scenario.project)/base"
      try await scenario.run(scenario.tools.plainPython, "-m", "venv", "--without-pip", base)
      let sites = try await scenario.run(
        "\(base)/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
      func install(_ version: String) throws {
        try Files.makeDirectory("\(sites)/base_package-1.5.dist-info")
        try Files.write(
          "Metadata-Version: 2.1\nName: base-package\nVersion: \(version)\n",
          to: "\(sites)/base_package-1.5.dist-info/METADATA")
      }
      try install("1.5")
      let transcript = Transcript(scenario)
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "base: base\npython: \"<3\"")
      try await transcript.add("apply")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", spec: "base: base")
      try await scenario.succeeds("lock")
      try install("0.9")
      try await transcript.add("apply", "--locked")
      try Files.remove("\(sites)/base_package-1.5.dist-info")
      try await transcript.add("apply", "--locked")
      try transcript.isOnRecord(as: "bases")
    }
  }
}
