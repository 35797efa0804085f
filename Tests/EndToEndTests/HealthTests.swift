import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("Health after the switch, hooks, and what happens where they fail")
struct HealthTests {
  /// What hooks write down, in the scenario's directory.
  private static let note =
    "printf '%s %s %s %s\\n' $PINION_EVENT $PINION_ENVIRONMENT $PINION_GENERATION $${PINION_PREVIOUS:-none}"

  /// A scenario with two versions of alpha on the index, and an application.
  private static func with(_ test: (Scenario, ApplicationServer) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"), PythonProject("alpha", "3.0"))
      let application = try ApplicationServer.start("\(scenario.directory)/application")
      defer { application.stop() }
      try await test(scenario, application)
    }
  }

  private static func declare(_ version: String, _ scenario: Scenario, _ spec: String, name: String = "demo") throws {
    try scenario.moduleSet(
      "a: {module: alpha, pip_name: alpha==\(version)}", spec: spec, name: name, file: "\(name).yaml")
  }

  private static func noting(_ scenario: Scenario) -> String {
    "onChange: [{exec: [sh, -c, \"\(note.replacing("\\", with: "\\\\")) >> '\(scenario.directory)/notes'\"]}]"
  }

  private static func notes(_ scenario: Scenario) throws -> [String] {
    String(decoding: try Files.readIfPresent("\(scenario.directory)/notes") ?? [], as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  @Test func whatBecomesHealthyInTimeStays() async throws {
    try await Self.with { scenario, application in
      try application.answer(503, 500, 200, 404, 200)
      let spec =
        "health: {http: \"\(application.url())\", within: 1m, every: 10ms, successes: 2}\n\(Self.noting(scenario))"
      try Self.declare("1.0", scenario, spec)
      let said = try await scenario.succeeds("apply", "-f", "demo.yaml")
      #expect(said.contains("Applied: generation 1 of demo is in use") && said.contains("demo was found healthy"))
      #expect(try application.requests().map(\.method) == Array(repeating: "GET", count: 6))
      #expect(!Files.exists(scenario.state.trial("demo")))
      // Nothing changed, nothing is told or asked.
      #expect(try await scenario.succeeds("apply", "-f", "demo.yaml").contains("up to date"))
      #expect(try Self.notes(scenario) == ["applied demo 1 none"])
      #expect(try application.requests().count == 6)
      #expect(try await scenario.succeeds("status").contains("Applied: generation 1 is in use"))
    }
  }

  @Test func whatStaysIllIsGoneBackFromAndHeld() async throws {
    try await Self.with { scenario, application in
      let spec =
        "health: {http: {url: \"\(application.url())\", contains: fine}, within: 200ms, every: 1m}\n\(Self.noting(scenario))"
      try Self.declare("1.0", scenario, spec)
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      try application.answer(503)
      try Self.declare("2.0", scenario, spec)
      var outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
      #expect(outcome.status == 1)
      #expect(outcome.errorOutput.contains("generation 2 was not healthy within 0.2 s: generation 1 is in use again"))
      #expect(outcome.errorOutput.contains("it answered 503"))
      #expect(scenario.current() == "generations/1")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "1.0\n")
      #expect(try Self.notes(scenario) == ["applied demo 1 none", "applied demo 2 1", "rolledBack demo 1 2"])
      let status = try await scenario.succeeds("status")
      #expect(status.contains("Ready: False  HealthFailed: generation 2 was not healthy") && status.contains("Stalled"))
      #expect(try await scenario.succeeds("history").contains("failed"))

      // Held: nothing is built, nobody is told, and it is said; with the lockfile as with the manifest.
      try application.answer(200)
      let plan = try await scenario.succeeds("plan", "-f", "demo.yaml")
      #expect(plan.contains("generation 2 failed its health check with this") && plan.contains("health: GET"))
      for arguments in [["apply", "-f", "demo.yaml"], ["apply", "-f", "demo.yaml", "--locked"]] {
        outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 1 && outcome.errorOutput.contains("generation 2 failed its health check"))
      }
      #expect(try await scenario.succeeds("status").contains("Quarantined: generation 2 failed"))
      #expect(try Files.list(scenario.state.generations("demo")) == ["1", "2"])
      #expect(try Self.notes(scenario).count == 3)

      // Something else goes, and the one that failed is then free to be tried.
      try Self.declare("3.0", scenario, spec)
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      #expect(scenario.current() == "generations/3")
      #expect(
        try await scenario.succeeds("rollback").contains("generation 3 → 1"), "the one that failed is passed over")
      try await scenario.succeeds("resume")
      try Self.declare("2.0", scenario, spec)
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "2.0\n")
      #expect(try await scenario.succeeds("status").contains("Ready  Applied"))
    }
  }

  @Test func whatIsHeldIsTriedAgainWhenSomebodySaysSo() async throws {
    try await Self.with { scenario, application in
      let spec =
        "health: {tcp: \"127.0.0.1:\(application.port)\", http: \"\(application.url())\", within: 100ms, every: 20ms}"
      try Self.declare("1.0", scenario, spec)
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      for resume in [["resume"], []] {
        try application.answer(503)
        try Self.declare("2.0", scenario, spec)
        _ = try await scenario.tool().run(["apply", "-f", "demo.yaml", "--resume"])
        #expect(scenario.current() == "generations/1")
        try application.answer(200)
        if !resume.isEmpty {
          #expect(try await scenario.succeeds("resume").contains("no longer held"))
          try await scenario.succeeds("apply", "-f", "demo.yaml")
          try Self.declare("1.0", scenario, spec)
          try await scenario.succeeds("apply", "-f", "demo.yaml")
          try await scenario.succeeds("rollback", "--to", "1")
        }
      }
      try await scenario.succeeds("apply", "-f", "demo.yaml", "--resume")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "2.0\n")
      // Another health check is another manifest.
      try application.answer(503)
      try Self.declare("3.0", scenario, spec)
      #expect(try await scenario.pinion("apply", "-f", "demo.yaml").status == 1)
      try Self.declare("3.0", scenario, "health: {tcp: \"127.0.0.1:\(application.port)\"}")
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      #expect(try await scenario.python("import alpha; print(alpha.__version__)") == "3.0\n")
    }
  }

  @Test func theFirstGenerationHasNothingToGoBackTo() async throws {
    try await Self.with { scenario, application in
      try application.answer(503)
      let spec = "health: {http: \"\(application.url())\", within: 100ms, every: 20ms}"
      try Self.declare("1.0", scenario, spec)
      var outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
      #expect(
        outcome.status == 1
          && outcome.errorOutput.contains("generation 1 was not healthy within 0.1 s, and stays in use"))
      #expect(scenario.current() == "generations/1")
      // A second one that fails does not lead back to the first, which was never healthy.
      try Self.declare("2.0", scenario, spec)
      outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
      #expect(outcome.status == 1 && outcome.errorOutput.contains("generation 2 was not healthy"))
      #expect(scenario.current() == "generations/2")
      // The next run may succeed with nothing changed.
      let status = try await scenario.succeeds("status")
      #expect(status.contains("Ready: False  HealthFailed") && !status.contains("Stalled"))
      // Whoever starts the application has the next apply see it.
      try application.answer(200)
      let said = try await scenario.succeeds("apply", "-f", "demo.yaml")
      #expect(said.contains("up to date") && said.contains("found healthy"))
      #expect(try await scenario.succeeds("status").contains("Ready  Applied"))
    }
  }

  @Test func aGenerationThatIsNotWholeIsNotGoneBackTo() async throws {
    try await Self.with { scenario, application in
      let spec = "health: {http: \"\(application.url())\", within: 100ms, every: 20ms}"
      try Self.declare("1.0", scenario, spec)
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      try Files.remove("\(scenario.state.generation("demo", 1))/links/alpha")
      try application.answer(503)
      let outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
      #expect(
        outcome.status == 1
          && outcome.errorOutput.contains("generation 1, which was in use before, is not whole any more"))
      #expect(scenario.current() == "generations/2")
      try application.answer(200)
      try await scenario.succeeds("apply", "-f", "demo.yaml")
    }
  }

  /// Where a run is killed, by what it waits for there.
  enum Moment: String, CaseIterable { case hook, check, interruptedCheck, hookAfterwards }

  @Test(arguments: Moment.allCases) func whatAKillLeavesTheNextApplyFinishes(_ moment: Moment) async throws {
    try await Self.with { scenario, application in
      let (gate, reached) = ("\(scenario.directory)/gate", "\(scenario.directory)/reached")
      // Waits at its moment for as long as the gate is there.
      let wait = "while test -e '\(gate)'; do echo $$$$ > '\(reached)'; sleep 0.05; done"
      let hook = "\(Self.note.replacing("\\", with: "\\\\")) >> '\(scenario.directory)/notes'"
      let event = moment == .hook ? "applied" : "rolledBack"
      let isCheck = moment == .check || moment == .interruptedCheck
      let hooks = isCheck ? "" : "if test $PINION_EVENT = \(event); then \(wait); fi; "
      let health = "\(isCheck ? "\(wait); " : "")test ! -e '\(scenario.directory)/ill'"
      let spec =
        "health: {exec: [sh, -c, \"\(health)\"], within: 100ms, every: 20ms, timeout: 1m}\n"
        + "onChange: [{exec: [sh, -c, \"\(hooks)\(hook)\"], timeout: 1m}]"
      try Self.declare("1.0", scenario, spec.replacing("within: 100ms", with: "within: 1m"))
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      try Files.write("", to: gate)
      if moment == .hookAfterwards { try Files.write("", to: "\(scenario.directory)/ill") }
      try Self.declare("2.0", scenario, isCheck ? spec.replacing("within: 100ms", with: "within: 1m") : spec)
      let run = try scenario.tool().start(["apply", "-f", "demo.yaml"])
      var waiting: Int32?
      while waiting == nil {
        try await Task.sleep(for: .milliseconds(10))
        waiting = try Files.readIfPresent(reached).flatMap {
          Int32(String(decoding: $0, as: UTF8.self).filter(\.isNumber))
        }
      }
      if moment == .interruptedCheck { run.send(SIGINT) } else { run.kill() }
      #expect(try await run.outcome(deadline: 60).status == (moment == .interruptedCheck ? 1 : 128 + SIGKILL))
      // What waits ends with the run that started it, and must not go on when the gate is gone.
      let id = try #require(waiting)
      for _ in 0..<500 where kill(id, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
      #expect(kill(id, 0) != 0)
      #expect(Files.exists(scenario.state.trial("demo")))
      #expect(scenario.current() == (moment == .hookAfterwards ? "generations/1" : "generations/2"))
      let status = try await scenario.succeeds("status")
      #expect(status.contains("OnTrial"), "it said:\n\(status)")
      try Files.remove(gate)

      if moment == .hookAfterwards {
        let outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
        #expect(outcome.status == 1 && outcome.errorOutput.contains("generation 2 failed its health check"))
        #expect(try Self.notes(scenario) == ["applied demo 1 none", "applied demo 2 1", "rolledBack demo 1 2"])
      } else {
        // Ill by now: what was left to be checked is gone back from.
        try Files.write("", to: "\(scenario.directory)/ill")
        try Self.declare("2.0", scenario, spec)
        let outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
        #expect(
          outcome.status == 1 && outcome.errorOutput.contains("generation 1 is in use again"),
          "it said:\n\(outcome.text)")
        #expect(try Self.notes(scenario).suffix(2) == ["applied demo 2 1", "rolledBack demo 1 2"])
        #expect(try Self.notes(scenario).count == 3)
      }
      #expect(scenario.current() == "generations/1")
      #expect(try Trial(scenario).stage == "quarantined")
    }
  }

  #if DEBUG
    @Test func aKillBeforeTheSwitchLosesNothingOfWhatIsHeld() async throws {
      try await Self.with { scenario, _ in
        let ill = "health: {exec: [\"false\"], within: 10ms, every: 1m}"
        try Self.declare("1.0", scenario, "health: {exec: [\"true\"]}")
        try await scenario.succeeds("apply", "-f", "demo.yaml")
        try Self.declare("2.0", scenario, ill)
        #expect(try await scenario.pinion("apply", "-f", "demo.yaml").status == 1)
        #expect(try Trial(scenario).stage == "quarantined")
        try Self.declare("3.0", scenario, ill)
        // A copy tells at which change the switch is written down; the next one is that of `current`.
        let copy = try await FaultHost(scenario).copied(to: "\(scenario.directory)/copy/my project")
        let (list, apply) = ("\(scenario.directory)/changes", ["apply", "-f", "demo.yaml"])
        #expect(try await copy.run(apply, fault: "list:\(list)").status == 1)
        let changes = String(decoding: try Files.read(list), as: UTF8.self).split(separator: "\n")
        let number = try #require(changes.firstIndex { $0.hasPrefix("rename") && $0.contains("/trial.json") }) + 2
        let killed = try await scenario.tool(["PINION_FAULT": "\(number):kill"]).run(apply)
        #expect(killed.status == 128 + SIGKILL)
        #expect(try Trial(scenario).stage == "switched")
        #expect(scenario.current() == "generations/1")
        try Self.declare("2.0", scenario, ill)
        let outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
        #expect(
          outcome.status == 1 && outcome.errorOutput.contains("generation 2 failed its health check"), "\(outcome.text)"
        )
      }
    }
  #endif

  private struct Trial: Decodable {
    var stage: String

    init(_ scenario: Scenario) throws {
      self = try #require(JSONText.value(Trial.self, from: Files.read(scenario.state.trial("demo"))))
    }
  }

  @Test func hooksOfEveryKind() async throws {
    try await Self.with { scenario, application in
      let pidFile = "\(scenario.directory)/daemon.pid"
      let daemon = CommandLineTool("/bin/sh", environment: scenario.environment, workingDirectory: scenario.directory)
      let script = "trap 'echo hup' HUP; trap 'exit 0' TERM; echo $$ > '\(pidFile)'; while :; do sleep 0.02; done"
      let running = try daemon.start(["-c", script])
      while !Files.exists(pidFile) { try await Task.sleep(for: .milliseconds(10)) }
      try Files.makeDirectory("\(scenario.directory)/stand-in")
      try Files.write(
        "#!/bin/sh\necho \"$@\" >> '\(scenario.directory)/systemctl'\n", to: "\(scenario.directory)/stand-in/systemctl",
        mode: 0o755)
      let path = "\(scenario.directory)/stand-in:\(scenario.environment["PATH"] ?? "")"
      let spec = """
        health: {pidFile: \(pidFile)}
        onChange:
        - {signal: HUP, pidFile: \(pidFile)}
        - {systemctl: reload-or-restart, unit: app@1.service}
        - {http: "\(application.url("/changed", userInfo: "hook:${HOOK_TOKEN}"))"}
        - {exec: [sh, -c, "cat > '\(scenario.directory)/input'; env | cut -d= -f1 | sort | tr '\\\\n' ' ' > '\(scenario.directory)/env'"]}
        """
      let variables = ["PATH": path, "HOOK_TOKEN": Scenario.token, "OTHER_SECRET": "not-for-hooks"]
      for version in ["1.0", "2.0"] {
        try Self.declare(version, scenario, spec)
        try await scenario.succeeds("apply", "-f", "demo.yaml", with: variables)
      }
      try await running.waitUntilOutputHas("hup")
      running.send(SIGTERM)
      #expect(try await running.outcome().status == 0)
      let calls = String(decoding: try Files.read("\(scenario.directory)/systemctl"), as: UTF8.self)
      #expect(calls == String(repeating: "--no-ask-password reload-or-restart app@1.service\n", count: 2))
      let told = try application.requests()
      #expect(told.map(\.method) == ["POST", "POST"] && told.allSatisfy { $0.login == "hook:\(Scenario.token)" })
      #expect(told[1].body.contains(#""event" : "applied""#) && told[1].body.contains(#""from" : "1.0""#))
      #expect(told[1].body == String(decoding: try Files.read("\(scenario.directory)/input"), as: UTF8.self))
      let names = String(decoding: try Files.read("\(scenario.directory)/env"), as: UTF8.self).split(separator: " ")
      #expect(
        names.filter { $0 != "PWD" && $0 != "_" && $0 != "SHLVL" && $0 != "OLDPWD" } == [
          "HOME", "LANG", "PATH", "PINION_ENVIRONMENT", "PINION_EVENT", "PINION_GENERATION", "PINION_PATH",
          "PINION_PREVIOUS",
        ])
    }
  }

  @Test func aHookThatFailsIsRunAgainAndTheOthersAreNot() async throws {
    try await Self.with { scenario, application in
      try application.answerPosts(500)
      let spec = "\(Self.noting(scenario).dropLast()), {http: \"\(application.url("/changed"))\"}]"
      try Self.declare("1.0", scenario, spec)
      let outcome = try await scenario.pinion("apply", "-f", "demo.yaml")
      #expect(outcome.status == 1 && outcome.errorOutput.contains("a hook failed: POST"))
      #expect(scenario.current() == "generations/1")
      #expect(try await scenario.succeeds("status").contains("HookFailed"))
      try application.answerPosts(200)
      try await scenario.succeeds("apply", "-f", "demo.yaml")
      #expect(try await scenario.succeeds("status").contains("Ready  Applied"))
      #expect(try Self.notes(scenario) == ["applied demo 1 none"] && application.requests().count == 2)
    }
  }

  @Test func aHookEndsWithItsGroupAtItsDeadlineAndSaysNoSecret() async throws {
    try await Self.with { scenario, _ in
      let child = "\(scenario.directory)/child"
      let spec = """
        onChange:
        - {exec: [sh, -c, "sleep 600 & echo $! > '\(child)'; wait"], timeout: 1s}
        - {exec: [sh, -c, "echo ${API_TOKEN} >&2; yes 0123456789 | head -c 3000000 >&2; echo ${API_TOKEN} >&2; exit 3"]}
        """
      try Self.declare("1.0", scenario, spec)
      let outcome = try await scenario.pinion("apply", "-f", "demo.yaml", with: ["API_TOKEN": Scenario.token])
      #expect(outcome.status == 1 && outcome.errorOutput.contains("it did not end within 1 s"))
      #expect(outcome.errorOutput.contains("it ended with status 3") && outcome.errorOutput.utf8.count < 5000)
      let id = try #require(Int32(String(decoding: Files.read(child), as: UTF8.self).filter(\.isNumber)))
      for _ in 0..<500 where kill(id, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
      #expect(kill(id, 0) != 0)
      for file in try TreeDigest.paths(of: scenario.state.environment("demo")) {
        #expect(!String(decoding: try Files.read(file), as: UTF8.self).contains(Scenario.token), "\(file)")
      }
    }
  }

  @Test func environmentsAreOnTrialByThemselves() async throws {
    try await Self.with { scenario, application in
      func declare(_ version: String) throws {
        try scenario.moduleSet(
          "a: {module: alpha, pip_name: alpha==\(version)}",
          spec: "health: {http: \"\(application.url())\", within: 100ms, every: 20ms}", name: "one",
          file: "both/one.yaml")
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(version)}", name: "two", file: "both/two.yaml")
      }
      try declare("1.0")
      try await scenario.succeeds("apply", "-f", "both", "--state", ".pinion")
      try application.answer(503)
      try declare("2.0")
      let outcome = try await scenario.pinion("apply", "-f", "both", "--state", ".pinion")
      #expect(outcome.status == 1)
      #expect(
        scenario.current("one") == "generations/1" && scenario.current("two") == "generations/2", "\(outcome.text)")
      let again = try await scenario.pinion("apply", "-f", "both", "--state", ".pinion")
      #expect(again.status == 1 && again.output.contains("two is up to date"))
    }
  }

  @Test func theHostSaysWhetherManifestsHaveHooks() async throws {
    try await Self.with { scenario, application in
      try Self.declare(
        "1.0", scenario, "health: {exec: [\"true\"]}\n\(Self.noting(scenario))")
      for host in ["policy: {pinned: warn}", "hooks: deny"] {
        try scenario.write("apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n  \(host)\n", to: "host.yaml")
        let said = try await scenario.fails("apply", "-f", "demo.yaml", "--host-policy", "host.yaml")
        #expect(said.contains("run commands: `health.exec`") && said.contains("have hooks: sh -c"))
      }
      try scenario.write("apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n  hooks: allow\n", to: "host.yaml")
      try await scenario.succeeds("apply", "-f", "demo.yaml", "--host-policy", "host.yaml")
      // Looking is no hook.
      try scenario.write("apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n  hooks: deny\n", to: "host.yaml")
      try Self.declare("1.0", scenario, "health: {http: \"\(application.url())\"}")
      try await scenario.succeeds("plan", "-f", "demo.yaml", "--host-policy", "host.yaml")
    }
  }
}
