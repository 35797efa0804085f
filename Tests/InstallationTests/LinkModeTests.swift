internal import Glibc
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@testable internal import Installation

@Suite struct LinkModeTests {
  private static let wheels = [
    WheelFixture(
      "alpha",
      files: [
        "alpha/__init__.py": "here = 1\n", "alpha/deep/data.txt": "data", "ns/a.py": "x = 'a'\n",
        "alpha-1.0.data/data/share/alpha/x.txt": "hello", "alpha-1.0.data/headers/a.h": "int a;\n",
        "alpha-1.0.data/scripts/script": "#!python\nimport alpha; print(alpha.here)\n",
      ], commands: ["alpha = alpha.deep:main"]),
    WheelFixture("beta", files: ["ns/b.py": "x = 'b'\n", "beta/__init__.py": ""]),
  ]

  private func blueprint(_ bench: Bench, _ links: LinkSettings) throws -> GenerationBlueprint {
    var blueprint = try bench.blueprint(
      try bench.install(Self.wheels), modules: [Bench.module("alpha"), Bench.module("ns.a"), Bench.module("ns.b")])
    blueprint.links = links
    return blueprint
  }

  private func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

  @Test(arguments: [LinkMode.symlink, .hardlink, .copy]) func everyModeMakesTheSameTree(_ mode: LinkMode) async throws {
    let bench = try await Bench()
    let home = try await bench.apply(try blueprint(bench, LinkSettings(mode: mode)))
    let program = """
      import alpha, ns.a, ns.b, os, sys
      print(alpha.here, ns.a.x, ns.b.x, open(os.path.join(os.path.dirname(alpha.__file__), 'deep/data.txt')).read(),
            open(os.path.join(sys.prefix, 'share/alpha/x.txt')).read())
      """
    #expect(try await bench.output("\(bench.current)/bin/python", ["-c", program]) == "1 a b data hello")
    #expect(try await bench.output("\(bench.current)/bin/script") == "1")
    let header = "\(home)/include/python\(bench.interpreter.minorVersion)/alpha/a.h"
    #expect(try Files.read(header) == Array("int a;\n".utf8))
    let record = try bench.record()
    #expect(record.distributions.map(\.linkMode) == [mode == .symlink ? nil : mode, mode == .symlink ? nil : mode])
    #expect(DriftCheck.deep(record: record, at: home, state: bench.state) == [])
    let key = try #require(record.distributions.first).storeKey
    let stored = "\(bench.state.storeEntry(key))/tree/alpha/__init__.py"
    let file = "\(home)/links/alpha/__init__.py"
    switch mode {
    case .symlink: #expect(Files.kind("\(home)/links/alpha") == .link)
    case .hardlink:
      #expect(Files.linkIdentity(file)?.inode == Files.linkIdentity(stored)?.inode)
      #expect(Files.linkIdentity("\(home)/share/alpha/x.txt").map { $0.size } == 5 && Files.names(of: header) == 2)
    case .copy:
      #expect(Files.kind(file) == .file && Files.names(of: file) == 1)
      #expect(Files.linkIdentity(file)?.inode != Files.linkIdentity(stored)?.inode)
    }
  }

  @Test func distributionsHaveModesOfTheirOwn() async throws {
    let bench = try await Bench()
    let settings = LinkSettings(mode: .copy, distributions: [try name("beta"): .symlink])
    let home = try await bench.apply(try blueprint(bench, settings))
    #expect(Files.kind("\(home)/links/alpha") == .directory && Files.kind("\(home)/links/beta") == .link)
    #expect(Files.kind("\(home)/links/ns/a.py") == .file && Files.kind("\(home)/links/ns/b.py") == .link)
    #expect(try bench.record().distributions.map(\.linkMode) == [.copy, nil])
  }

