import Model
import Platform
import TestSupport
import Testing

@Suite("What wheels bring: files of two, files for the start, bytecode")
struct WheelContentTests {
  private static func project(_ name: String, _ files: [String: String]) -> PythonProject {
    PythonProject(name, files: files.merging(["\(name).py": PythonProject.module("1.0")]) { first, _ in first })
  }

  private static let modules = "a: {module: alpha, pip_name: alpha}\nb: {module: beta, pip_name: beta}"

  @Test func twoThatBringOneFileAreAnErrorBeforeAnythingIsApplied() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        Self.project("alpha", ["alpha.py": PythonProject.module("1.0")]), Self.project("beta", [:]))
      try scenario.moduleSet(Self.modules)
      try await scenario.succeeds("apply")
      try scenario.index.publish(
        PythonProject("alpha", "1.1", files: ["alpha.py": "", "tests/__init__.py": "who = 'alpha'\n"]),
        PythonProject("beta", "1.1", files: ["beta.py": "", "tests/__init__.py": "who = 'beta'\n"]))

      // Before they are here nobody knows; once they are, a plan says it.
      #expect(try await scenario.pinion("plan", "--upgrade").status == 0)
      let text = try await scenario.fails("apply", "--upgrade")
      #expect(text.contains("alpha and beta both bring 'tests/__init__.py'"))
      #expect(text.contains("alpha is for modules.a") && text.contains("beta is for modules.b"))
      #expect(try await scenario.fails("plan", "--upgrade").contains("both bring 'tests/__init__.py'"))
      #expect(scenario.current() == "generations/1")

      let spec = "policy: {collisions: {packages: {alpha: warn}}}"
      try scenario.moduleSet(Self.modules, spec: spec)
      let plan = try await scenario.pinion("plan", "--upgrade")
      #expect(plan.status == 0 && plan.errorOutput.contains("beta has its way"))
      let outcome = try await scenario.pinion("apply", "--upgrade")
      #expect(outcome.status == 0 && outcome.errorOutput.contains("beta has its way"))
      #expect(try await scenario.python("import tests; print(tests.who)") == "beta\n")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)

      // The rule that is taken out again is held against what is installed.
      try scenario.moduleSet(Self.modules)
      #expect(try await scenario.fails("apply", "--locked").contains("both bring"))
      // A host's rule is as strict as a manifest's, or stricter.
      try scenario.moduleSet(Self.modules, spec: spec)
      try scenario.write(
        "apiVersion: pinion/v1\nkind: HostPolicy\nspec: {policy: {collisions: error}}\n", to: "host.yaml")
      let refused = try await scenario.fails("apply", "--locked", "--host-policy", "host.yaml")
      #expect(refused.contains("is looser than the host's `collisions: error`"))
    }
  }

  @Test func filesForTheStartAreListedAndRuledOver() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        Self.project("alpha", ["alpha-start.pth": "import alpha\n"]), Self.project("beta", [:]))
      try scenario.moduleSet(Self.modules)
      let before = try await scenario.succeeds("plan", "--format", "json")
      #expect(before.contains("\"pthUnknown\" : [\n        \"alpha\",\n        \"beta\"\n      ]"))
      let outcome = try await scenario.pinion("apply", "--format", "json")
      #expect(outcome.status == 0 && outcome.errorOutput.contains("alpha brings 'alpha-start.pth', which runs code"))
      #expect(
        outcome.output.contains("\"name\" : \"alpha-start.pth\"") && outcome.output.contains("\"runsCode\" : true"))
      #expect(outcome.output.contains("\"pthUnknown\" : [\n\n      ]"))

      try scenario.moduleSet(Self.modules, spec: "policy: {pth: allow}")
      let plan = try await scenario.pinion("plan")
      #expect(plan.output.contains(". alpha: alpha-start.pth runs code at every start"))
      #expect(!plan.errorOutput.contains("alpha-start.pth"))
      try await scenario.succeeds("apply")
      try scenario.moduleSet(Self.modules, spec: "policy: {pth: deny}")
      for command in ["plan", "apply"] {
        let text = try await scenario.fails(command)
        #expect(
          text.contains("alpha brings 'alpha-start.pth'") && text.contains("`policy.pth: deny` at pinion.yaml:6:"))
      }
      #expect(scenario.current() == "generations/2")
    }
  }

  @Test func compileMakesTheBytecodeOfEverything() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        Self.project("alpha", ["more/__init__.py": "", "more/part.py": "x = 1\n"]), Self.project("beta", [:]))
      try scenario.moduleSet(Self.modules)
      func bytecode() throws -> Int {
        try Files.list(scenario.state.store).reduce(0) { count, key in
          try ["tree", "tree/more"].reduce(count) {
            try $0 + Files.list("\(scenario.state.storeEntry(key))/\($1)/__pycache__").count
          }
        }
      }
      try await scenario.succeeds("apply")
      #expect(try bytecode() == 0)
      // Also where there is nothing else to do.
      #expect(try await scenario.succeeds("apply", "--locked", "--compile").contains("is up to date"))
      #expect(try bytecode() == 4)
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.succeeds("apply", "--locked").contains("is up to date"))
      try scenario.index.publish(PythonProject("beta", "1.1", files: ["beta.py": ""]))
      try await scenario.succeeds("apply", "--upgrade", "--compile")
      #expect(try bytecode() == 5)
      #expect(try await scenario.python("import alpha, beta, more.part; print(more.part.x)") == "1\n")
    }
  }

  @Test func theUmaskHolds() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(Self.project("alpha", [:]))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      let shell = CommandLineTool("/bin/sh", environment: scenario.environment, workingDirectory: scenario.project)
      let outcome = try await shell.run(["-c", "umask 077 && exec '\(TestPaths.products)/pinion' apply"])
      #expect(outcome.status == 0, "\(outcome.text)")
      let key = try #require(try Files.list(scenario.state.store).first)
      let listing = try await scenario.run("/bin/ls", "-l", "\(scenario.state.storeEntry(key))/tree/alpha.py")
      #expect(listing.hasPrefix("-r--------"), "\(listing)")
    }
  }

  @Test func limitsAndSloppyRecordsFollowTheManifest() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(Self.project("alpha", ["big.txt": String(repeating: "x", count: 100_000)]))
      let modules = "a: {module: alpha, pip_name: alpha}"
      try scenario.moduleSet(modules, spec: "policy: {unpacked: {size: 50KiB}}")
      #expect(try await scenario.fails("apply").contains("it unpacks to more than 50KiB"))
      #expect(try Files.list(scenario.state.store).isEmpty)
      try scenario.moduleSet(modules, spec: "policy: {unpacked: {size: 1MiB}}")
      try await scenario.succeeds("apply")

      var wheel = WheelFixture("sloppy", files: ["sloppy.py": "x = 1\n"])
      wheel.editRecord = { $0.filter { !$0.hasPrefix("sloppy.py") } }
      try wheel.write(into: scenario.index.root)
      let sloppy = "s: {module: sloppy, pip_name: sloppy}"
      try scenario.moduleSet(sloppy)
      let text = try await scenario.fails("apply")
      #expect(
        text.contains("is not listed in its RECORD") && text.contains("`policy.record: {packages: {sloppy: warn}}`"))
      try scenario.moduleSet(sloppy, spec: "policy: {record: {packages: {sloppy: warn}}}")
      let outcome = try await scenario.pinion("apply")
      #expect(outcome.status == 0 && outcome.errorOutput.contains("does not keep to its RECORD"))
    }
  }
}
