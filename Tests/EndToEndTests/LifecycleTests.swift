import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("Rollback, drift, several writers, sudden death")
struct LifecycleTests {
  private static func withTwoGenerations(_ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("alpha", "2.0", requires: ["beta"]),
        PythonProject("beta"))
      for version in ["1.0", "2.0"] {
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(version)}")
        try await scenario.succeeds("apply")
      }
      try await test(scenario)
    }
  }

  @Test func rollbackPinsUntilResume() async throws {
    try await Self.withTwoGenerations { scenario in
      #expect(try await scenario.succeeds("rollback").contains("generation 2 → 1"))
      #expect(scenario.current() == "generations/1")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "1.0\n")
      #expect(try await scenario.succeeds("apply").contains("pinned to generation 1"))
      #expect(try await scenario.succeeds("apply", "--locked").contains("pinned to generation 1"))
      #expect(scenario.current() == "generations/1")
      #expect(try await scenario.succeeds("status").contains("Suspended"))
      #expect(try await scenario.succeeds("resume").contains("no longer pinned"))
      try await scenario.succeeds("apply")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "2.0\n")

      try await scenario.succeeds("rollback", "--to", "2")
      try await scenario.succeeds("rollback", "--to", "1")
      try await scenario.succeeds("apply", "--resume")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "2.0\n")
      #expect(try await scenario.fails("rollback", "--to", "99").contains("generation 99 does not exist"))
      #expect(try await scenario.succeeds("resume").contains("was not pinned"))
    }
  }

  @Test func rollbackGoesOnlyWhereAGenerationIsWhole() async throws {
    try await Self.withTwoGenerations { scenario in
      // Whole, and not in use.
      try Files.replaceLink(scenario.state.current("demo"), to: "generations/1")
      #expect(try await scenario.fails("rollback").contains("generation 1 is the oldest one"))
      #expect(try await scenario.succeeds("rollback", "--to", "2").contains("generation 1 → 2"))
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "2.0\n")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.succeeds("apply").contains("pinned to generation 2"))
      try await scenario.succeeds("resume")

      // As a kill in the middle leaves it, and as a newer Pinion does.
      try Files.makeDirectory("\(scenario.state.generation("demo", 3))/links")
      #expect(try await scenario.fails("rollback", "--to", "3").contains("the record of generation 3 is gone"))
      try Files.makeDirectory(scenario.state.generation("demo", 4))
      try Files.write(
        #"{"formatVersion": 99, "number": 4}"#, to: "\(scenario.state.generation("demo", 4))/generation.json")
      #expect(try await scenario.fails("rollback", "--to", "4").contains("has format 99, this Pinion reads 1"))
      #expect(scenario.current() == "generations/2")

      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      let outcome = try await scenario.pinion("apply")
      #expect(outcome.status == 0 && scenario.current() == "generations/5", "it said:\n\(outcome.text)")
      #expect(outcome.errorOutput.contains("warning: generation 4 was left alone"), "it said:\n\(outcome.text)")
      #expect(try Files.list(scenario.state.generations("demo")) == ["1", "2", "4", "5"])
    }
  }

  @Test func whatWasNeverInUseIsNothingToGoBackTo() async throws {
    try await Self.withTwoGenerations { scenario in
      // As a kill between putting generation 2 in place and switching to it leaves it.
      try Files.replaceLink(scenario.state.current("demo"), to: "generations/1")
      try Files.write("2\n", to: scenario.state.pending("demo"))
      #expect(try await scenario.succeeds("apply").contains("generation 2"))
      #expect(try Files.list(scenario.state.generations("demo")) == ["1", "2"])
      #expect(!Files.exists(scenario.state.pending("demo")))

      try Files.replaceLink(scenario.state.current("demo"), to: "generations/1")
      try Files.write("2\n", to: scenario.state.pending("demo"))
      let outcome = try await scenario.pinion("rollback", "--to", "2")
      #expect(outcome.status == 1 && outcome.errorOutput.contains("generation 2 does not exist"), "\(outcome.text)")
      // A kill right after the switch: it is in use.
      try await scenario.succeeds("apply")
      try Files.write("2\n", to: scenario.state.pending("demo"))
      #expect(try await scenario.succeeds("rollback").contains("generation 2 → 1"))
      #expect(try Files.list(scenario.state.generations("demo")) == ["1", "2"])
    }
  }

  /// Something that happens to a generation behind Pinion's back.
  struct Mishap: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var happen: @Sendable (String) throws -> Void
  }

  static let mishaps = [
    Mishap(testDescription: "a link is gone") { try Files.remove("\($0)/links/alpha") },
    Mishap(testDescription: "a link points elsewhere") { try Files.replaceLink("\($0)/links/alpha", to: "/nowhere") },
    Mishap(testDescription: "a link became a file") {
      try Files.remove("\($0)/links/alpha")
      try Files.write("x", to: "\($0)/links/alpha")
    },
    Mishap(testDescription: "a script was changed") { try Files.write("#!/bin/sh\n", to: "\($0)/bin/alpha-run") },
    Mishap(testDescription: "somebody installed something") {
      for library in try Files.list("\($0)/lib") {
        try Files.makeDirectory("\($0)/lib/\(library)/site-packages/stray")
        try Files.write("", to: "\($0)/lib/\(library)/site-packages/stray/__init__.py")
      }
    },
    Mishap(testDescription: "metadata is gone") {
      for library in try Files.list("\($0)/lib") {
        try Files.remove("\($0)/lib/\(library)/site-packages/alpha-1.0.dist-info/METADATA")
      }
    },
    Mishap(testDescription: "the interpreter's link is gone") { try Files.remove("\($0)/bin/python") },
    Mishap(testDescription: "a store entry is gone") {
      for key in try Files.list("\($0)/../../../../store") { try Files.remove("\($0)/../../../../store/\(key)") }
    },
  ]

  @Test(arguments: mishaps) func driftIsSeenAndHealed(_ mishap: Mishap) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", scripts: ["alpha-run": "alpha:main"]))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.pinion("verify").status == 0)
      try mishap.happen(scenario.state.generation("demo", 1))

      let verification = try await scenario.pinion("verify")
      #expect(verification.status == 2)
      #expect(try await scenario.succeeds("status").contains("Drifted"))
      #expect(try await scenario.pinion("plan", "--detailed-exitcode", "--locked").status == 2)
      try await scenario.succeeds("apply", "--locked")
      #expect(scenario.current() == "generations/2")
      #expect(try await scenario.pinion("verify").status == 0)
      #expect(try await scenario.succeeds("exec", "--", "alpha-run") == "1.0\n")
      #expect(try await scenario.succeeds("apply").contains("up to date"))
    }
  }

  @Test func aDeepCheckFindsAChangedStoreFileAndTheNextApplyHeals() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", requires: ["beta"]), PythonProject("beta"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      try await scenario.succeeds("apply")
      for name in ["alpha", "my_link"] {
        let file = try #require(Files.realPath("\(scenario.state.current("demo"))/links/\(name)/__init__.py"))
        chmod(file, 0o644)
        try Files.write("print('changed by somebody')\n", to: file)
      }
      #expect(try await scenario.pinion("verify").status == 0)
      #expect(try await scenario.pinion("verify", "--deep").status == 2)
      #expect(try await scenario.pinion("verify").status == 2)
      try await scenario.succeeds("apply")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.python("import alpha, my_link; print(alpha.run(), my_link.run())") == "1.0 1.0\n")
      #expect(try await scenario.succeeds("apply", "--deep").contains("up to date"))
    }
  }

  @Test func anotherWriterIsWaitedForAndNamed() async throws {
    try await Self.withTwoGenerations { scenario in
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("lock")
      var held: FileLock? = try await FileLock.acquire(
        scenario.state.lock("demo"), waitingUpTo: 1, command: "somebody else's apply")
      let text = try await scenario.fails("apply", "--locked", "--lock-timeout", "0.3")
      #expect(text.contains("process \(getpid()) holds the lock: somebody else's apply"))
      #expect(text.contains("--lock-timeout"))
      // Readers are not kept waiting.
      try await scenario.succeeds("status")
      try await scenario.succeeds("plan", "--locked")
      try await scenario.succeeds("exec", "--", "python", "-c", "import alpha")

      let waiting = try scenario.tool().start(["apply", "--locked", "--lock-timeout", "60"])
      while try !waiting.errorOutputSoFar().contains("Waiting for another Pinion") {
        try await Task.sleep(for: .milliseconds(10))
      }
      withExtendedLifetime(held) {}
      withExtendedLifetime(held) {}
      held = nil
      let outcome = try await waiting.outcome()
      #expect(outcome.status == 0, "it said:\n\(outcome.text)")
      #expect(scenario.current() == "generations/3")
    }
  }

  @Test func severalWritersAtOnceTakeTurns() async throws {
    try await Self.withTwoGenerations { scenario in
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      let runs = try (0..<4).map { _ in try scenario.tool().start(["apply"]) }
      for run in runs {
        let outcome = try await run.outcome()
        #expect(outcome.status == 0, "it said:\n\(outcome.text)")
      }
      #expect(scenario.current() == "generations/3")
      #expect(try Files.list(scenario.state.staging) == [])
    }
  }

  @Test func separateEnvironmentsOfOneStateDirectoryDoNotDisturbEachOther() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish((0..<12).map { PythonProject("package-\($0)", requires: ["shared"]) })
      try scenario.index.publish(PythonProject("shared"))
      _ = try await scenario.repository("link", PythonProject("my-link", requires: ["shared"]))
      for name in ["one", "two", "three"] {
        let modules = (0..<12).map { "p\($0): {module: package_\($0), pip_name: package-\($0)}" }
        let link = "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}"
        try scenario.moduleSet((modules + [link]).joined(separator: "\n"), name: name, file: "\(name).yaml")
      }
      let runs = try ["one", "two", "three"].map { try scenario.tool().start(["apply", "-f", "\($0).yaml"]) }
      for run in runs {
        let outcome = try await run.outcome()
        #expect(outcome.status == 0, "it said:\n\(outcome.text)")
      }
      for name in ["one", "two", "three"] {
        let program = "import package_0, package_11, my_link, shared; print('all')"
        #expect(
          try await scenario.succeeds("exec", "--environment", name, "--", "python", "-c", program) == "all\n")
      }
      #expect(try Files.list(scenario.state.staging) == [])
    }
  }

  @Test func deathAtAnyMomentLeavesTheOldOrTheNew() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("alpha", "2.0", requires: ["beta", "gamma"]),
        PythonProject("beta"), PythonProject("gamma"))
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.0"))
      func declare(_ version: String) async throws {
        try scenario.moduleSet(
          "a: {module: alpha, pip_name: alpha==\(version)}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}"
        )
      }
      try await declare("1.0")
      let start = ContinuousClock.now
      try await scenario.succeeds("apply")
      let whole = (ContinuousClock.now - start) / .milliseconds(1)

      for round in 1...12 {
        let version = round % 2 == 0 ? "1.0" : "2.0"
        try await declare(version)
        try await repository.commit(try PythonProject("my-link", "1.\(round)").tree())
        let run = try scenario.tool().start(["apply"])
        try await Task.sleep(for: .milliseconds(Double.random(in: 0...whole)))
        run.kill()
        _ = try await run.outcome()
        #expect(["1.0\n", "2.0\n"].contains(try await Self.version(scenario)), "round \(round)")
        let lockfile = try scenario.lockfile()
        #expect(lockfile.hasSuffix("\n") && lockfile.contains("[tool.pinion]"))
      }
      try await declare("1.0")
      try await scenario.succeeds("apply")
      #expect(try Files.list(scenario.state.staging) == [])
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.python("import alpha, my_link; print(alpha.run(), my_link.run())") == "1.0 1.12\n")
      // Every generation that is there is whole.
      for number in try Files.list(scenario.state.generations("demo")) {
        #expect(Files.exists("\(scenario.state.generations("demo"))/\(number)/generation.json"))
      }
    }
  }

  @Test func whatARunStartedEndsWithIt() async throws {
    try await Scenario.with { scenario in
      let note = "\(scenario.directory)/builder"
      var slow = PythonProject("my-link")
      slow.onBuild = "import os, time; open('\(note)', 'w').write(str(os.getpid())); time.sleep(600)"
      _ = try await scenario.repository("link", slow)
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      let run = try scenario.tool().start(["apply"])
      var builder: Int32?
      for _ in 0..<3000 where builder == nil {
        try await Task.sleep(for: .milliseconds(20))
        builder = try Files.readIfPresent(note).flatMap { Int32(String(decoding: $0, as: UTF8.self)) }
      }
      let id = try #require(builder)
      #expect(kill(id, 0) == 0)
      run.kill()
      _ = try await run.outcome()
      for _ in 0..<500 where kill(id, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
      #expect(kill(id, 0) != 0, "the build goes on without the run that started it")
      // What the kill left in staging goes with the next run, also one with nothing else to do.
      try scenario.moduleSet("j: {module: json}")
      try await scenario.succeeds("apply")
      #expect(try Files.list(scenario.state.staging) == [])
    }
  }

  private static func version(_ scenario: Scenario) async throws -> String {
    try await scenario.run(
      "\(scenario.state.current("demo"))/bin/python", "-c", "import alpha, beta, my_link; print(alpha.__version__)")
  }

  @Test func anInterruptionChangesNothing() async throws {
    try await Scenario.with { scenario in
      var slow = PythonProject("my-link")
      slow.onBuild = "import time; open('\(scenario.directory)/building', 'w').close(); time.sleep(120)"
      _ = try await scenario.repository("link", slow)
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      let run = try scenario.tool().start(["apply"])
      while !Files.exists("\(scenario.directory)/building") { try await Task.sleep(for: .milliseconds(20)) }
      run.send(SIGINT)
      let outcome = try await run.outcome(deadline: 30)
      #expect(outcome.status == 1)
      try scenario.expectRecorded(outcome.text, named: "error-interrupted")
      #expect(scenario.current() == nil)
      #expect(try Files.list(scenario.state.staging) == [])
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func anInterruptionWhileAGitServerIsSilentEndsTheRun(_ number: Int32) async throws {
    try await Scenario.with { scenario in
      let log = "\(scenario.directory)/silent.log"
      let silent = try GitServer.start(root: scenario.repositories, mode: .silent, log: log)
      defer { silent.stop() }
      try scenario.moduleSet("l: {module: my_link, pip_name: \"git+\(silent.url("link.git"))\"}")
      let run = try scenario.tool().start(["apply", "--git-timeout", "1h"])
      while !Files.exists(log) { try await Task.sleep(for: .milliseconds(20)) }
      let helpers = try Self.children(of: run.pid)
      #expect(helpers.count == 1)
      run.send(number)
      let outcome = try await run.outcome(deadline: 30)
      #expect(outcome.status == 1)
      #expect(outcome.text.contains("interrupted"), "\(outcome.text)")
      #expect(scenario.current() == nil)
      #expect(try Files.list(scenario.state.staging) == [])
      for helper in helpers {
        for _ in 0..<500 where kill(helper, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(kill(helper, 0) != 0, "the helper goes on without the run that started it")
      }
    }
  }

  /// The processes that a process started and that have not ended.
  private static func children(of pid: Int32) throws -> [Int32] {
    try Files.list("/proc").compactMap { Int32($0) }.filter { child in
      guard let status = (try? Files.read("/proc/\(child)/stat")).map({ String(decoding: $0, as: UTF8.self) }),
        let name = status.lastIndex(of: ")")
      else { return false }
      // Behind the name: the state, and the parent. See proc(5).
      return status[status.index(after: name)...].split(separator: " ").dropFirst().first == "\(pid)"
    }
  }
}
