import Model
import Platform
import TestSupport
import Testing

/// Runs that the network breaks at each answer in turn: they take it up again or fail in words, and the next one goes through.
@Suite("Breaks at every answer of an index") struct BreakTests {
  /// One break: of one answer, or of all from one on.
  struct Trial: Sendable {
    var kind: IndexServer.Break
    var number: Int
    var lasts: Bool
  }

  @Test func leaveTheOldOrTheNewAndNothingElse() async throws {
    try await Scenario.with { scenario in
      for version in ["1.0", "2.0"] {
        try scenario.index.publish(
          PythonProject(
            "alpha", version, requires: ["beta"], scripts: ["alpha-run": "alpha:both"],
            files: [
              "alpha.py":
                "from beta import run\n\n\ndef both():\n    print('\(version)', run())\n"
            ]), PythonProject("beta", version))
      }
      func declare(_ version: String) throws {
        try scenario.moduleSet(
          "a: {module: alpha, pip_name: alpha==\(version)}\nb: {module: beta, pip_name: beta==\(version)}")
      }
      try declare("1.0")
      try await scenario.succeeds("apply")
      try declare("2.0")
      let origin = FaultHost(scenario)
      let whole = try await origin.copied(to: "\(scenario.directory)/whole/my project")
      let before = try scenario.index.requests().count
      #expect(try await whole.run(["apply"]).status == 0)
      #expect(try await whole.works() == "2.0 2.0")
      let answers = try scenario.index.requests().count - before
      #expect(answers >= 4, "two pages or metadata, and two wheels")

      var failures = 0
      for number in 1...answers {
        // All kinds come to all sorts of answers, and what lasts takes the time of several attempts.
        let kinds = IndexServer.Break.allCases
        for trial in [
          Trial(kind: kinds[number % 3], number: number, lasts: false),
          Trial(kind: kinds[(number + 1) % 3], number: number, lasts: true),
        ] {
          let host = try await origin.copied(to: "\(scenario.directory)/trial/my project")
          try scenario.index.breaks(trial.kind, at: trial.number, lasts: trial.lasts)
          let broken = try await host.run(["apply"])
          try scenario.index.breaks(nil)
          #expect([0, 1].contains(broken.status), "\(trial) said:\n\(broken.text)")
          let found = try await host.works()
          #expect(found == (broken.status == 0 ? "2.0 2.0" : "1.0 1.0"), "\(trial) said:\n\(broken.text)")
          if broken.status == 1 {
            failures += 1
            #expect(broken.errorOutput.contains("error:"), "\(trial) said:\n\(broken.text)")
          }
          #expect(try Files.list(host.state.staging) == [])
          #expect(try await host.run(["verify"]).status == 0)
          let next = try await host.run(["apply"])
          #expect(next.status == 0, "after \(trial): \(next.text)")
          #expect(try await host.works() == "2.0 2.0")
          #expect(try await host.run(["verify", "--deep"]).status == 0)
          #expect(try Files.list(host.state.staging) == [])
          #expect(try Files.list(host.state.generations("demo")) == ["1", "2"])
          try Files.remove("\(scenario.directory)/trial")
        }
      }
      #expect(failures >= answers / 2, "what breaks for good fails")
    }
  }
}
