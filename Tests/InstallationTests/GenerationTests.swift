internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct GenerationTests {
  @Test func theLayoutIsTheDesigns() async throws {
    let bench = try await Bench()
    let home = try await bench.apply(
      [
        WheelFixture("alpha", files: ["alpha/__init__.py": "", "ns/alpha.py": ""], commands: ["alpha = alpha:main"]),
        WheelFixture("beta", files: ["ns/beta.py": "", "beta-1.0.data/data/share/beta/x.txt": "hello"]),
      ], modules: [Bench.module("ns.beta", distribution: "beta")])
    let library = "\(home)/lib/python\(bench.interpreter.minorVersion)/site-packages"
    #expect(
      try Files.list(home) == [
        "bin", "generation.json", "lib", "links", "pylock.toml", "pyvenv.cfg", "share", "start.py",
      ])
    #expect(Files.linkTarget(bench.current) == "generations/1")
    #expect(Files.linkTarget("\(home)/bin/python") == bench.interpreter.executable)
    #expect(Files.kind("\(home)/links/ns") == .directory)
    #expect(Files.linkTarget("\(home)/links/alpha")?.hasPrefix("../../../../../store/") == true)
    #expect(try Files.list(library) == ["000-pinion.pth", "alpha-1.0.dist-info", "beta-1.0.dist-info"])
    #expect(
      try Files.list("\(library)/beta-1.0.dist-info") == [
        "INSTALLER", "METADATA", "REQUESTED", "WHEEL", "top_level.txt",
      ])
    #expect(!Files.exists("\(library)/alpha-1.0.dist-info/REQUESTED"))
    #expect(try Files.read("\(home)/share/beta/x.txt") == Array("hello".utf8))
    #expect(try Files.list(bench.state.staging).isEmpty)
    let record = try bench.record()
    #expect(record.distributions.map(\.name.text) == ["alpha", "beta"])
    #expect(DriftCheck.plain(record: record, at: home, state: bench.state).isEmpty)
    #expect(DriftCheck.deep(record: record, at: home, state: bench.state).isEmpty)
  }

  @Test func theStateDirectoryMayBeMoved() async throws {
    let bench = try await Bench()
    try await bench.apply([WheelFixture("alpha", files: ["alpha/__init__.py": "here = 1"])])
    try Files.rename(bench.state.root, to: "\(bench.root)/elsewhere")
    let python = "\(bench.root)/elsewhere/environments/demo/current/bin/python"
    #expect(try await bench.output(python, ["-c", "import alpha; print(alpha.here)"]) == "1")
  }

  @Test func aDistributionFromNoIndexSaysWhereItComesFrom() async throws {
    let bench = try await Bench()
    let name = try #require(PackageName("alpha"))
    var blueprint = try bench.blueprint(try bench.install([WheelFixture("alpha", files: ["alpha.py": ""])]))
    let sources: [(LockedDistribution.Source, String)] = [
      (
        .git(
          GitPin(
            url: "https://example.com/a.git", requestedRevision: "main", commit: "c0ffee", subdirectory: "sub",
            isFollowed: true)),
        #"{"subdirectory":"sub","url":"https://example.com/a.git","vcs_info":{"commit_id":"c0ffee","#
          + #""requested_revision":"main","vcs":"git"}}"#
      ),
      (
        .archive(ArchivePin(url: "https://example.com/a.zip", size: 7, sha256: "c0de", subdirectory: nil)),
        #"{"archive_info":{"hashes":{"sha256":"c0de"}},"url":"https://example.com/a.zip"}"#
      ),
      (
        .directory(DirectoryPin(path: "/srv/my link", subdirectory: nil, digest: "c0de")),
        #"{"dir_info":{},"url":"file:///srv/my%20link"}"#
      ),
    ]
    for (source, text) in sources {
      blueprint.directSources[name] = source
      let home = try await bench.apply(blueprint)
      blueprint.number += 1
      let site = "\(home)/lib/python\(bench.interpreter.minorVersion)/site-packages"
      let path = "\(site)/alpha-1.0.dist-info/direct_url.json"
      #expect(String(decoding: try Files.read(path), as: UTF8.self) == text + "\n")
    }
  }

  @Test func commandsFindTheirGeneration() async throws {
    let bench = try await Bench()
    let body = """
      #!python
      # -*- coding: utf-8 -*-
      "Says where it is."
      from __future__ import annotations
      import sys, tool
      print(__doc__, tool.VERSION, sys.prefix, sys.argv[1:])
      """
    func wheel(_ version: String) -> WheelFixture {
      WheelFixture(
        "tool", version,
        files: [
          "tool.py": "import sys\nVERSION = '\(version)'\nclass App:\n  @staticmethod\n  def main():\n"
            + "    print(VERSION, sys.prefix, sys.argv[1:])\n    return 3 if 'fail' in sys.argv else 0\n",
          "tool-\(version).data/scripts/script": body,
          "tool-\(version).data/scripts/shell": "#!/bin/sh\necho shell \(version)\n",
          "tool-\(version).data/data/bin/extra": "#!/bin/sh\necho extra\n",
        ], commands: ["tool = tool:App.main"])
    }
    let first = try await bench.apply([wheel("1.0")])
    #expect(try await bench.output("\(bench.current)/bin/tool", ["a b"]) == "1.0 \(first) ['a b']")
    #expect(try await bench.output("\(bench.current)/bin/script", ["x"]) == "Says where it is. 1.0 \(first) ['x']")
    #expect(try await bench.output("\(bench.current)/bin/shell") == "shell 1.0")
    #expect(try await bench.output("\(bench.current)/bin/extra") == "extra")
    #expect(try await bench.run("\(bench.current)/bin/tool", ["fail"]).status == 3)
    try Files.link("\(bench.root)/renamed tool", to: "\(bench.current)/bin/tool")
    #expect(try await bench.output("\(bench.root)/renamed tool") == "1.0 \(first) []")
    // Python itself may be given the command's file.
    #expect(try await bench.output("\(bench.current)/bin/python", ["\(bench.current)/bin/tool"]) == "1.0 \(first) []")

    let second = try await bench.apply([wheel("2.0")])
    #expect(try await bench.output("\(bench.root)/renamed tool") == "2.0 \(second) []")
    #expect(try await bench.output("\(first)/bin/tool") == "1.0 \(first) []")
    #expect(try await bench.output("\(first)/bin/script") == "Says where it is. 1.0 \(first) []")
  }

  @Test func twoCommandsOfOneNameCollide() async throws {
    let bench = try await Bench()
    let found = try await bench.complaints([
      WheelFixture("one", files: ["one.py": ""], commands: ["run = one:main"]),
      WheelFixture("two", files: ["two.py": ""], commands: ["run = two:main"]),
    ])
    #expect(found.map(\.message) == ["one and two both bring the command 'run'"])
  }

  @Test(arguments: [
    "links/x", "lib/x", "pyvenv.cfg", "generation.json", "pylock.toml",
    "start.py",
  ]) func dataMayNotReachWhatIsPinions(_ path: String) async throws {
    let bench = try await Bench()
    let found = try await bench.complaints([WheelFixture("bold", files: ["bold-1.0.data/data/\(path)": "x"])])
    #expect(found.map(\.code) == [.collision])
    #expect(found[0].message.contains("'\(path)'"))
    #expect(Files.kind(bench.current) == nil)
    #expect(try Files.list(bench.state.staging).isEmpty)
  }

  @Test func generationsAreNumberedAndUnfinishedOnesRemoved() async throws {
    let bench = try await Bench()
    let installed = try bench.install([WheelFixture("alpha", files: ["alpha.py": ""])])
    #expect(try bench.generations.next() == 1)
    try await bench.apply(bench.blueprint(installed))
    try await bench.apply(bench.blueprint(installed))
    #expect(try bench.generations.numbers() == [1, 2])
    try GenerationSwitch.activate(bench.state, environment: "demo", number: 1)
    #expect(bench.generations.current() == 1)
    try Files.makeDirectory("\(bench.generations.path(3))/bin")
    #expect(try bench.generations.removeUnfinished() == [])
    #expect(try bench.generations.numbers() == [1, 2])
    #expect(throws: Failure.self) { try GenerationSwitch.activate(bench.state, environment: "demo", number: 9) }
    await #expect(throws: Failure.self) { try await bench.apply(bench.blueprint(installed, number: 2)) }
    #expect(bench.generations.current() == 1)
  }

  @Test func generationsOfAnotherPinionAreLeftAlone() async throws {
    let bench = try await Bench()
    let installed = try bench.install([WheelFixture("alpha", files: ["alpha.py": ""])])
    try await bench.apply(bench.blueprint(installed))
    let records = [
      (2, #"{"formatVersion": 2, "number": 2, "whatIsNew": []}"#), (3, #"{"formatVersion": 2, "number"#),
      (4, #"{"formatVersion": 1, "number": 4}"#), (5, "{}"), (6, #"{"formatVersion": 2, "number": 7}"#),
    ]
    for (number, text) in records {
      try Files.makeDirectory(bench.generations.path(number))
      try Files.write(text, to: "\(bench.generations.path(number))/generation.json")
    }
    let left = try bench.generations.removeUnfinished()
    #expect(left.map(\.number) == [2] && left.map(\.formatVersion) == [2])
    #expect(try bench.generations.numbers() == [1, 2])
    #expect(try bench.generations.record(2) == nil)
    #expect(try bench.generations.next() == 3)
  }

  @Test func otherToolsAgree() async throws {
    let bench = try await Bench()
    let home = try await bench.apply([
      WheelFixture("alpha", files: ["alpha.py": ""], requires: ["beta>=1"]),
      WheelFixture("beta", files: ["beta.py": ""]),
    ])
    let program = """
      import importlib.metadata as m
      print(sorted((d.name, d.version) for d in m.distributions()), m.packages_distributions()['beta'])
      """
    #expect(
      try await bench.output("\(home)/bin/python", ["-c", program]) == "[('alpha', '1.0'), ('beta', '1.0')] ['beta']")
    #expect(
      try await bench.output(
        bench.interpreter.executable, ["-m", "pip", "--python", "\(home)/bin/python", "check"])
        == "No broken requirements found.")
  }

  @Test(.enabled("uv is not on PATH", { try await Tools.hasUv() })) func uvAgrees() async throws {
    let bench = try await Bench()
    let home = try await bench.apply([
      WheelFixture("alpha", files: ["alpha.py": ""], requires: ["beta>=1"]),
      WheelFixture("beta", files: ["beta.py": ""]),
    ])
    let python = "\(home)/bin/python"
    let check = try await bench.run("/usr/bin/env", ["uv", "pip", "check", "--python", python])
    #expect(check.status == 0, "\(check.errorOutput)")
    let list = try await bench.run("/usr/bin/env", ["uv", "pip", "list", "--format", "json", "--python", python])
    #expect(list.output.contains(#"{"name":"alpha","version":"1.0"},{"name":"beta","version":"1.0"}"#))
  }
}

enum Tools {
  static func hasUv() async throws -> Bool {
    let result = try await ChildProcess.run(
      "/usr/bin/env", ["uv", "--version"], environment: ["PATH": Bench.path], deadline: 60)
    return result.status == 0
  }
}
