internal import Glibc
internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

/// What wheels bring, held against the rules of an environment.
@Suite struct ContentTests {
  private static func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

  private func policy(_ edit: (inout Policy) -> Void) -> Policy {
    var policy = Policy(for: .moduleSet)
    edit(&policy)
    return policy
  }

  /// Builds and publishes; what was warned of, and the generation's directory.
  private func build(
    _ bench: Bench, _ installed: [InstalledDistribution], _ policy: Policy
  ) throws -> (home: String, warnings: [Diagnostic]) {
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    var blueprint = try bench.blueprint(installed)
    blueprint.policy = policy
    let staged = try GenerationBuilder(state: bench.state).build(blueprint, in: staging)
    try staged.publish()
    return (bench.generations.path(blueprint.number), staged.warnings)
  }

  private func install(
    _ bench: Bench, _ wheel: WheelFixture, _ rules: Store.WheelRules
  ) throws -> InstalledDistribution {
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    let file = try wheel.write(into: "\(bench.root)/wheels")
    let unpacked = try bench.store.unpack(wheel: file.path, key: file.sha256, in: staging, rules: rules)
    try bench.store.adopt([unpacked])
    return InstalledDistribution(
      name: unpacked.record.name, version: unpacked.record.version, identity: .wheel(sha256: file.sha256),
      storeKey: file.sha256, modules: [])
  }

  // MARK: collisions

  static let tests = [
    WheelFixture("alpha", files: ["alpha.py": "", "tests/__init__.py": "who = 'alpha'\n", "tests/a.py": ""]),
    WheelFixture("beta", files: ["beta.py": "", "tests/__init__.py": "who = 'beta'\n", "tests/b.py": ""]),
  ]

  /// Who gives way does not depend on the order in which they are installed.
  @Test(arguments: [(nil, "alpha"), ("alpha", "beta"), ("beta", "alpha")] as [(String?, String)])
  func oneGivesWayWhereThatIsAllowed(named: String?, winner: String) async throws {
    let bench = try await Bench()
    let installed = try bench.install(Self.tests)
    let rule = try RuleByName(named == nil ? .warn : .error, named: named.map { [try Self.name($0): .warn] } ?? [:])
    for order in [installed, installed.reversed()] {
      let (home, warnings) = try build(bench, order, policy { $0.collisions = rule })
      #expect(warnings.map(\.message) == ["alpha and beta both bring 'tests/__init__.py'"])
      #expect(warnings.first?.severity == .warning)
      #expect(warnings.first?.cause?.contains("\(winner) has its way") == true)
      let program = "import tests, tests.a, tests.b; print(tests.who)"
      #expect(try await bench.output("\(home)/bin/python", ["-c", program]) == winner)
    }
    #expect(installed.allSatisfy { bench.store.damage(of: $0.storeKey).isEmpty })
  }

  @Test func whatIsTheSameDoesNotCollide() async throws {
    let bench = try await Bench()
    let installed = try bench.install([
      WheelFixture(
        "alpha",
        files: [
          "tests/__init__.py": "", "alpha-1.0.data/data/share/x": "1", "alpha-1.0.data/scripts/run": "#!python\n",
        ]),
      WheelFixture(
        "beta",
        files: ["tests/__init__.py": "", "beta-1.0.data/data/share/x": "1", "beta-1.0.data/scripts/run": "#!python\n"]),
    ])
    let (home, warnings) = try build(bench, installed, policy { _ in })
    #expect(warnings.isEmpty && Files.exists("\(home)/share/x") && Files.exists("\(home)/bin/run"))
  }

