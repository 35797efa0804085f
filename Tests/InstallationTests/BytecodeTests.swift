internal import Glibc
internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct BytecodeTests {
  private static let wheels = [
    WheelFixture(
      "alpha",
      files: [
        "alpha/__init__.py": "x = 1\n", "alpha/old.py": "print 'Python 2'\n", "ns/a.py": "", "single.py": "y = 2\n",
      ]),
    WheelFixture("beta", files: ["ns/b.py": "z = 3\n", "beta-1.0.data/scripts/run.py": "#!python\n"]),
  ]

  @Test func everythingIsCompiledOnceAndStaysValid() async throws {
    let bench = try await Bench()
    let installed = try bench.install(Self.wheels)
    let keys = installed.map(\.storeKey)
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    func compile() async throws -> Int {
      try await Bytecode.compile(keys, in: bench.state, for: bench.interpreter, staging: staging)
    }
    #expect(try await compile() == 4)
    #expect(try await compile() == 0)
    #expect(try Files.list(staging.path).isEmpty)
    #expect(keys.allSatisfy { bench.store.damage(of: $0).isEmpty })

    let home = try await bench.apply(bench.blueprint(installed))
    let tag = bench.interpreter.cacheTag
    // In real directories Python looks beside the links.
    let places = ["alpha/__pycache__/__init__", "__pycache__/single", "ns/__pycache__/a", "ns/__pycache__/b"]
    var before: [FileIdentity?] = []
    for place in places {
      let path = "\(home)/links/\(place).\(tag).pyc"
      // The hash of the source is in it, and it is not checked (PEP 552).
      #expect(Array(try Files.read(path)[4..<8]) == [1, 0, 0, 0])
      before.append(Files.identity(path))
    }
    // Neither another time nor an import makes them anew.
    for path in ["alpha/__init__.py", "single.py", "ns/a.py"] {
      var times = [timespec(tv_sec: 7, tv_nsec: 0), timespec(tv_sec: 7, tv_nsec: 0)]
      try #require(utimensat(AT_FDCWD, "\(bench.state.storeEntry(keys[0]))/tree/\(path)", &times, 0) == 0)
    }
    let program = "import alpha, single, ns.a, ns.b; print(alpha.x + single.y + ns.b.z)"
    #expect(try await bench.output("\(home)/bin/python", ["-c", program]) == "6")
    #expect(places.map { Files.identity("\(home)/links/\($0).\(tag).pyc") } == before)
    let record = try bench.record()
    #expect(!record.entries.contains { $0.path.contains("__pycache__") })
    #expect(DriftCheck.deep(record: record, at: home, state: bench.state).isEmpty)
  }

  @Test func aGenerationInUseIsCompiledToo() async throws {
    let bench = try await Bench()
    let home = try await bench.apply(Self.wheels)
    let record = try bench.record()
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    _ = try await Bytecode.compile(
      record.distributions.map(\.storeKey), in: bench.state, for: bench.interpreter, staging: staging)
    for _ in 0..<2 { try Bytecode.link(record, at: home, in: bench.state) }
    #expect(Files.kind("\(home)/links/__pycache__/single.\(bench.interpreter.cacheTag).pyc") == .link)
    #expect(DriftCheck.deep(record: record, at: home, state: bench.state).isEmpty)
  }

  @Test func nothingIsLeftOfACompilationThatFails() async throws {
    let bench = try await Bench()
    let keys = try bench.install(Self.wheels).map(\.storeKey)
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    var record = ComplaintRecord()
    for (title, script) in [("says why", "echo 'no room for you' >&2; exit 3"), ("says nothing", "exit 3")] {
      var interpreter = bench.interpreter
      interpreter.executable = "\(bench.root)/python"
      try Files.write("#!/bin/sh\n\(script)\n", to: interpreter.executable)
      try Files.makeExecutable(interpreter.executable)
      try await record.add("an interpreter that \(title)") {
        _ = try await Bytecode.compile(keys, in: bench.state, for: interpreter, staging: staging)
      }
    }
    #expect(try Files.list(staging.path).isEmpty)
    #expect(!keys.contains { Files.exists("\(bench.state.storeEntry($0))/bytecode") })
    #expect(try record.isOnRecord(as: "bytecode", beside: #filePath, replacing: [(bench.root, "DIR")]))
  }
}