  /// What a program does that writes into its own files, as one without rights and as root.
  @Test func whoWritesInPlaceIsFoundInEveryMode() async throws {
    for (mode, plain, deep) in [
      (LinkMode.symlink, [], ["damaged"]), (.hardlink, ["changed"], ["changed", "damaged"]),
      (.copy, ["changed"], ["changed"]),
    ] as [(LinkMode, [String], [String])] {
      let bench = try await Bench()
      let first = try await bench.apply(try blueprint(bench, LinkSettings(mode: mode)))
      let old = try bench.record()
      let second = try await bench.apply(try blueprint(bench, LinkSettings(mode: mode)))
      let record = try bench.record()
      let file = "\(second)/links/alpha/__init__.py"
      if mode == .hardlink { #expect(try mode4(file) & 0o222 == 0) }
      let handle = open(file, O_WRONLY | O_APPEND)
      guard handle >= 0 else {
        // Not root: read-only files are safe from this.
        #expect(errno == EACCES && mode == .hardlink)
        continue
      }
      #expect(write(handle, "evil = 1\n", 9) == 9)
      close(handle)
      let found = DriftCheck.plain(record: record, at: second, state: bench.state)
      #expect(found.map(\.kind.rawValue) == plain, "\(mode)")
      let all = DriftCheck.deep(record: record, at: second, state: bench.state)
      #expect(all.map(\.kind.rawValue).sorted() == deep, "\(mode): \(all)")
      // A copy is its generation's own; whatever shares the file is hit, and says so.
      let others = DriftCheck.deep(record: old, at: first, state: bench.state)
      #expect(others.isEmpty == (mode == .copy), "\(mode): \(others)")
    }
  }

  private func mode4(_ path: String) throws -> UInt32 {
    var status = stat()
    try #require(stat(path, &status) == 0)
    return status.st_mode & 0o7777
  }

  /// Replacing a name, as editors and installers do, never reaches the store.
  @Test func whoReplacesAFileHitsItsGenerationAlone() async throws {
    let bench = try await Bench()
    let first = try await bench.apply(try blueprint(bench, LinkSettings(mode: .hardlink)))
    let old = try bench.record()
    let second = try await bench.apply(try blueprint(bench, LinkSettings(mode: .hardlink)))
    try Files.replace("\(second)/links/alpha/__init__.py", with: Array("evil = 1\n".utf8))
    try Files.remove("\(second)/links/ns/a.py")
    let found = DriftCheck.plain(record: try bench.record(), at: second, state: bench.state)
    #expect(found.map(\.path) == ["links/alpha/__init__.py", "links/ns/a.py"])
    #expect(DriftCheck.deep(record: old, at: first, state: bench.state) == [])
  }

  @Test func aCopyThatKeepsSizeAndTimeIsFoundByADeepLook() async throws {
    let bench = try await Bench()
    let home = try await bench.apply(try blueprint(bench, LinkSettings(mode: .copy)))
    let file = "\(home)/links/alpha/__init__.py"
    let program = """
      import os, sys
      times = os.stat(sys.argv[1])
      open(sys.argv[1], 'r+').write('evil')
      os.utime(sys.argv[1], ns=(times.st_atime_ns, times.st_mtime_ns))
      """
    _ = try await bench.output(bench.interpreter.executable, ["-c", program, file])
    let record = try bench.record()
    #expect(DriftCheck.plain(record: record, at: home, state: bench.state) == [])
    let found = DriftCheck.deep(record: record, at: home, state: bench.state)
    #expect(
      found.map { "\($0.kind) \($0.path) \($0.detail)" } == ["changed links/alpha/__init__.py its content changed"])
  }

