internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

/// Every complaint about generations and the modules in them, on record in `Snapshots`.
@Suite struct GenerationComplaintsTests {
  @Test func collisionsAreOnRecord() async throws {
    let bench = try await Bench()
    let pairs: [(String, [WheelFixture])] = [
      (
        "two contents of a file",
        [WheelFixture("one", files: ["shared.py": "1"]), WheelFixture("two", files: ["shared.py": "2"])]
      ),
      (
        "a file and a directory",
        [WheelFixture("one", files: ["shared": "1"]), WheelFixture("two", files: ["shared/a.py": "2"])]
      ),
      (
        "two commands of one name",
        [
          WheelFixture("one", files: ["one.py": ""], commands: ["run = one:main"]),
          WheelFixture("two", files: ["two.py": ""], commands: ["run = two:main"]),
        ]
      ),
      ("a file of the environment", [WheelFixture("one", files: ["one-1.0.data/data/pyvenv.cfg": "home = /"])]),
      ("a directory of the environment", [WheelFixture("one", files: ["one-1.0.data/data/lib/x.so": ""])]),
    ]
    var record = ComplaintRecord()
    for (title, wheels) in pairs { record.add(title, try await bench.complaints(wheels)) }
    #expect(try record.isOnRecord(as: "collisions", beside: #filePath))
  }

  @Test func generationsAreOnRecord() async throws {
    let bench = try await Bench()
    let distributions = try bench.install([WheelFixture("alpha", files: ["alpha.py": ""])])
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    let builder = GenerationBuilder(state: bench.state)
    var record = ComplaintRecord()
    let first = try builder.build(bench.blueprint(distributions, number: 1), in: staging)
    try first.publish()
    try record.add("a number that is taken") {
      try builder.build(bench.blueprint(distributions, number: 1), in: staging).publish()
    }
    try record.add("a number that is not there") {
      try GenerationSwitch.activate(bench.state, environment: "demo", number: 7)
    }
    let staged = try builder.build(
      bench.blueprint(distributions, number: 2, modules: [Bench.module("alpha")]), in: staging)
    try Files.remove("\(staged.path)/bin/python")
    try await record.add("an interpreter that cannot be started") { try await Verifier.verify(staged, in: staging) }
    for (title, script) in [("says why", "echo 'no room for you' >&2; exit 3"), ("says nothing", "exit 3")] {
      try Files.write("#!/bin/sh\n\(script)\n", to: "\(staged.path)/bin/python")
      try Files.makeExecutable("\(staged.path)/bin/python")
      try await record.add("an interpreter that ends and \(title)") {
        try await Verifier.verify(staged, in: staging)
      }
    }
    try bench.store.remove(distributions[0].storeKey)
    try record.add("a store entry that is gone") {
      _ = try builder.build(bench.blueprint(distributions, number: 3), in: staging)
    }
    #expect(
      try record.isOnRecord(
        as: "generations", beside: #filePath,
        replacing: [(bench.root, "DIR"), (bench.interpreter.executable, "PYTHON")]))
  }

  @Test func modulesAreOnRecord() async throws {
    let bench = try await Bench()
    let texts = [
      "import absent_dependency.sub\n", "raise RuntimeError('a reason')\n", "raise KeyError()\n",
      "import sys; sys.exit(4)\n", "import sys; sys.exit()\n", "import os; os._exit(4)\n", "import os; os.abort()\n",
      "run = 1\n",
    ]
    var record = ComplaintRecord()
    for text in texts {
      record.add(
        text.trimmed,
        try await bench.complaints(
          [WheelFixture("mod", files: ["mod.py": text])],
          modules: [Bench.module("mod", expects: ["save", "get"], distribution: "mod")]))
    }
    for (title, path, distribution) in [("of a distribution", "mod.sub", "mod"), ("of nothing", "nobody", nil)] {
      record.add(
        "a module that is not there, \(title)",
        try await bench.complaints(
          [WheelFixture("mod", files: ["mod/__init__.py": ""])],
          modules: [Bench.module(path, distribution: distribution)]))
    }
    record.add(
      "a module that does not end",
      try await bench.complaints(
        [WheelFixture("mod", files: ["mod.py": "import time; time.sleep(600)\n"])],
        modules: [Bench.module("mod", distribution: "mod", verification: Verification(deadline: 1.5))]))
    #expect(try record.isOnRecord(as: "modules", beside: #filePath))
  }
}

extension String {
  fileprivate var trimmed: String { hasSuffix("\n") ? String(dropLast()) : self }
}
