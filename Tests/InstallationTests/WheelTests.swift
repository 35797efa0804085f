internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct WheelTests {
  /// A wheel that breaks one rule, and a word of the complaint.
  struct Hostile: Sendable, CustomTestStringConvertible {
    let words: String
    let wheel: WheelFixture
    var testDescription: String { words }

    init(_ words: String, _ edit: (inout WheelFixture) -> Void) {
      self.words = words
      var wheel = WheelFixture("bad", files: ["bad/__init__.py": "x = 1\n"])
      edit(&wheel)
      self.wheel = wheel
    }

    static func path(_ path: String, _ words: String = "is no path within") -> Hostile {
      Hostile(words) { $0.files[path] = "x" }
    }

    static func entries(
      _ words: String, _ edit: @escaping @Sendable (inout [ZipFixture.Entry]) -> Void
    ) -> Hostile {
      Hostile(words) { wheel in
        wheel.editEntries = { old in
          var entries = old
          edit(&entries)
          return entries
        }
      }
    }
  }

  static let hostile: [Hostile] = [
    .path("../up.py"), .path("/etc/x"), .path("a\\b.py"), .path("a//b.py"), .path("./a.py"), .path("C:x.py"),
    .path("a/\0.py"), .path("a/../../b"),
    .entries("symbolic link") { $0[2].mode = 0o120777 },
    .entries("neither a file nor") { $0[2].mode = 0o010644 },
    .entries("is in it twice") { $0.append($0[2]) },
    .entries("is encrypted") { $0[2].flags |= 1 },
    .entries("packed with method 12") { $0[2].method = 12 },
    .entries("contradict each other") { $0[2].localName = "bad/__init__.pY" },
    .entries("does not have the CRC-32") { $0[2].crc = 7 },
    .entries("two different sizes") { $0[2].size = 7 },
    .entries("cannot be unpacked") { $0[2].method = 8 },
    .entries("contradict each other") { $0[2].offset = 0 },
    .entries("has no proper header") { $0[2].offset = 1 << 30 },
    .entries("overlap in it") { entries in
      var inner = ZipFixture.Entry("inner", [120])
      entries.insert(ZipFixture.Entry("outer", ZipFixture.archive([inner])), at: 0)
      inner.offset = 30 + "outer".utf8.count
      entries.append(inner)
    },
    .entries("is a file and a directory") { $0.append(ZipFixture.Entry("bad", [])) },
    .entries("more than 8GiB") { entries in
      for index in 0..<3 {
        var entry = ZipFixture.Entry("bomb\(index)", [])
        entry.method = 8
        entry.size = 0xffff_fffe
        entries.append(entry)
      }
    },
    .entries("more than 200 times") { entries in
      var entry = ZipFixture.Entry("bomb", [])
      entry.method = 8
      entry.size = 65 << 20
      entries.append(entry)
    },
    .entries("has no .dist-info") { $0.removeAll { $0.name.contains("dist-info") } },
    Hostile("it has several") { $0.files["other-1.0.dist-info/METADATA"] = "x" },
    Hostile("its METADATA says good 1.0") { $0.metadata["METADATA"] = "Name: good\nVersion: 1.0\n" },
    Hostile("its METADATA says bad 2") { $0.metadata["METADATA"] = "Name: bad\nVersion: 2\n" },
    Hostile("no METADATA with a name") { $0.metadata["METADATA"] = "Version: 2\n" },
    Hostile("Wheel-Version '2.0'") { $0.metadata["WHEEL"] = "Wheel-Version: 2.0\n" },
    Hostile("does not say which Wheel-Version") { $0.metadata["WHEEL"] = "Root-Is-Purelib: true\n" },
    .entries("has no bad-1.0.dist-info/WHEEL") { $0.removeAll { $0.name.hasSuffix("/WHEEL") } },
    .entries("has no bad-1.0.dist-info/RECORD") { $0.removeAll { $0.name.hasSuffix("/RECORD") } },
    .entries("is not listed in its RECORD") { $0.append(ZipFixture.Entry("more.py", [])) },
    .entries("not have the size that its RECORD") { $0[2].bytes += [10] },
    .entries("not have the hash that its RECORD") { $0[2].bytes[0] = 0x79 },
    Hostile("which is not in it") { $0.editRecord = { $0 + ["gone.py,sha256=\(WheelFixture.base64([])),0"] } },
    Hostile("a line that cannot be read") { $0.editRecord = { $0 + ["\"bad"] } },
    Hostile("no hash of the kinds") { $0.editRecord = { $0 + ["gone.py,md5=abc,0"] } },
    Hostile("has no hash for") { wheel in
      wheel.editRecord = { $0.map { $0.hasPrefix("bad/") ? "bad/__init__.py,," : $0 } }
    },
    Hostile("twice") { $0.editRecord = { $0 + [$0[0]] } },
    .path("bad-1.0.data/platinclude/x.h", "unknown scheme"),
    .path("bad-1.0.data/x", "belongs to no scheme"),
    .path("bad-1.0.data/purelib/bad/__init__.py", "two files of it"),
    .path("bad-1.0.data/scripts/python3", "the environment's own"),
    .path("bad-1.0.data/scripts/a/b", "no name for a command"),
    Hostile("the environment's own") { $0.commands = ["activate = bad:main"] },
    Hostile("no name for a command") { $0.commands = ["../x = bad:main"] },
    Hostile("does not name a function") { $0.commands = ["x = bad:main()"] },
    Hostile("does not name a function") { $0.commands = ["x = bad"] },
  ]

  @Test(arguments: hostile) func aWheelThatBreaksARuleIsRefused(_ hostile: Hostile) async throws {
    let bench = try await Bench()
    let file = try hostile.wheel.write(into: "\(bench.root)/wheels")
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    let failure = #expect(throws: Failure.self) {
      try bench.store.add(wheel: file.path, key: file.sha256, in: staging)
    }
    let complaint = try #require(failure?.diagnostics.first)
    #expect(complaint.code == .wheelInvalid)
    #expect(complaint.cause?.contains(hostile.words) == true, "\(complaint.cause ?? "")")
    #expect(try Files.list(staging.path).isEmpty)
    #expect(!bench.store.contains(file.sha256))
    #expect(Files.kind("\(bench.root)/wheels/up.py") == nil)
  }

  @Test(arguments: [0, 1, 10, 21, 22, 60, -1, -22, -40]) func aWheelThatIsCutShortIsRefused(_ count: Int) async throws {
    let bench = try await Bench()
    let wheel = WheelFixture("cut", files: ["cut.py": ""])
    let bytes = wheel.bytes()
    let path = "\(bench.root)/\(wheel.fileName)"
    try Files.write(Array(bytes.prefix(count < 0 ? bytes.count + count : count)), to: path)
    #expect(throws: Failure.self) { try WheelInspector().metadata(ofWheel: path) }
    #expect(throws: Failure.self) {
      try WheelInspector().extract("cut.py", fromWheel: path, to: "\(bench.root)/cut.py")
    }
  }

  @Test func everyByteOfTheHeadersMayBeWrongWithoutHarm() async throws {
    let bench = try await Bench()
    let wheel = WheelFixture("flip", files: ["flip.py": "x = 1\n"])
    let bytes = wheel.bytes()
    let path = "\(bench.root)/\(wheel.fileName)"
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    var refused = 0
    for index in bytes.indices {
      var wrong = bytes
      wrong[index] ^= 0xff
      try Files.write(wrong, to: path)
      do { _ = try bench.store.unpack(wheel: path, key: "k", in: staging) } catch { refused += 1 }
    }
    // Times and versions may change; names, sizes, data and hashes may not.
    #expect(refused > bytes.count * 3 / 4)
    #expect(Set(try Files.list(bench.root)).isSubset(of: ["state", wheel.fileName]))
  }

  @Test func theStoreKeepsTheLayout() async throws {
    let bench = try await Bench()
    var wheel = WheelFixture(
      "Full-Wheel", "1.2",
      files: [
        "full/__init__.py": "", "full/tool": "#!/bin/sh\n", "single.py": "", "full.pth": "full\n",
        "full/__pycache__/x.cpython-311.pyc": "junk", "Full_Wheel-1.2.data/purelib/pure.py": "",
        "Full_Wheel-1.2.data/platlib/full/plat.py": "", "Full_Wheel-1.2.data/scripts/run": "#!python\n",
        "Full_Wheel-1.2.data/headers/full.h": "", "Full_Wheel-1.2.data/data/share/full.txt": "text",
        "a,\"b\".txt": "quoted",
      ], commands: ["full = full.cli:app.main [extra]"])
    wheel.executables = ["full/tool"]
    wheel.editRecord = { lines in
      lines.map { $0.hasPrefix("a,\"b\"") ? "\"a,\"\"b\"\".txt\"" + $0.dropFirst("a,\"b\".txt".count) : $0 }
    }
    let key = try bench.install([wheel])[0].storeKey
    let record = try bench.store.record(key)
    let root = bench.state.storeEntry(key)
    #expect(record.name.text == "full-wheel")
    #expect(record.version == "1.2")
    #expect(
      record.tree.map(\.path) == [
        "a,\"b\".txt", "full.pth", "full/__init__.py", "full/plat.py", "full/tool", "pure.py", "single.py",
      ])
    #expect(record.tree.filter(\.executable).map(\.path) == ["full/tool"])
    #expect(Files.isExecutable("\(root)/tree/full/tool"))
    #expect(record.data.map(\.path) == ["data/share/full.txt", "headers/full.h", "scripts/run"])
    #expect(record.entryPoints == [try #require(ScriptEntryPoint(name: "full", reference: "full.cli:app.main"))])
    #expect(record.topLevel == ["full", "pure", "single"])
    #expect(record.pthFiles == ["full.pth"])
    #expect(Files.exists("\(root)/dist-info/RECORD"))
    #expect(bench.store.damage(of: key).isEmpty)
    #expect(try Files.list(bench.state.staging).isEmpty)
  }

  @Test func archivesOfOtherWritersAreRead() async throws {
    let bench = try await Bench()
    let wheel = WheelFixture(
      "packed", files: ["packed.py": "x = 1\n", "packed.txt": String(repeating: "long ", count: 9000)])
    let path = try wheel.write(into: "\(bench.root)/wheels").path
    // Deflated and streamed, with sizes behind the data; and zip64 with a comment.
    let program = """
      import sys, zipfile
      source, target, large = sys.argv[1], sys.argv[2], sys.argv[3] == 'large'
      class Pipe:
          def __init__(self, file): self.file = file
          def write(self, data): return self.file.write(data)
          def flush(self): self.file.flush()
      with zipfile.ZipFile(source) as old, open(target, 'wb') as file:
          with zipfile.ZipFile(file if large else Pipe(file), 'w', zipfile.ZIP_DEFLATED) as new:
              for info in old.infolist():
                  with new.open(info.filename, 'w', force_zip64=large) as out: out.write(old.read(info))
              new.comment = b'PK comment' if large else b''
      """
    for kind in ["streamed", "large"] {
      let target = "\(bench.root)/\(kind)/\(wheel.fileName)"
      try Files.makeDirectory(target.parentPath)
      _ = try await bench.output(bench.interpreter.executable, ["-c", program, path, target, kind])
      let staging = try StagingArea.make(in: bench.state.staging)
      defer { try? staging.remove() }
      let key = Digest.sha256(try Files.read(target))
      _ = try bench.store.add(wheel: target, key: key, in: staging)
      let text = try Files.read("\(bench.state.storeEntry(key))/tree/packed.txt")
      #expect(text == Array(String(repeating: "long ", count: 9000).utf8))
    }
  }

  @Test func aLargeFileIsUnpackedThroughItsPages() async throws {
    let bench = try await Bench()
    let wheel = WheelFixture("large", files: ["large.bin": String(repeating: "0123456789abcdef", count: 1_100_000)])
    let key = try bench.install([wheel])[0].storeKey
    #expect(bench.store.damage(of: key).isEmpty)
    #expect(try bench.store.record(key).tree[0].size == 17_600_000)
  }

  @Test func tasksMayAddTheSameWheelAtOnce() async throws {
    let bench = try await Bench()
    let file = try WheelFixture("race", files: ["race.py": ""]).write(into: "\(bench.root)/wheels")
    let staging = try StagingArea.make(in: bench.state.staging)
    try await withThrowingTaskGroup(of: StoreRecord.self) { group in
      for _ in 0..<8 {
        group.addTask { try bench.store.add(wheel: file.path, key: file.sha256, in: staging) }
      }
      for try await record in group { #expect(record.name.text == "race") }
    }
    #expect(try Files.list(staging.path).isEmpty)
    #expect(try Files.list(bench.state.store) == [file.sha256])
    try staging.remove()
    try bench.store.remove(file.sha256)
    #expect(try Files.list(bench.state.store).isEmpty)
  }

  @Test func damageIsNamed() async throws {
    let bench = try await Bench()
    let key = try bench.install([WheelFixture("hurt", files: ["hurt/a.py": "a", "hurt/b.py": "b"])])[0].storeKey
    let tree = "\(bench.state.storeEntry(key))/tree/hurt"
    // What is in the store is read-only.
    try Files.remove("\(tree)/a.py")
    try Files.write("A", to: "\(tree)/a.py")
    try Files.remove("\(tree)/b.py")
    try Files.write("c", to: "\(tree)/c.py")
    try Files.makeDirectory("\(tree)/__pycache__")
    try Files.write("x", to: "\(tree)/__pycache__/a.pyc")
    #expect(
      bench.store.damage(of: key) == [
        "tree/hurt/a.py: changed", "tree/hurt/b.py: missing", "tree/hurt/c.py: not of the wheel",
      ])
  }
}
