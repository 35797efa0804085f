import Model
import Platform
import TestSupport
import Testing

/// What other installers lose: whole environments to a kill in the middle, and modules for as long as an installation takes.
@Suite("Kills and readers in the middle of an installation") struct KillLoopTests {
  private static let modules = (1...12).map { "part_\($0)" }
  private static let versions = ["1.0", "2.0"]

  /// Prints the version of each module, as all of its files have it, each once.
  private static let program = """
    import importlib
    print(*sorted({importlib.import_module(f'part_{number}.m{file}').version for number in range(1, 13) for file in range(20)}))
    """

  /// An environment in version 1.0, and what declares version 1.0 or 2.0 of everything, lockfile included.
  private static func with(_ test: (Scenario, (String) throws -> Void) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      var lockfiles: [String: [UInt8]] = [:]
      let path = "\(scenario.project)/pylock.demo.toml"
      func declare(_ version: String) throws {
        let entries = modules.map { "\($0): {module: \($0), pip_name: \($0)==\(version)}" }
        try scenario.moduleSet(entries.joined(separator: "\n"), spec: "verification: off")
        if let lockfile = lockfiles[version] { try Files.write(lockfile, to: path) }
      }
      for version in versions {
        try scenario.index.publish(
          modules.map { module in
            var files = ["\(module)/__init__.py": ""]
            for number in 0..<20 { files["\(module)/m\(number).py"] = "version = '\(version)'\n" }
            return PythonProject(module, version, files: files)
          })
        try declare(version)
        try await scenario.succeeds("lock")
        lockfiles[version] = try Files.read(path)
      }
      try declare("1.0")
      try await scenario.succeeds("apply", "--locked")
      try await test(scenario, declare)
    }
  }

  @Test func ofFortyKillsNoneBreaksAnything() async throws {
    try await Self.with { scenario, declare in
      var killed = 0
      for round in 1...40 {
        let (old, new) = round % 2 == 0 ? ("2.0", "1.0") : ("1.0", "2.0")
        try declare(new)
        // The store is filled anew every third time.
        if round % 3 == 0 { try Files.remove(scenario.state.store) }
        let start = ContinuousClock.now
        let run = try scenario.tool().start(["apply", "--locked"])
        try await Task.sleep(for: .milliseconds(Double.random(in: 0...400)))
        run.kill()
        let outcome = try await run.outcome()
        if outcome.status != 0 { killed += 1 }
        if round % 3 != 0 {
          // Staging is the next apply's to tidy up.
          let found = try await scenario.run("\(scenario.state.current("demo"))/bin/python", "-c", Self.program)
          #expect(["\(old)\n", "\(new)\n"].contains(found), "round \(round), after \(ContinuousClock.now - start)")
        }
        try await scenario.succeeds("apply", "--locked")
        #expect(try await scenario.python(Self.program) == "\(new)\n", "round \(round)")
        let verified = try await scenario.pinion("verify")
        #expect(verified.status == 0, "round \(round): \(verified.text)")
      }
      #expect(killed > 10, "most runs ended before they could be killed")
      let deep = try await scenario.pinion("verify", "--deep")
      #expect(deep.status == 0, "\(deep.text)")
      #expect(try Files.list(scenario.state.staging) == [])
    }
  }

  @Test func noModuleIsMissingForAMoment() async throws {
    try await Self.with { scenario, declare in
      let ready = "\(scenario.directory)/ready"
      let stop = "\(scenario.directory)/stop"
      // Looks for every module, over and over, as a process that starts at that moment would.
      let watcher = try CommandLineTool(
        scenario.tools.plainPython, environment: scenario.environment, workingDirectory: scenario.directory
      ).start([
        "-c",
        """
        import os, sys
        site, ready, stop = sys.argv[1:]
        paths = [f'{site}/part_{number}/m{file}.py' for number in range(1, 13) for file in range(20)]
        looks = missing = changes = 0
        last = None
        while not os.path.exists(stop):
            for path in paths:
                looks += 1
                try:
                    with open(path) as file: text = file.read()
                except FileNotFoundError:
                    missing += 1
                    continue
                if path == paths[0] and text != last: changes, last = changes + 1, text
            if not os.path.exists(ready): open(ready, 'w').close()
        print(looks > 2000, missing, changes)
        """, try await Self.site(scenario), ready, stop,
      ])
      while !Files.exists(ready) { try await Task.sleep(for: .milliseconds(5)) }
      for round in 1...12 {
        try declare(round % 2 == 0 ? "1.0" : "2.0")
        try await scenario.succeeds("apply", "--locked")
      }
      try Files.write("", to: stop)
      let outcome = try await watcher.outcome()
      #expect(outcome.output == "True 0 13\n", "\(outcome.text)")
    }
  }

  /// The modules' directory, by way of the link that is switched.
  private static func site(_ scenario: Scenario) async throws -> String {
    let current = scenario.state.current("demo")
    let file = try await scenario.python("import part_1; print(part_1.__path__[0], end='')")
    let generation = try #require(Files.realPath(current))
    guard let range = file.firstRange(of: generation) else { return file.parentPath }
    return file.replacingCharacters(range, with: current).parentPath
  }
}

extension String {
  fileprivate func replacingCharacters(_ range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
