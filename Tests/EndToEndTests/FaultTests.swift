#if DEBUG
  import Glibc
  import Model
  import Platform
  import TestSupport
  import Testing

  /// Runs that break at each of their changes of files in turn: what is left works, and the next run puts all right.
  @Suite("Faults at every change of files") struct FaultTests {
    /// A run that is broken, from where it starts to where it leads.
    struct Journey: Sendable, CustomTestStringConvertible {
      var testDescription: String
      /// What comes before.
      var prepare: @Sendable (Scenario) async throws -> Void = { _ in }
      /// The run.
      var command: [String]
      /// What puts all right afterwards.
      var again: [[String]]
      /// What may be in use after the break.
      var between = ["1.0 1.0", "2.0 2.0"]
      /// What must be in use in the end.
      var end = "2.0 2.0"
      /// Whether `verify` must find nothing after the break.
      var verifies = true
      /// Every how many changes one is broken, where not all are.
      var stride = 1
      /// With which status the runs end that nothing breaks.
      var status: Int32 = 0
    }

    static let errors = ["ENOSPC", "EIO", "EACCES", "EROFS"]
    static let words = [
      "ENOSPC": "No space left on device", "EIO": "Input/output error", "EACCES": "Permission denied",
      "EROFS": "Read-only file system",
    ]

    private static let applying = ["apply", "--locked"]

    private static let journeys = [
      Journey(testDescription: "apply", command: applying, again: [applying], stride: 4),
      Journey(
        testDescription: "apply with a new lockfile",
        prepare: {
          try Files.write(try Files.read("\($0.directory)/first.toml"), to: "\($0.project)/pylock.demo.toml")
        },
        command: ["apply"], again: [["apply"]], stride: 11),
      Journey(
        testDescription: "apply that heals the store",
        prepare: { scenario in
          try await scenario.succeeds("apply", "--locked")
          let file = try #require(Files.realPath("\(scenario.state.current("demo"))/links/beta/__init__.py"))
          chmod(file, 0o644)
          try Files.write("damaged = True\n" + String(decoding: try Files.read(file), as: UTF8.self), to: file)
          #expect(try await scenario.pinion("verify", "--deep").status == 2)
        },
        command: applying, again: [applying], between: ["2.0 2.0"], verifies: false, stride: 11),
      Journey(
        testDescription: "rollback",
        prepare: { try await $0.succeeds("apply", "--locked") },
        command: ["rollback"], again: [applying, ["rollback", "--to", "1"]], end: "1.0 1.0"),
      Journey(
        testDescription: "gc",
        prepare: { scenario in
          // Three generations: the current one and the one before it stay.
          try await scenario.succeeds("apply", "--locked")
          try Files.remove("\(scenario.state.current("demo"))/links/alpha")
          try await scenario.succeeds("apply", "--locked")
        },
        command: ["gc", "--keep", "1"], again: [["gc", "--keep", "1"], applying], between: ["2.0 2.0"], stride: 4),
      Journey(
        testDescription: "apply with a hook and a health check",
        prepare: { try declare("2.0", $0, "health: {exec: [\"true\"]}\nonChange: [{exec: [\"true\"]}]") },
        command: applying, again: [applying], stride: 5),
      Journey(
        testDescription: "apply that is gone back from",
        prepare: { try declare("2.0", $0, "health: {exec: [\"false\"], within: 10ms, every: 1m}") },
        command: applying, again: [applying], end: "1.0 1.0", stride: 5, status: 1),
    ]

    @Test(arguments: journeys) func leaveTheOldOrTheNewAndNothingElse(_ journey: Journey) async throws {
      try await Self.withTwoVersions { scenario in
        try await journey.prepare(scenario)
        let origin = FaultHost(scenario)
        let whole = try await origin.copied(to: "\(scenario.directory)/whole/my project")
        let list = "\(scenario.directory)/changes"
        #expect(try await whole.run(journey.command, fault: "list:\(list)").status == journey.status)
        for command in journey.again { #expect(try await whole.run(command).status == journey.status) }
        #expect(try await whole.works() == journey.end)
        let names = try whole.names()
        let changes = String(decoding: try Files.read(list), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(changes.count > 5)

        let trials = Self.faults(changes, stride: journey.stride)
        let problems = try await withThrowingTaskGroup(of: [String].self) { group in
          var problems: [String] = []
          for (index, trial) in trials.enumerated() {
            if index >= 4 { problems += try await group.next() ?? [] }
            group.addTask {
              let place = "\(scenario.directory)/trial-\(index)"
              let host = try await origin.copied(to: "\(place)/my project")
              let found = try await Self.problems(of: trial.fault, journey, in: host, names: names)
              try Files.remove(place)
              return found.map { "\(trial.fault), \(trial.change): \($0)" }
            }
          }
          for try await found in group { problems += found }
          return problems
        }
        #expect(problems.isEmpty, "\(problems.count) of \(trials.count):\n\(problems.joined(separator: "\n"))")
      }
    }

    /// Whether each fault is tried at each change, which takes minutes: `make faults`.
    private static let isThorough = getenv("PINION_FAULTS").map { String(cString: $0) } == "all"

    /// An end at a change, one of the errors, and one that lasts: in turn, or all of them at each.
    private static func faults(_ changes: [String], stride: Int) -> [(fault: String, change: String)] {
      Swift.stride(from: 1, through: changes.count, by: isThorough ? 1 : stride).enumerated().flatMap {
        turn, number -> [(fault: String, change: String)] in
        let faults = [
          "\(number):kill", "\(number):\(errors[turn / 3 % 4])", "\(number)+:\(turn % 2 == 0 ? "EROFS" : "ENOSPC")",
        ]
        return (isThorough ? faults : [faults[turn % 3]]).map { (fault: $0, change: changes[number - 1]) }
      }
    }

    /// What is not as it must be, during a run that breaks and after it.
    private static func problems(
      of fault: String, _ journey: Journey, in host: FaultHost, names: Set<String>
    ) async throws -> [String] {
      var problems: [String] = []
      func require(_ isRight: Bool, _ words: @autoclosure () -> String) { if !isRight { problems.append(words()) } }

      let outcome = try await host.run(journey.command, fault: fault)
      if fault.hasSuffix(":kill") {
        require(outcome.status == 128 + SIGKILL, "it ended with \(outcome.status): \(outcome.text)")
      } else {
        require(outcome.status == 0 || outcome.status == 1, "it ended with \(outcome.status): \(outcome.text)")
        let word = words[fault.split(separator: ":").last.map(String.init) ?? ""] ?? ""
        require(outcome.status == 0 || outcome.errorOutput.contains("error:"), "no error is shown: \(outcome.text)")
        // A change that may fail unheard is none that the run fails for.
        let isIll = journey.status == 1 && outcome.errorOutput.contains("health")
        require(
          outcome.status == 0 || isIll || outcome.errorOutput.contains(word), "it does not say why: \(outcome.text)")
        for sign in ["Traceback", "Fatal error", "Stack dump"] {
          require(!outcome.text.contains(sign), "it said: \(outcome.text)")
        }
      }
      let found = try await host.works()
      require(journey.between.contains(found), "what is in use says \(found)")
      if outcome.status == 0 { require(found == journey.end, "it ended well, and what is in use says \(found)") }
      if journey.verifies {
        let verified = try await host.run(["verify"])
        require(verified.status == 0, "verify says \(verified.text)")
      }

      // What stayed on record behind the switch is healed once more, in another generation.
      let isHealedAgain =
        Files.exists(host.state.damage("demo"))
        && names.contains("/.pinion/environments/demo/current -> generations/\(host.current ?? 0)")
      for command in journey.again {
        let next = try await host.run(command)
        require(next.status == journey.status, "\(command) says \(next.text)")
        require(!next.text.contains("warning:"), "\(command) says \(next.text)")
        if let pin = try Files.readIfPresent(host.state.pin("demo")) {
          require(String(decoding: pin, as: UTF8.self) == "\(host.current ?? 0)\n", "pinned, and not to what is in use")
        }
      }
      let last = try await host.works()
      require(last == journey.end, "in the end, what is in use says \(last)")
      let verified = try await host.run(["verify", "--deep"])
      require(verified.status == 0, "in the end, verify says \(verified.text)")
      let staged = try Files.list(host.state.staging)
      require(staged.isEmpty, "staging holds \(staged)")
      let left = try host.names()
      require(isHealedAgain || left == names, "other names: \(left.symmetricDifference(names).sorted())")
      return problems
    }

    private static func declare(_ version: String, _ scenario: Scenario, _ spec: String = "") throws {
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha==\(version)}\nb: {module: beta, pip_name: beta==\(version)}", spec: spec)
    }

    /// A host with version 1.0 of two packages in use, and a manifest and lockfile for 2.0.
    static func withTwoVersions(_ test: (Scenario) async throws -> Void) async throws {
      try await Scenario.with { scenario in
        for version in ["1.0", "2.0"] {
          let alpha = PythonProject(
            "alpha", version, requires: ["beta"], scripts: ["alpha-run": "alpha:both"],
            files: [
              "alpha/__init__.py":
                "from importlib.metadata import version\nfrom beta import run\n\n\ndef both():\n    assert version('beta') == run()\n    print(version('alpha'), run())\n"
            ])
          try scenario.index.publish(alpha, PythonProject("beta", version))
        }
        try declare("1.0", scenario)
        try await scenario.succeeds("apply")
        try Files.write(try Files.read("\(scenario.project)/pylock.demo.toml"), to: "\(scenario.directory)/first.toml")
        try declare("2.0", scenario)
        try await scenario.succeeds("lock")
        try await test(scenario)
      }
    }
  }
#endif
