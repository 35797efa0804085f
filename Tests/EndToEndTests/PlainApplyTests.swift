import Model
import Platform
import TestSupport
import Testing

/// `apply` with nothing to do has a short way and a long one. An option that the short one does not know forces the long.
@Suite("An apply with nothing to do")
struct PlainApplyTests {
  private static let forced = ["--lock-timeout", "60"]

  private func bothWays(_ arguments: [String], in scenario: Scenario) async throws -> CommandLineTool.Outcome {
    let short = try await scenario.tool().run(["apply"] + arguments)
    let long = try await scenario.tool().run(["apply"] + arguments + Self.forced)
    #expect(short.status == long.status)
    #expect(short.output == long.output)
    #expect(short.errorOutput == long.errorOutput)
    return short
  }

  @Test func saysTheSameEitherWay() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"), PythonProject("beta"))
      try scenario.write(
        "links:\n  one: {module: alpha}\npinion: {name: one}\n", to: "conf/a.yml")
      try scenario.moduleSet("b: {module: beta, pip_name: beta}", name: "two", file: "conf/b.yaml")
      try scenario.write("kind: Other\n", to: "conf/c.yaml")
      try await scenario.succeeds("apply", "-f", "conf", "--state", ".pinion")
      let outcome = try await bothWays(["--locked", "-f", "conf", "--state", ".pinion"], in: scenario)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("Environment one is up to date: generation 1, 1 distribution."))
      #expect(outcome.output.contains("Environment two is up to date: generation 1, 1 distribution."))
      #expect(outcome.errorOutput.contains("is passed over"))
      let quiet = try await bothWays(
        ["-f", "conf", "--state", ".pinion", "--quiet", "--environment", "two"], in: scenario)
      #expect(quiet.errorOutput == "")
      #expect(!quiet.output.contains("Environment one"))
      // What is wrong is said once, in the same words.
      for wrong in [["-f", "gone.yaml"], ["-f", "conf", "--environment", "three"], ["-f", "conf/c.yaml"]] {
        let outcome = try await bothWays(wrong, in: scenario)
        #expect(outcome.status != 0, "\(wrong): \(outcome.text)")
      }
      #expect(scenario.current("two") == "generations/1")
    }
  }

  @Test func isNoReasonToOverlookAnything() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("apply")
      let settled = "up to date: generation 1"
      #expect(try await scenario.succeeds("apply", "--locked").contains(settled))

      // A failure's status goes with the next run.
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==2.0}")
      #expect(try await scenario.fails("apply", "--locked").contains("does not fit the manifest"))
      #expect(try await scenario.succeeds("status").contains("Ready: False"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      #expect(try await scenario.succeeds("apply", "--locked").contains(settled))
      #expect(!(try await scenario.succeeds("status").contains("Ready: False")))

      // What a kill left in staging goes as well, and a lockfile that is gone or edited is noticed.
      try Files.makeDirectory("\(scenario.state.staging)/left")
      #expect(try await scenario.succeeds("apply", "--locked").contains(settled))
      let lockfile = try scenario.lockfile()
      try scenario.write(lockfile + "# edited\n", to: "pylock.demo.toml")
      #expect(try await scenario.succeeds("apply", "--locked").contains("generation 2"))
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      #expect(try await scenario.fails("apply", "--locked").contains("there is no lockfile"))
      try scenario.write(lockfile, to: "pylock.demo.toml")
      try await scenario.succeeds("apply", "--locked")

      // Settings that shape a generation, a pin, and a record that cannot be read.
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}", spec: "verification: locate")
      #expect(try await scenario.succeeds("apply", "--locked").contains("Applied: generation 4"))
      try await scenario.succeeds("rollback")
      #expect(try await scenario.succeeds("apply", "--locked").contains("pinned to generation 3"))
      try await scenario.succeeds("resume")
      try await scenario.succeeds("apply", "--locked")
      let current = try #require(scenario.current())
      try Files.write("{}", to: "\(scenario.state.environment("demo"))/\(current)/generation.json")
      #expect(try await scenario.succeeds("apply", "--locked").contains("Applied: generation"))
    }
  }

  @Test func keepsVariablesForTheLongWay() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("link"))
      try scenario.moduleSet("link: {module: link, pip_name: \"\(scenario.gitRequirement("link", "@main"))\"}")
      try await scenario.succeeds("apply")
      _ = try await repository.commit(["link/more.py": "x = 1\n"])
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date: generation 1"))
      // The followed branch moved: asking for it takes the token, after the short way gave up.
      #expect(try await scenario.succeeds("apply").contains("Applied: generation 2"))
    }
  }
}