  @Test func whereHardLinksCannotBeMadeFilesAreCopied() async throws {
    let bench = try await Bench()
    var blueprint = try blueprint(bench, LinkSettings(mode: .hardlink))
    // The store on another file system.
    var template = Array("/dev/shm/pinion-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let elsewhere = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? Files.remove(elsewhere) }
    try #require(Files.linkIdentity(elsewhere) != nil)
    _ = try await bench.output("/bin/cp", ["-a", bench.state.store, "\(elsewhere)/store"])
    try Files.remove(bench.state.store)
    try Files.link(bench.state.store, to: "\(elsewhere)/store")
    blueprint.links.distributions[try name("beta")] = .symlink
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    let staged = try GenerationBuilder(state: bench.state).build(blueprint, in: staging)
    #expect(staged.copied.map(\.text) == ["alpha"])
    #expect(staged.record.distributions.map(\.linkMode) == [.copy, nil])
    #expect(try Files.read("\(staged.path)/links/alpha/deep/data.txt") == Array("data".utf8))
  }

  // MARK: $ORIGIN

  /// A library in `asker` that needs one in `provider`, and the ways in which it may be linked.
  @Test(.enabled(if: CompiledLibraries.hasCompiler))
  func aLibraryFindsItsNeighbourInEveryMode() async throws {
    let bench = try await Bench()
    let libraries = CompiledLibraries(directory: bench.root)
    var provider = WheelFixture("provider", files: ["provider/__init__.py": ""])
    provider.binaries = [
      "provider.libs/libdeep.so": try await libraries.make("libdeep.so", "int deep(void) { return 42; }\n")
    ]
    let load = """
      import ctypes, os
      call = ctypes.CDLL(os.path.join(os.path.dirname(__file__), '_reach.so')).call
      """
    var asker = WheelFixture("asker", files: ["asker/__init__.py": load, "asker/unused.py": ""])
    asker.binaries = [
      "asker/_reach.so": try await libraries.make(
        "_reach.so", "int deep(void); int call(void) { return deep(); }\n",
        ["-L.", "-ldeep", "-Wl,-rpath,$ORIGIN/../provider.libs"])
    ]
    let installed = try bench.install([asker, provider])
    let key = try #require(installed.first).storeKey
    #expect(try bench.store.record(key).reaches?.contains("provider.libs/libdeep.so") == true)
    let python = "\(bench.current)/bin/python"
    let program = ["-c", "import asker; print(asker.call())"]

    // Links into the store alone do not do: the way up from there is in the store.
    var blueprint = try bench.blueprint(installed)
    blueprint.links.distributions[try name("asker")] = .symlink
    try await bench.apply(blueprint)
    let failed = try await bench.run(python, program)
    #expect(failed.status != 0 && failed.errorOutput.contains("libdeep.so"), "\(failed.errorOutput)")

    for mode in LinkMode.allCases {
      var blueprint = try bench.blueprint(installed)
      blueprint.links.mode = mode
      let home = try await bench.apply(blueprint)
      #expect(try await bench.output(python, program) == "42", "\(mode)")
      #expect(Files.kind("\(home)/links/asker") == .directory)
      #expect(
        try bench.record().distributions.map(\.linkMode) == (mode == .symlink ? [.hardlink, nil] : [mode, mode]))
    }
    // Without the other there is nothing to find, and no need.
    let alone = try await bench.apply(bench.blueprint(Array(installed.prefix(1))))
    #expect(Files.kind("\(alone)/links/asker") == .link)
  }

  /// What auditwheel makes: a distribution with its own libraries beside itself.
  @Test(.enabled(if: CompiledLibraries.hasCompiler))
  func aLibraryFindsWhatItsOwnDistributionHas() async throws {
    let bench = try await Bench()
    let libraries = CompiledLibraries(directory: bench.root)
    let load = """
      import ctypes, os
      call = ctypes.CDLL(os.path.join(os.path.dirname(__file__), '_reach.so')).call
      """
    var wheel = WheelFixture("asker", files: ["ns/asker/__init__.py": load])
    wheel.binaries = [
      "asker.libs/libdeep.so": try await libraries.make("libdeep.so", "int deep(void) { return 42; }\n"),
      "ns/asker/_reach.so": try await libraries.make(
        "_reach.so", "int deep(void); int call(void) { return deep(); }\n",
        ["-L.", "-ldeep", "-Wl,-rpath,$ORIGIN/../../asker.libs"]),
    ]
    // Alone, and with a neighbour that makes its directories real ones.
    for (others, kind) in [
      ([], "ns"), ([WheelFixture("other", files: ["ns/asker/plugin.py": "", "asker.libs/note.txt": ""])], ""),
    ] as [([WheelFixture], String)] {
      let home = try await bench.apply([wheel] + others)
      let program = ["-c", "import ns.asker as asker; print(asker.call())"]
      #expect(try await bench.output("\(bench.current)/bin/python", program) == "42")
      #expect(Files.kind("\(home)/links/ns") == (kind.isEmpty ? .directory : .link))
      #expect(try bench.record().distributions.allSatisfy { $0.linkMode == nil })
    }
  }
}
