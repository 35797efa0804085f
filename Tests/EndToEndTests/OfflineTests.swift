import Model
import Platform
import TestSupport
import Testing

@Suite("Without network, without token, without uv")
struct OfflineTests {
  /// An applied environment with a package, its dependency and a git module, and every server gone.
  private static func withAppliedScenario(_ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      try await scenario.succeeds("apply")
      scenario.index.stop()
      scenario.git.stop()
      try await test(scenario)
    }
  }

  @Test func anEnvironmentThatIsGoneComesBackFromLockfileAndStore() async throws {
    try await Self.withAppliedScenario { scenario in
      try Files.remove(scenario.state.environments)
      let text = try await scenario.succeeds("apply", "--locked", with: ["GIT_TOKEN": ""])
      #expect(text.contains("3 to install"))
      #expect(try await scenario.python("import alpha, beta, my_link; print('all')") == "all\n")
    }
  }

  @Test func aFullStoreNeedsNoResolver() async throws {
    try await Self.withAppliedScenario { scenario in
      try Files.remove(scenario.state.environments)
      let bin = "\(scenario.directory)/bin"
      try Files.makeDirectory(bin)
      try Files.link("\(bin)/python3", to: scenario.tools.plainPython)
      try await scenario.succeeds("apply", "--locked", with: ["GIT_TOKEN": "", "PATH": "\(bin):/usr/bin:/bin"])
      #expect(try await scenario.python("import alpha, beta, my_link; print('all')") == "all\n")
    }
  }

  @Test func onlyWhoNeedsATokenAsksForIt() async throws {
    try await Self.withAppliedScenario { scenario in
      let without = ["GIT_TOKEN": ""]
      try await scenario.succeeds("status", with: without)
      try await scenario.succeeds("verify", with: without)
      try await scenario.succeeds("exec", "--", "python", "-c", "import my_link", with: without)
      #expect(try await scenario.succeeds("apply", "--locked", with: without).contains("up to date"))
      #expect(try await scenario.succeeds("plan", "--locked", with: without).contains("up to date"))
      #expect(try await scenario.fails("lock", with: without).contains("GIT_TOKEN"))
      #expect(try await scenario.fails("apply", with: without).contains("GIT_TOKEN"))

      let validation = try await scenario.pinion("validate", with: without)
      #expect(validation.status == 0)
      #expect(validation.errorOutput.contains("warning:") && validation.errorOutput.contains("GIT_TOKEN"))
      #expect(validation.errorOutput.contains("pinion.yaml:8:"))
      #expect(try await scenario.fails("validate", "--strict-env", with: without).contains("GIT_TOKEN"))
    }
  }

  @Test func aFailedDownloadLeavesThingsAsTheyAre() async throws {
    try await Self.withAppliedScenario { scenario in
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha>=1\"}")
      #expect(try await scenario.fails("apply").contains("127.0.0.1"))
      #expect(scenario.current() == "generations/1")
    }
  }

  @Test func offlineNobodyIsAsked() async throws {
    try await Self.withAppliedScenario { scenario in
      // What is at hand suffices: also to lock anew, after a change, and where a branch is followed.
      for arguments in [["lock"], ["lock", "--check"], ["plan"], ["apply"], ["explain", "beta"]] {
        #expect(try await scenario.tool().run(arguments + ["--offline"]).status == 0, "\(arguments)")
      }
      let before = try scenario.lockfile()
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: \"alpha>=1\"}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}"
      )
      try await scenario.succeeds("apply", with: ["PINION_OFFLINE": "1", "GIT_TOKEN": ""])
      let after = try scenario.lockfile()
      #expect(after != before && after.replacing("alpha>=1", with: "alpha").contains("my-link"))
      #expect(try await scenario.python("import alpha, beta, my_link; print('all')") == "all\n")
    }
  }

  @Test func whatIsNotAtHandIsToldOffline() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      var said = try await scenario.fails("lock", "--offline")
      #expect(try scenario.index.requests().isEmpty)
      try await scenario.succeeds("lock")
      let asked = try scenario.index.requests().count
      // The lockfile holds, and the files are not here yet.
      said += "\n" + (try await scenario.fails("apply", "--offline"))
      try await scenario.succeeds("apply")
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      said += "\n" + (try await scenario.fails("lock", "--offline"))
      said += "\n" + (try await scenario.tool().run(["lock", "--offline", "--upgrade"]).text)
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}")
      said += "\n" + (try await scenario.fails("lock", "--offline"))
      #expect(try scenario.index.requests().dropFirst(asked).allSatisfy { $0.contains("/files/") })
      try scenario.expectRecorded(said, named: "offline")
    }
  }
}
