import FoundationEssentials
import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("gc and history")
struct CollectTests {
  /// Four generations of `demo`: alpha 1.0, 2.0, 3.0, and 3.0 with gamma; the last switch is an hour ago.
  private static func withGenerations(_ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        ["1.0", "2.0", "3.0"].map { PythonProject("alpha", $0, requires: ["beta"]) } + [
          PythonProject("beta"), PythonProject("gamma"),
        ])
      for version in ["1.0", "2.0", "3.0"] {
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(version)}")
        try await scenario.succeeds("apply")
      }
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==3.0}\ng: {module: gamma, pip_name: gamma}")
      try await scenario.succeeds("apply")
      try await age(scenario)
      try await test(scenario)
    }
  }

  /// Makes the last switch an hour old.
  private static func age(_ scenario: Scenario) async throws {
    try await scenario.run("/usr/bin/touch", "-h", "-d", "-1 hour", scenario.state.current("demo"))
  }

  private static func numbers(_ scenario: Scenario) throws -> [String] {
    try Files.list(scenario.state.generations("demo"))
  }

  private static func stored(_ scenario: Scenario) throws -> Int { try Files.list(scenario.state.store).count }

  @Test func whatIsOldGoesAndWhatIsNeededStays() async throws {
    try await Self.withGenerations { scenario in
      #expect(try Self.stored(scenario) == 5)
      // Nothing is asked for: nothing goes, and nothing is in the store for nobody.
      let nothing = try await scenario.succeeds("gc")
      #expect(nothing.hasSuffix("Freed 0 bytes.\n"), "\(nothing)")
      #expect(try Self.numbers(scenario) == ["1", "2", "3", "4"])

      let before = try TreeDigest.of(scenario.project) { _ in true }
      let dry = try await scenario.succeeds("gc", "--keep", "2", "--dry-run")
      #expect(dry.contains("generations 1, 2 would go"), "\(dry)")
      #expect(dry.contains("2 unpacked wheels would go: alpha 1.0, alpha 2.0"), "\(dry)")
      #expect(try TreeDigest.of(scenario.project) { _ in true }.difference(from: before) == [])

      let text = try await scenario.succeeds("gc", "--keep", "2")
      #expect(text == dry.replacing("would go", with: "removed").replacing("Would free", with: "Freed"))
      #expect(try Self.numbers(scenario) == ["3", "4"])
      #expect(try Self.stored(scenario) == 3)
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.python("import alpha, beta, gamma; print(alpha.__version__)") == "3.0\n")
      #expect(try await scenario.fails("rollback", "--to", "1").contains("there are 3, 4"))
      try await scenario.succeeds("rollback")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)

      // Rolled back: the pinned one is current, the newest may be where processes come from.
      let pinned = try await scenario.succeeds("gc", "--keep", "0", "--older-than", "0s")
      #expect(pinned.contains("3 (current), 4 (was current less than a minute ago)"), "\(pinned)")
      try await Self.age(scenario)
      let later = try await scenario.succeeds("gc", "--keep", "0")
      #expect(later.contains("generation 4 removed; kept 3 (current)"), "\(later)")
      #expect(try Self.stored(scenario) == 2)
      try await scenario.succeeds("apply", "--resume")
      #expect(try await scenario.python("import gamma; print(gamma.run())") == "1.0\n")
      #expect(scenario.current() == "generations/4")
    }
  }

  @Test func textAndJSONAreOnRecord() async throws {
    try await Self.withGenerations { scenario in
      func record(_ name: String, _ arguments: [String]) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 0, "it said:\n\(outcome.text)")
        // Sizes of metadata depend on where the scenario is.
        let text = outcome.text.replacing(/[0-9.]+ (KiB|MiB|bytes)\b/, with: "SIZE")
          .replacing(/"freed" : [0-9]+/, with: "\"freed\" : BYTES")
        try scenario.expectRecorded(text, named: name)
      }
      try await record("history", ["history"])
      try await record("history-json", ["history", "--format", "json"])
      try await record("gc-unasked", ["gc"])
      try await record("gc-dry", ["gc", "--keep", "2", "--older-than", "0s", "--dry-run"])
      try await record("gc-json", ["gc", "--keep", "2", "--older-than", "0s", "--format", "json"])
      try await scenario.succeeds("rollback")
      try await record("history-pinned", ["history"])
      // What history shows, diff takes.
      let difference = try await scenario.succeeds("diff", "3", "4")
      #expect(difference.contains("gamma"), "\(difference)")
      #expect(try await scenario.fails("diff", "1", "4").contains("pinion history"))
    }
  }

  @Test func aGenerationThatAProcessUsesStays() async throws {
    try await Self.withGenerations { scenario in
      let program = """
        import os, sys, time
        print("up", flush=True)
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.01)
        import alpha, beta
        print(alpha.__version__)
        """
      let python = CommandLineTool(
        "\(scenario.state.generation("demo", 2))/bin/python", environment: scenario.environment,
        workingDirectory: scenario.project)
      let go = "\(scenario.directory)/go"
      let running = try python.start(["-c", program, go])
      try await running.waitUntilOutputHas("up")
      let text = try await scenario.succeeds("gc", "--keep", "1")
      #expect(text.contains("generations 1, 3 removed; kept 2 (used by a process), 4 (current)"), "\(text)")
      let history = try await scenario.succeeds("history")
      #expect(history.contains("in use"), "\(history)")
      try Files.write("", to: go)
      let outcome = try await running.outcome()
      #expect(outcome.output == "up\n2.0\n", "\(outcome.text)")
      #expect(try await scenario.succeeds("gc", "--keep", "1").contains("generation 2 removed"))
    }
  }

  /// A shell script holds no lock of Python's.
  @Test func whatExecRunsUsesItsGeneration() async throws {
    try await Self.withGenerations { scenario in
      try await scenario.succeeds("rollback", "--to", "2")
      let go = "\(scenario.directory)/go"
      let script = "echo up; while [ ! -e '\(go)' ]; do sleep 0.01; done; python -c 'import alpha; print(alpha.run())'"
      let running = try scenario.tool().start(["exec", "--", "sh", "-c", script])
      try await running.waitUntilOutputHas("up")
      try await scenario.succeeds("apply", "--resume")
      try await Self.age(scenario)
      let text = try await scenario.succeeds("gc", "--keep", "0")
      #expect(text.contains("2 (used by a process)"), "\(text)")
      try Files.write("", to: go)
      #expect(try await running.outcome().output == "up\n2.0\n")
      #expect(try await scenario.succeeds("gc", "--keep", "0").contains("generation 2 removed"))
    }
  }

  @Test func builtWheelsAndArchivesGoWhenNobodyUsesThem() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.0"))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      try await scenario.succeeds("apply")
      try await repository.commit(try PythonProject("my-link", "1.1").tree())
      try await scenario.succeeds("apply")
      try await Self.age(scenario)
      let wheels = "\(scenario.state.cache)/wheels"
      #expect(try Files.list(wheels).count == 2)
      #expect(try await scenario.succeeds("gc", "--keep", "1").contains("generation 1 removed"))
      #expect(try Files.list(wheels).count == 2, "they were used just now")
      for name in try Files.list(wheels) {
        try await scenario.run("/usr/bin/touch", "-d", "-31 days", "\(wheels)/\(name)")
      }
      #expect(try await scenario.succeeds("gc").contains("Cache: 1 built wheel or archive removed"))
      // That of the generation in use stays: with it, a damaged entry of the store is healed without a build.
      try Files.remove(scenario.state.storeEntry(try Files.list(scenario.state.store)[0]))
      scenario.git.stop()
      try await scenario.succeeds("apply", "--locked")
      #expect(try await scenario.python("import my_link; print(my_link.run())") == "1.1\n")
      // Use makes it young again.
      #expect(try await scenario.succeeds("gc", "--older-than", "1h").contains("Cache") == false)
    }
  }

  @Test func environmentsThatAreGoneHoldNothingAndOthersDo() async throws {
    try await Self.withGenerations { scenario in
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}", name: "other", file: "other.yaml")
      try await scenario.succeeds("apply", "-f", "other.yaml")
      let text = try await scenario.succeeds("gc", "--keep", "1", "--environment", "demo")
      #expect(text.contains("1 unpacked wheel removed: alpha 2.0"), "\(text)")
      #expect(try await scenario.pinion("verify", "--deep", "--environment", "other").status == 0)
      try Files.remove(scenario.state.environment("other"))
      #expect(try await scenario.succeeds("gc").contains("1 unpacked wheel removed: alpha 1.0"))
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
    }
  }

  @Test func whereARecordCannotBeReadTheStoreIsLeftAlone() async throws {
    try await Self.withGenerations { scenario in
      try Files.write("{", to: "\(scenario.state.generation("demo", 4))/generation.json")
      let outcome = try await scenario.pinion("gc", "--keep", "1")
      #expect(outcome.status == 0)
      #expect(outcome.errorOutput.contains("nothing was taken out of the store"), "\(outcome.text)")
      #expect(try Self.stored(scenario) == 5)
      try scenario.expectRecorded(outcome.errorOutput, named: "gc-unreadable")
      try await scenario.succeeds("apply")
      try await Self.age(scenario)
      try await scenario.succeeds("gc", "--keep", "1")
      #expect(try Self.stored(scenario) == 3)
    }
  }

  @Test func anApplyThatIsAboutToUseTheStoreIsWaitedFor() async throws {
    try await Self.withGenerations { scenario in
      // What another apply holds from its look at the store until its generation is there.
      var held: FileLock? = try await FileLock.acquireStore(scenario.state.storeLock, .shared, waitingUpTo: 1)
      let text = try await scenario.pinion("gc", "--keep", "1", "--lock-timeout", "0.2")
      #expect(text.status == 1)
      #expect(try Self.numbers(scenario) == ["4"], "generations need no such lock")
      #expect(try Self.stored(scenario) == 5)
      try scenario.expectRecorded(text.errorOutput, named: "gc-store-in-use")
      let waiting = try scenario.tool().start(["gc"])
      while try !waiting.errorOutputSoFar().contains("Waiting for another Pinion") {
        try await Task.sleep(for: .milliseconds(10))
      }
      // Others are not kept out.
      try await Self.ended(scenario.tool().run(["apply"]))
      withExtendedLifetime(held) {}
      held = nil
      let outcome = try await waiting.outcome()
      #expect(outcome.status == 0 && outcome.output.contains("2 unpacked wheels removed"), "\(outcome.text)")

      held = try await FileLock.acquireStore(scenario.state.storeLock, .exclusive, waitingUpTo: 1)
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==2.0}")
      let late = try await scenario.pinion("apply", "--lock-timeout", "0.2")
      #expect(late.status == 1)
      try scenario.expectRecorded(late.errorOutput, named: "apply-store-in-use")
      withExtendedLifetime(held) {}
      held = nil
      try await scenario.succeeds("apply")
    }
  }

  /// Environments that take turns between two versions, while others collect without end.
  @Test func appliesAndCollectionsAtOnceLoseNothing() async throws {
    try await Self.withGenerations { scenario in
      for name in ["one", "two"] {
        try scenario.moduleSet("g: {module: gamma, pip_name: gamma}", name: name, file: "\(name).yaml")
        try await scenario.succeeds("lock", "-f", "\(name).yaml")
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for name in ["one", "two"] {
          group.addTask {
            for round in 0..<6 {
              let version = ["1.0", "2.0", "3.0"][round % 3]
              try scenario.moduleSet(
                "a: {module: alpha, pip_name: alpha==\(version)}", name: name, file: "\(name).yaml")
              try await Self.ended(scenario.tool().run(["apply", "-f", "\(name).yaml"]))
              let program = "import alpha, beta; print(alpha.run())"
              let outcome = try await scenario.tool().run([
                "exec", "--environment", name, "--", "python", "-c", program,
              ])
              #expect(outcome.output == "\(version)\n", "\(outcome.text)")
            }
          }
        }
        group.addTask {
          for _ in 0..<12 { try await Self.ended(scenario.tool().run(["gc", "--keep", "0"])) }
        }
        try await group.waitForAll()
      }
      for name in ["demo", "one", "two"] {
        #expect(try await scenario.pinion("verify", "--deep", "--environment", name).status == 0)
      }
    }
  }

  private static func ended(_ outcome: CommandLineTool.Outcome) {
    #expect(outcome.status == 0, "it said:\n\(outcome.text)")
  }

  @Test func deathAtAnyMomentLosesNothing() async throws {
    try await Self.withGenerations { scenario in
      for round in 0..<8 {
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(round % 2 == 0 ? "1.0" : "2.0")}")
        try await scenario.succeeds("apply")
        try await Self.age(scenario)
        let run = try scenario.tool().start(["gc", "--keep", "1"])
        try await Task.sleep(for: .milliseconds(Double.random(in: 0...30)))
        run.kill()
        _ = try await run.outcome()
        // What it left in staging is not verify's to remove; the next apply does.
        let verified = try await scenario.tool().run(["verify", "--deep"])
        #expect(verified.status == 0, "round \(round): \(verified.text)")
      }
      try await scenario.succeeds("gc", "--keep", "1")
      #expect(try Self.numbers(scenario).count == 1)
      #expect(try Self.stored(scenario) == 2)
    }
  }

  @Test func whatIsNoNumberIsRefused() async throws {
    try await Scenario.with { scenario in
      var text = ""
      for arguments in [["--keep=-1"], ["--older-than", "7"], ["--older-than", "soon"]] {
        let outcome = try await scenario.tool().run(["gc"] + arguments)
        #expect(outcome.status == 64, "\(outcome.text)")
        text += "$ pinion gc \(arguments.joined(separator: " "))\n\(outcome.text)"
      }
      try scenario.expectRecorded(text, named: "complaints-gc")
      let nothing = try await scenario.succeeds("gc", "--keep", "3")
      #expect(nothing == "Freed 0 bytes.\n")
      #expect(try await scenario.succeeds("history").contains("There is no environment yet"))
    }
  }
}
