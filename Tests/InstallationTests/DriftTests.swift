internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct DriftTests {
  private func bench() async throws -> (Bench, String, GenerationRecord) {
    let bench = try await Bench()
    let home = try await bench.apply(
      [
        WheelFixture("alpha", files: ["alpha/__init__.py": "", "ns/a.py": ""], commands: ["alpha = alpha:main"]),
        WheelFixture("beta", files: ["ns/b.py": "", "beta.py": ""]),
      ], modules: [Bench.module("ns.b"), Bench.module("beta"), Bench.module("alpha")])
    return (bench, home, try bench.record())
  }

  private func text(_ findings: [DriftFinding]) -> [String] { findings.map { "\($0.kind.rawValue) \($0.path)" } }

  @Test func eachKindIsFound() async throws {
    let (bench, home, record) = try await bench()
    let library = "lib/python\(bench.interpreter.minorVersion)/site-packages"
    #expect(DriftCheck.deep(record: record, at: home, state: bench.state).isEmpty)
    try Files.remove("\(home)/links/alpha")
    try Files.replaceLink("\(home)/links/ns/a.py", to: "/etc/hostname")
    try Files.write("x", to: "\(home)/links/ns/stray.py")
    try Files.write("changed", to: "\(home)/bin/alpha")
    try Files.write("x", to: "\(home)/bin/stray")
    try Files.makeDirectory("\(home)/\(library)/foreign")
    try Files.write("x", to: "\(home)/share")
    try Files.remove("\(home)/\(library)/beta-1.0.dist-info/METADATA")
    let expected = [
      "changed bin/alpha", "stray bin/stray", "stray \(library)/foreign",
      "missing \(library)/beta-1.0.dist-info/METADATA", "missing links/alpha", "changed links/ns/a.py",
      "stray links/ns/stray.py", "stray share",
    ].sorted()
    #expect(text(DriftCheck.plain(record: record, at: home, state: bench.state)).sorted() == expected)
  }

  @Test func aDeepLookFindsWhatKeepsSizeAndTime() async throws {
    let (bench, home, record) = try await bench()
    let library = "lib/python\(bench.interpreter.minorVersion)/site-packages"
    let copy = "\(library)/beta-1.0.dist-info/WHEEL"
    let program = """
      import os, sys
      for path in sys.argv[1:]:
          times = os.stat(path)
          os.chmod(path, 0o644)
          data = open(path).read()
          open(path, 'w').write(data.swapcase() or 'x')
          os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
      """
    let key = record.distributions[1].storeKey
    _ = try await bench.output(
      bench.interpreter.executable, ["-c", program, "\(home)/\(copy)", "\(bench.state.storeEntry(key))/tree/beta.py"])
    #expect(DriftCheck.plain(record: record, at: home, state: bench.state).isEmpty)
    let findings = DriftCheck.deep(record: record, at: home, state: bench.state)
    #expect(text(findings).sorted() == ["changed \(copy)", "damaged \(bench.state.storeEntry(key))"].sorted())
    #expect(findings.compactMap(\.storeKey) == [key])
    #expect(findings.map(\.detail).contains("tree/beta.py: changed"))
  }

  @Test func aStoreEntryAndAnInterpreterThatAreGoneAreFound() async throws {
    let (bench, home, old) = try await bench()
    var record = old
    let key = record.distributions[0].storeKey
    try bench.store.remove(key)
    record.interpreter.identity.size += 1
    let findings = DriftCheck.plain(record: record, at: home, state: bench.state)
    #expect(
      text(findings).sorted()
        == ["interpreter \(record.interpreter.executable)", "missing \(bench.state.storeEntry(key))"].sorted())
    #expect(findings.compactMap(\.storeKey) == [key])
    record.interpreter.executable = "/nowhere/python"
    #expect(
      text(DriftCheck.plain(record: record, at: home, state: bench.state)).contains("interpreter /nowhere/python"))
  }

  @Test func aForeignInstallIsAStrayAndDoesNotReachTheStore() async throws {
    let (bench, home, record) = try await bench()
    let foreign = try WheelFixture(
      "alpha", "9.0", files: ["alpha/__init__.py": "foreign = 1", "ns/a.py": "x"], commands: ["intruder = alpha:main"]
    ).write(into: "\(bench.root)/foreign")
    let result = try await bench.run(
      bench.interpreter.executable,
      [
        "-m", "pip", "--python", "\(bench.current)/bin/python", "--disable-pip-version-check", "install", "--no-index",
        "--no-deps", "--ignore-installed", foreign.path,
      ])
    #expect(result.status == 0, "\(result.errorOutput)")
    let library = "lib/python\(bench.interpreter.minorVersion)/site-packages"
    #expect(
      text(DriftCheck.deep(record: record, at: home, state: bench.state)).sorted()
        == [
          "stray bin/intruder", "stray \(library)/alpha", "stray \(library)/alpha-9.0.dist-info", "stray \(library)/ns",
        ].sorted())
    // The tree stands ahead of what was written.
    let program = "import alpha; print(hasattr(alpha, 'foreign'))"
    #expect(try await bench.output("\(bench.current)/bin/python", ["-c", program]) == "False")
  }

  @Test func bytecodeIsNoDrift() async throws {
    let (bench, home, record) = try await bench()
    _ = try await bench.output("\(bench.current)/bin/python", ["-c", "import ns.a, ns.b, alpha, beta"])
    #expect(DriftCheck.deep(record: record, at: home, state: bench.state).isEmpty)
    let entry = bench.state.storeEntry(record.distributions[0].storeKey)
    #expect(Files.isDirectory("\(entry)/tree/alpha/__pycache__"))
  }
}
