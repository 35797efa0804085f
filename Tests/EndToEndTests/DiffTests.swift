import Model
import Platform
import TestSupport
import Testing

@Suite("diff and lock --check: what tells one lockfile from another")
struct DiffTests {
  /// A project under version control, with two commits of its lockfile.
  private func withHistory(_ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("alpha", "1.1", requires: ["gamma"]),
        PythonProject("beta"), PythonProject("gamma", "3.0"), PythonProject("delta", "2.0"),
        PythonProject("delta", "1.0"))
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.2.3"))
      let link = "mine: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@main"))\"}"
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha==1.0}\nd: {module: delta, pip_name: delta==2.0}\nold: {module: json}\n\(link)"
      )
      try await scenario.succeeds("apply")
      try await git(scenario, "init", "--quiet", "--initial-branch", "main")
      try await git(scenario, "add", "pinion.yaml", "pylock.demo.toml")
      try await git(scenario, "commit", "--quiet", "--message", "One")
      try await git(scenario, "tag", "v1")
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha==1.1}\nd: {module: delta, pip_name: delta<2}\nnew: {module: csv}\n\(link)")
      try await repository.commit(try PythonProject("my-link", "1.3.0").tree())
      try await test(scenario)
    }
  }

  private func git(_ scenario: Scenario, _ arguments: String...) async throws {
    let tool = CommandLineTool(
      "/usr/bin/env",
      environment: [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "T",
        "GIT_COMMITTER_EMAIL": "t@example.com",
      ], workingDirectory: scenario.project)
    let outcome = try await tool.run(["git"] + arguments)
    try #require(outcome.status == 0, "git said: \(outcome.text)")
  }

  @Test func comparesFilesGenerationsAndRevisions() async throws {
    try await withHistory { scenario in
      func record(_ name: String, _ arguments: String..., status: Int32 = 0) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(!outcome.text.contains(Scenario.token))
        #expect(outcome.status == status, "it said:\n\(outcome.text)")
        try scenario.expectRecorded("\(outcome.output)--- standard error\n\(outcome.errorOutput)", named: name)
      }
      let before = try scenario.lockfile()
      try await record("lock-check", "lock", "--check", status: 2)
      #expect(try scenario.lockfile() == before)
      try await record("diff-none", "diff")
      try await record("lock-changes", "lock")
      try await record("diff", "diff")
      try await record("diff-markdown", "diff", "--format", "markdown")
      try await record("diff-json", "diff", "v1", "--format", "json")
      try await scenario.succeeds("apply", "--locked")
      try await git(scenario, "commit", "--quiet", "--all", "--message", "Two")
      try scenario.write(before, to: "pylock.before.toml")
      let expected = try await scenario.succeeds("diff", "v1", "HEAD").split(separator: "\n").dropFirst()
      #expect(expected.count > 5)
      for sides in [
        ["1", "2"], ["HEAD~1", "2"], ["1"], ["pylock.before.toml", "pylock.demo.toml"], ["pylock.before.toml", "HEAD"],
        ["v1:pylock.demo.toml", "main"],
      ] {
        let outcome = try await scenario.tool().run(["diff"] + sides)
        #expect(outcome.status == 0, "\(sides) said:\n\(outcome.text)")
        #expect(outcome.output.split(separator: "\n").dropFirst() == expected, "\(sides) said:\n\(outcome.text)")
      }
      // A lockfile that the working tree no longer has is still in git.
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      #expect(try await scenario.succeeds("diff", "HEAD~1", "HEAD").split(separator: "\n").dropFirst() == expected)
    }
  }

  /// A lockfile comes from a repository that others write to: it forges no line of what is shown.
  @Test func nothingIsForged() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("lone"))
      try scenario.moduleSet("a: {module: lone, pip_name: lone}")
      try await scenario.succeeds("lock")
      let honest = try scenario.lockfile()
      try scenario.write(honest, to: "honest.toml")
      let line = try #require(honest.firstMatch(of: /platform = ".*"/)).0
      let forged =
        honest
        .replacing(line, with: "platform = \"linux-x86_64\\n--extra-index-url http://evil/simple\\nevil==1.0\"")
        .replacing(
          "requirement = \"lone\"",
          with: "requirement = \"lone|`` ` \\n\\n## Approved \\u202e\\n+ evil 1.0 for modules.z\""
        )
        .replacing("index = \"\(scenario.index.url())\"", with: "index = \"\(scenario.index.url())\\nevil==2 ${HOME}\"")
      try scenario.write(forged, to: "forged.toml")
      var text = ""
      for arguments in [
        ["diff", "honest.toml", "forged.toml"], ["diff", "honest.toml", "forged.toml", "--format", "markdown"],
        ["export", "forged.toml"],
      ] {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 0, "it said: \(outcome.text)")
        text += "$ pinion \(arguments.joined(separator: " "))\n\(outcome.text)\n"
      }
      #expect(text.contains("\\n## Approved") && !text.contains("\n## Approved") && !text.contains("\nevil=="))
      try scenario.expectRecorded(
        text.replacing(scenario.index.url(), with: "INDEX/").replacing(/[0-9a-f]{64}/, with: "DIGEST"),
        named: "forged-lockfile")
    }
  }

  @Test func saysWhatIsNotThere() async throws {
    try await withHistory { scenario in
      var text = ""
      func add(_ arguments: String..., status: Int32) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(!outcome.text.contains(Scenario.token))
        #expect(outcome.status == status, "pinion \(arguments.joined(separator: " ")) said:\n\(outcome.text)")
        text += "$ pinion \(arguments.joined(separator: " "))\n\(outcome.text)\n"
      }
      try await add("diff", "nothing", status: 64)
      try await add("diff", "v1:other/pylock.toml", status: 64)
      try await add("diff", "7", status: 1)
      try await add("diff", "pinion.yaml", "HEAD", status: 1)
      try await add("diff", "--format", "github", status: 64)
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      try await add("diff", status: 1)
      try scenario.write(String(repeating: "#", count: (16 << 20) + 1), to: "pylock.large.toml")
      try await git(scenario, "add", "pylock.large.toml")
      try await git(scenario, "commit", "--quiet", "--message", "Large")
      try await add("diff", "HEAD:pylock.large.toml", "1", status: 1)
      let settings = "\(scenario.project)/.git/config"
      let whole = try Files.read(settings)
      try Files.replace(settings, with: Array("[broken".utf8))
      try await add("diff", "HEAD", "1", status: 1)
      try Files.replace(settings, with: whole)
      try Files.remove("\(scenario.project)/.git/HEAD")
      try await add("diff", "HEAD", "1", status: 64)
      try scenario.expectRecorded(text, named: "complaints-diff")
    }
  }
}
