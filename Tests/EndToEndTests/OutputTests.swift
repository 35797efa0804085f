import FoundationEssentials
import Model
import Platform
import TestSupport
import Testing

@Suite("Output: help, plans and status are a contract")
struct OutputTests {
  @Test func help() async throws {
    try await Scenario.with { scenario in
      for command in [
        "", "validate", "lock", "plan", "apply", "status", "verify", "rollback", "resume", "exec", "diff", "export",
        "audit", "explain", "history", "gc", "attach", "detach", "bundle",
      ] {
        let arguments = (command.isEmpty ? [] : [command]) + ["--help"]
        let outcome = try await scenario.tool(["COLUMNS": "100"]).run(arguments)
        #expect(outcome.status == 0)
        #expect(outcome.errorOutput == "")
        try scenario.expectRecorded(outcome.output, named: "help-\(command.isEmpty ? "pinion" : command)")
      }
    }
  }

  @Test func plansAndStatus() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("alpha", "1.1", requires: ["gamma"]),
        PythonProject("beta"), PythonProject("gamma", "3.0"))
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.2.3"))
      func declare(_ alpha: String) throws {
        try scenario.write(
          """
          pinion: {name: demo}
          imports:
            helper: json
          links:
            transcribe: {module: links.transcribe}
            alpha: {module: alpha, pip_name: alpha==\(alpha)}
            mine: {module: my_link, pip_name: "\(scenario.gitRequirement("link", "@main"))"}

          """, to: "config.yml")
      }
      func record(_ name: String, _ arguments: [String], status: Int32 = 0) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == status, "it said:\n\(outcome.text)")
        try scenario.expectRecorded("\(outcome.output)--- standard error\n\(outcome.errorOutput)", named: name)
      }
      try declare("1.0")
      try await record("status-before", ["status"])
      try await record("validate", ["validate"])
      try await record("validate-json", ["validate", "--format", "json"])
      try await record("plan-new", ["plan", "--detailed-exitcode"], status: 2)
      try await record("apply-new", ["apply"])
      try scenario.expectRecorded(try scenario.lockfile(), named: "lockfile")
      try await record("apply-again", ["apply"])
      try await record("status", ["status"])
      try await record("status-json", ["status", "--format", "json"])
      try declare("1.1")
      try await repository.commit(try PythonProject("my-link", "1.3.0").tree())
      try await record("plan-changes", ["plan", "--detailed-exitcode"], status: 2)
      try await record("plan-json", ["plan", "--format", "json", "--detailed-exitcode"], status: 2)
      try await record("apply-changes", ["apply"])
      try await record("rollback", ["rollback"])
      try await record("apply-pinned", ["apply"])
      try await record("status-pinned", ["status"])
      try await record("resume", ["resume"])
      try Files.remove("\(scenario.state.generation("demo", 1))/links/alpha")
      try await record("verify-drift", ["verify"], status: 2)
      try await record("verify-json", ["verify", "--format", "json"], status: 2)
      try await record("status-drift", ["status"])
    }
  }

  @Test func planJSONIsWhatItIsDocumentedToBe() async throws {
    struct Document: Decodable {
      struct Environment: Decodable {
        struct Change: Decodable {
          var action: String
          var distribution: String
          var from: String?
          var to: String?
          var modules: [String]
        }
        struct Summary: Decodable { var install, replace, remove: Int }
        var name: String
        var changes: [Change]
        var summary: Summary
      }
      var formatVersion: Int
      var environments: [Environment]
    }
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta", "0.5"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      let text = try await scenario.succeeds("plan", "--format", "json")
      let plan = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
      #expect(plan.formatVersion == 1)
      let environment = try #require(plan.environments.first)
      #expect(environment.name == "demo")
      #expect(environment.changes.map(\.distribution) == ["alpha", "beta"])
      #expect(environment.changes.map(\.action) == ["install", "install"])
      #expect(environment.changes.map(\.to) == ["1.0", "0.5"])
      #expect(environment.changes.allSatisfy { $0.from == nil && $0.modules == ["modules.a"] })
      #expect(environment.summary.install == 2 && environment.summary.replace == 0 && environment.summary.remove == 0)
      // A plan is pure: same inputs, same bytes.
      #expect(try await scenario.succeeds("plan", "--format", "json") == text)
    }
  }

  @Test func statusJSONIsWhatItIsDocumentedToBe() async throws {
    struct Document: Decodable {
      struct Environment: Decodable {
        struct Module: Decodable {
          var name, section, module, state: String
          var distribution, version, commit: String?
        }
        var name: String
        var generation: Int
        var path: String
        var lockDigest: String
        var modules: [Module]
        var conditions: [Condition]
      }
      var formatVersion: Int
      var environments: [Environment]
    }
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.2.3"))
      try scenario.moduleSet(
        "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}\nj: {module: json}")
      try await scenario.succeeds("apply")
      let text = try await scenario.succeeds("status", "--format", "json")
      let environment = try #require(try JSONDecoder().decode(Document.self, from: Data(text.utf8)).environments.first)
      #expect(environment.name == "demo" && environment.generation == 1)
      #expect(environment.path == scenario.state.generation("demo", 1))
      #expect(environment.lockDigest == "sha256:" + Digest.sha256(try scenario.lockfile()))
      let link = try #require(environment.modules.first { $0.name == "l" })
      #expect(link.section == "modules" && link.module == "my_link" && link.state == "installed")
      #expect(link.distribution == "my-link" && link.version == "1.2.3")
      #expect(try await link.commit == repository.id(of: "main"))
      #expect(environment.modules.first { $0.name == "j" }?.state == "interpreter")
      #expect(environment.conditions.first { $0.type == .ready }?.status == .yes)
      #expect(environment.conditions.first { $0.type == .drifted }?.status == .no)
      // Every key is there, also where there is no value.
      #expect(text.contains("\"commit\" : null") && text.contains("\"distribution\" : null"))
    }
  }

  @Test func usageErrorsHaveAStatusOfTheirOwn() async throws {
    try await Scenario.with { scenario in
      for arguments in [["aply"], ["plan", "--no-such-option"], ["apply", "--lock-timeout", "soon"]] {
        #expect(try await scenario.pinion(arguments[0], arguments.count > 1 ? arguments[1] : "-Z").status == 64)
      }
      #expect(try await scenario.succeeds("--version").hasSuffix("\n"))
      try scenario.moduleSet("a: {module: json}")
      let contradiction = try await scenario.pinion("plan", "--locked", "--upgrade")
      #expect(contradiction.status == 64)
      #expect(contradiction.errorOutput.contains("contradict"))
      for command in ["lock", "plan", "apply"] {
        // What is no name at all, and a name that nothing has: the latter shows only within an environment's run.
        for name in ["a b", "no-such-thing"] {
          let outcome = try await scenario.pinion(command, "--upgrade", name)
          #expect(outcome.status == 64, "\(command): \(outcome.text)")
          #expect(outcome.errorOutput.contains("--upgrade: "), "\(outcome.text)")
        }
      }
      // Where another environment failed in earnest, that counts.
      try scenario.moduleSet("no-such-thing: {module: absent, pip_name: absent}", name: "two", file: "more/two.yaml")
      try scenario.moduleSet("a: {module: json}", file: "more/one.yaml")
      #expect(try await scenario.pinion("plan", "-f", "more", "--upgrade", "no-such-thing").status == 1)
    }
  }

  @Test func lockJSONIsWhatItIsDocumentedToBe() async throws {
    struct Document: Decodable {
      struct Environment: Decodable {
        struct Warning: Decodable { var severity, code, message: String }
        var name, lockfile, digest: String
        var changed: Bool
        var warnings: [Warning]
      }
      var formatVersion: Int
      var environments: [Environment]
    }
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.write("imports:\n  alpha: alpha\n", to: "config.yml")
      func lock(_ arguments: String..., status: Int32 = 0) async throws -> [Document.Environment] {
        let outcome = try await scenario.tool().run(["lock", "--format", "json"] + arguments)
        #expect(outcome.status == status, "it said:\n\(outcome.text)")
        let document = try JSONDecoder().decode(Document.self, from: Data(outcome.output.utf8))
        #expect(document.formatVersion == 1)
        return document.environments
      }
      let pending = try #require(try await lock("--check", status: 2).first)
      #expect(pending.changed && pending.name == "default")
      #expect(pending.lockfile == "\(scenario.project)/pylock.default.toml")
      #expect(pending.warnings.map(\.code) == ["impliedPackage"] && pending.warnings[0].severity == "warning")
      #expect(!Files.exists(pending.lockfile))
      let written = try #require(try await lock().first)
      #expect(written.changed && written.digest == pending.digest)
      #expect(written.digest == "sha256:" + Digest.sha256(try scenario.lockfile("default")))
      let kept = try #require(try await lock("--check").first)
      #expect(!kept.changed && kept.digest == written.digest && kept.warnings.isEmpty)
      // What failed is left out, as in plans.
      try scenario.write("imports:\n  alpha: {module: alpha, pip_name: absent}\n", to: "config.yml")
      let failed = try await scenario.pinion("lock", "--format", "json")
      #expect(failed.status == 1 && failed.output == "{\n  \"environments\" : [\n\n  ],\n  \"formatVersion\" : 1\n}\n")
    }
  }

  @Test func aDryRunSaysWhatPlanSays() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"))
      try scenario.write("imports:\n  alpha: alpha\n", to: "config.yml")
      let plan = try await scenario.pinion("plan")
      #expect(plan.errorOutput.contains("warning:"))
      let dry = try await scenario.pinion("apply", "--dry-run")
      #expect(dry.output == plan.output && dry.errorOutput == plan.errorOutput)
      for version in ["1.0", "2.0"] {
        try scenario.write(
          "imports:\n  alpha: {module: alpha, pip_name: alpha==\(version)}\n", to: "config.yml")
        try await scenario.succeeds("apply")
      }
      try await scenario.succeeds("rollback")
      #expect(try await scenario.succeeds("apply", "--dry-run").contains("is pinned to generation 1"))
      let resumed = try await scenario.succeeds("apply", "--dry-run", "--resume")
      #expect(!resumed.contains("pinned") && resumed.contains("~ alpha  1.0 → 2.0"), "\(resumed)")
      #expect(try await scenario.succeeds("status").contains("Suspended"), "a dry run takes no pin away")
    }
  }
}