  @Test func filesDirectoriesDataAndCommandsGiveWayAsWell() async throws {
    let bench = try await Bench()
    let installed = try bench.install([
      WheelFixture(
        "alpha",
        files: [
          "one": "file\n", "two/a.py": "x = 1\n", "alpha-1.0.data/data/share/x": "alpha",
          "alpha-1.0.data/data/bin/tool": "#!/bin/sh\necho alpha\n",
        ], commands: ["run = alpha:main"]),
      WheelFixture(
        "beta",
        files: [
          "one/a.py": "", "one/b.py": "", "two": "file\n", "beta-1.0.data/data/share/x": "beta",
          "beta-1.0.data/scripts/tool": "#!/bin/sh\necho beta\n",
        ], commands: ["run = beta:main"]),
    ])
    let (home, warnings) = try build(bench, installed, policy { $0.collisions = RuleByName(.warn) })
    #expect(
      warnings.map(\.message).sorted() == [
        "alpha and beta both bring 'one', 'two'", "alpha and beta both bring 'share/x'",
        "alpha and beta both bring the commands 'run', 'tool'",
      ] || warnings.count == 3)
    #expect(try Files.read("\(home)/links/one") == Array("file\n".utf8))
    #expect(try Files.read("\(home)/links/two/a.py") == Array("x = 1\n".utf8))
    #expect(try Files.read("\(home)/share/x") == Array("alpha".utf8))
    #expect(try await bench.output("\(home)/bin/tool") == "alpha")
    #expect(String(decoding: try Files.read("\(home)/bin/run"), as: UTF8.self).contains("from alpha import main"))
  }

  // MARK: RECORD

  private static let sloppy: WheelFixture = {
    var wheel = WheelFixture("sloppy", files: ["sloppy.py": "", "more.py": ""])
    wheel.editRecord = { lines in
      lines.filter { !$0.hasPrefix("more") } + ["gone.py,sha256=\(WheelFixture.base64([])),0", "../x,,"]
    }
    return wheel
  }()

  @Test func aSloppyRecordPassesWhereThatIsAllowed() async throws {
    let bench = try await Bench()
    let installed = try install(bench, Self.sloppy, Store.WheelRules(record: .warn))
    let rule = RuleByName(.error, named: [try Self.name("sloppy"): .warn])
    let lax = policy { $0.record = rule }
    let (home, warnings) = try build(bench, [installed], lax)
    #expect(Files.exists("\(home)/links/more.py") && warnings.map(\.severity) == [.warning])
    // What is in the store, since another environment lets it pass, is held to the rules of this one.
    #expect(throws: Failure.self) { try build(bench, [installed], policy { _ in }) }
    #expect(try bench.generations.numbers() == [1])
  }

  @Test func signaturesOfRecordNeedNoLineInIt() async throws {
    let bench = try await Bench()
    var wheel = WheelFixture("signed", files: ["signed.py": ""])
    wheel.metadata = ["RECORD.jws": "{}", "RECORD.p7s": "x"]
    wheel.editRecord = { $0.filter { !$0.contains("RECORD.") } }
    let (_, warnings) = try build(bench, try bench.install([wheel]), policy { _ in })
    #expect(warnings.isEmpty)
  }

  @Test func strongerHashesCount() async throws {
    let bench = try await Bench()
    // SHA-512 of nothing.
    let digest = "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg_SpIdNs6c5H0NE8XYXysP-DGNKHfuwvY7kxvUdBeoGlODJ6-SfaPg"
    for (text, isRight) in [(digest, true), ("A" + digest.dropFirst(), false)] {
      var wheel = WheelFixture("strong", files: ["strong.py": ""])
      wheel.editRecord = { $0.map { $0.hasPrefix("strong.py") ? "strong.py,sha512=\(text),0" : $0 } }
      if isRight {
        _ = try bench.install([wheel])
      } else {
        #expect(throws: Failure.self) { try bench.install([wheel]) }
      }
    }
  }

  // MARK: sizes, start-up files, modes

  @Test func limitsHoldWhenAWheelIsUnpackedAndWhenItIsUsed() async throws {
    let bench = try await Bench()
    let wheel = WheelFixture("big", files: ["big.bin": String(repeating: "x", count: 4000)])
    #expect(throws: Failure.self) {
      try install(bench, wheel, Store.WheelRules(limits: UnpackLimits(size: 4000)))
    }
    #expect(try Files.list(bench.state.store).isEmpty && Files.list(bench.state.staging).isEmpty)
    let installed = try install(bench, wheel, Store.WheelRules(limits: UnpackLimits(size: 10_000)))
    _ = try build(bench, [installed], policy { $0.unpacked.size = 10_000 })
    #expect(throws: Failure.self) { try build(bench, [installed], policy { $0.unpacked.size = 4000 }) }
  }

  @Test func startUpFilesAreSubjectToTheRule() async throws {
    let bench = try await Bench()
    let installed = try bench.install([
      WheelFixture("runs", files: ["runs.pth": "# x\nimport os\n", "runs/inner.pth": "import no\n"]),
      WheelFixture("adds", files: ["adds.pth": "sub\n", "sub/m.py": ""]), WheelFixture("none", files: ["none.py": ""]),
    ])
    #expect(
      installed.map { bench.store.pathFiles(of: $0.storeKey)?.map(\.explanation) } == [
        ["runs: runs.pth runs code at every start"], ["adds: adds.pth adds to the import path"], [],
      ])
    #expect(bench.store.pathFiles(of: "absent") == nil)
    #expect(try build(bench, installed, policy { $0.pth = .allow }).warnings.isEmpty)
    #expect(try build(bench, installed, policy { $0.pth = .warn }).warnings.count == 2)
    let failure = #expect(throws: Failure.self) { try build(bench, installed, policy { $0.pth = .deny }) }
    #expect(failure?.diagnostics.map(\.code) == [.policyDenied, .policyDenied])
    #expect(try bench.generations.numbers() == [1, 2])
    #expect(try Files.list(bench.state.staging).isEmpty)
  }

  @Test func whatIsInTheStoreIsReadOnly() async throws {
    let bench = try await Bench()
    var wheel = WheelFixture(
      "modes", files: ["modes.py": "", "tool": "#!/bin/sh\n", "modes-1.0.data/scripts/run": "#!python\n"])
    wheel.executables = ["tool"]
    let entry = bench.state.storeEntry(try bench.install([wheel])[0].storeKey)
    for (path, isExecutable) in [("tree/modes.py", false), ("tree/tool", true), ("data/scripts/run", true)] {
      var status = stat()
      try #require(stat("\(entry)/\(path)", &status) == 0)
      #expect(status.st_mode & 0o7222 == 0 && (status.st_mode & 0o100 != 0) == isExecutable, "\(path)")
    }
  }

  // MARK: commands

  /// The kernel cuts the first line of a script at 127 bytes, and a path with a space in it: no command names one there.
  @Test func commandsStartFromLongPathsWithSpaces() async throws {
    let bench = try await Bench()
    let state = StateDirectory(root: "\(bench.root)/" + String(repeating: "a long way/", count: 20) + "state")
    let staging = try StagingArea.make(in: state.staging)
    var wheel = WheelFixture(
      "tool",
      files: [
        "tool.py": "def main(): print('started')\n",
        "tool-1.0.data/scripts/script": "#!pythonw -E\nimport tool\ntool.main()\n",
      ],
      commands: [])
    wheel.metadata["entry_points.txt"] =
      "[console_scripts]\ntool = tool:main [extra, other]\n[gui_scripts]\nwindow=tool : main\n[other]\nx = y\n"
    let file = try wheel.write(into: "\(bench.root)/wheels")
    _ = try Store(state: state).add(wheel: file.path, key: file.sha256, in: staging)
    let name = try Self.name("tool")
    let installed = InstalledDistribution(
      name: name, version: "1.0", identity: .wheel(sha256: file.sha256), storeKey: file.sha256, modules: [])
    let staged = try GenerationBuilder(state: state).build(bench.blueprint([installed], number: 1), in: staging)
    try staged.publish()
    let home = state.generation("demo", 1)
    #expect(home.utf8.count > 200)
    for command in ["tool", "script", "window"] {
      #expect(try await bench.output("\(home)/bin/\(command)") == "started")
      let first = try Files.read("\(home)/bin/\(command)").split(separator: UInt8(ascii: "\n"))[0]
      #expect(first.elementsEqual("#!/bin/sh".utf8))
    }
  }

  /// Names that only begin like reserved ones are real.
  @Test func harmlessNamesAreNotReserved() async throws {
    let bench = try await Bench()
    let names = ["python-argcomplete-check-easy-install-script", "pip-compile", "pipx", "activate-global", "python2"]
    _ = try bench.install([WheelFixture("names", files: ["n.py": ""], commands: names.map { "\($0) = n:main" })])
    _ = try bench.install([WheelFixture("pip", files: ["p.py": ""], commands: ["pip = p:main", "pip3.11 = p:main"])])
    for name in ["Python", "pythonw", "python3", "python3.13", "python3.13t", "ACTIVATE", "activate.fish", "pip3"] {
      #expect(throws: Failure.self, "\(name)") {
        try bench.install([WheelFixture("names", "2", files: ["n.py": ""], commands: ["\(name) = n:main"])])
      }
    }
  }

  @Test func complaintsAreOnRecord() async throws {
    let bench = try await Bench()
    var record = ComplaintRecord()
    let pairs = try bench.install(Self.tests)
    for (title, rule) in [
      ("both give way", RuleByName(.warn)),
      ("one gives way", RuleByName(.error, named: [try Self.name("alpha"): .warn])),
    ] { record.add(title, try build(bench, pairs, policy { $0.collisions = rule }).warnings) }
    let sloppy = try install(bench, Self.sloppy, Store.WheelRules(record: .warn))
    record.add(
      "a RECORD that may be sloppy", try build(bench, [sloppy], policy { $0.record = RuleByName(.warn) }).warnings)
    try record.add("a RECORD that may not") { _ = try build(bench, [sloppy], policy { _ in }) }
    try record.add("a wheel that is too large here") {
      _ = try build(bench, [sloppy], policy { $0.unpacked.size = 10 })
    }
    var newer = WheelFixture("newer", files: ["newer.py": ""])
    newer.metadata["WHEEL"] = "Wheel-Version: 1.1\nTag: cp39-cp39-linux_x86_64\n"
    record.add("a doubtful wheel", try build(bench, try bench.install([newer]), policy { _ in }).warnings)
    let files = try bench.install([WheelFixture("start", files: ["start.pth": "import os\n", "start2.pth": "start\n"])])
    record.add("files for the start", try build(bench, files, policy { _ in }).warnings)
    try record.add("files for the start, forbidden") { _ = try build(bench, files, policy { $0.pth = .deny }) }
    let other = WheelFixture("other", tag: "cp311-cp311-win_amd64")
    try record.add("a wheel for another platform") {
      _ = try install(bench, other, Store.WheelRules(tags: ["cp311-cp311-manylinux_2_17_x86_64", "py3-none-any"]))
    }
    _ = try install(bench, WheelFixture("fits"), Store.WheelRules(tags: ["py3-none-any"]))
    #expect(try record.isOnRecord(as: "content", beside: #filePath, replacing: [(bench.root, "DIR")]))
  }
}
