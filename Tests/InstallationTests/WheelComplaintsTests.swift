internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

/// Every complaint about a wheel, on record in `Snapshots/wheels.txt`.
@Suite struct WheelComplaintsTests {
  typealias Hostile = WheelTests.Hostile

  static let more: [Hostile] = [
    .entries("extra fields") { $0[2].extra = [1, 0, 9, 0] },
    .entries("second name") { $0[2].extra = [0x75, 0x70, 0, 0] },
    .entries("zip64 field of") { $0[2].size = 0xffff_ffff },
    .entries("two zip64 fields") { $0[2].extra = [1, 0, 0, 0, 1, 0, 0, 0] },
    .entries("directory with content") { $0.append(ZipFixture.Entry("folder/", [120], mode: 0o040755)) },
    .entries("outside the archive's data") { entries in
      entries[2].size = 1 << 20
      entries[2].packedSize = 1 << 20
    },
    .entries("is too large to be read") { entries in
      for index in entries.indices where entries[index].name.hasSuffix("/METADATA") {
        entries[index].method = 8
        entries[index].size = 65 << 20
      }
      entries.append(ZipFixture.Entry("room", [UInt8](repeating: 120, count: 400_000)))
    },
    .entries("is not UTF-8") { entries in
      for index in entries.indices where entries[index].name.hasSuffix("/METADATA") { entries[index].bytes = [0xff] }
    },
    .entries("name different distributions") { entries in
      for index in entries.indices { entries[index].name = entries[index].name.replacing("bad-1.0", with: "good-1.0") }
    },
    Hostile("no proper size") { wheel in
      wheel.editRecord = { $0 + ["gone.py,sha256=\(WheelFixture.base64([])),many"] }
    },
    .entries("zip64 field of") { entries in
      entries[2].size = 0xffff_ffff
      entries[2].extra = [1, 0, 4, 0, 0, 0, 0, 0]
    },
    Hostile("the place of pip's") { $0.commands = ["pip3 = bad:main"] },
    .path("bad-1.0.data/purelib/good-1.0.dist-info/METADATA", "for a distribution of its own"),
    .path("good-1.0.data/purelib/x.py", "data directory of another"),
    .path("bad/__INIT__.py", "are one name where case"),
    Hostile("is a file and a directory") { $0.files["bad-1.0.data/purelib/bad"] = "x" },
    Hostile("and 2 more") { wheel in wheel.editRecord = { lines in lines.filter { $0.hasSuffix(",,") } + ["a", "b"] } },
    .entries("not marked as UTF-8") { entries in
      entries[2].name = "bad/\u{e9}.py"
      entries[2].flags = 0
    },
    .entries("says more than it is asked") { $0[2].extra = [1, 0, 4, 0, 0, 0, 0, 0] },
    .entries("that belong to no file") { $0[2].tail = [1, 2, 3] },
    .entries("contradicts its headers") { entries in
      entries[2].flags |= 8
      entries[2].tail = [UInt8](repeating: 0, count: 16)
    },
    Hostile("two entry points") { $0.commands = ["x = bad:main", "x = bad:other"] },
  ]

  /// Archives that are changed as bytes; `end` is where the last record begins.
  static let archives: [(title: String, edit: @Sendable (inout [UInt8], _ end: Int) -> Void)] = [
    ("almost empty", { bytes, _ in bytes = [80, 75] }),
    ("cut short", { bytes, _ in bytes.removeLast(30) }),
    ("one of several parts", { bytes, end in bytes[end + 4] = 1 }),
    ("a directory somewhere else", { bytes, end in bytes[end + 16] ^= 1 }),
    (
      "a directory with more in it",
      { bytes, end in
        bytes.insert(contentsOf: [0, 0, 0, 0], at: end)
        bytes[end + 4 + 12] += 4
      }
    ),
    ("a directory with less in it", { bytes, end in bytes[Self.directory(bytes, end) + 1] = 0 }),
    (
      "zip64 records that lead nowhere",
      { bytes, end in bytes.insert(contentsOf: [0x50, 0x4b, 6, 7] + [UInt8](repeating: 0, count: 16), at: end) }
    ),
    ("bytes behind the end", { bytes, _ in bytes += [0] }),
    (
      "another end in the comment",
      { bytes, end in
        let record = Array(bytes[end...])
        bytes[end + 20] = 22
        bytes += record
      }
    ),
    (
      "bytes before the first file",
      { bytes, end in
        var place = HostileWheel.directory(bytes, end)
        while bytes[place + 2] == 1 {
          HostileWheel.write(&bytes, at: place + 42, HostileWheel.read(bytes, at: place + 42, 4) + 1, 4)
          place += 46 + HostileWheel.read(bytes, at: place + 28, 2)
        }
        HostileWheel.write(&bytes, at: end + 16, HostileWheel.read(bytes, at: end + 16, 4) + 1, 4)
        bytes.insert(0, at: 0)
      }
    ),
    ("a name that is no text", { bytes, end in bytes[Self.directory(bytes, end) + 46] = 0xff }),
  ]

  private static func directory(_ bytes: [UInt8], _ end: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(bytes[end + 16 + $1]) << ($1 * 8) }
  }

  @Test func areOnRecord() async throws {
    let bench = try await Bench()
    let staging = try StagingArea.make(in: bench.state.staging)
    defer { try? staging.remove() }
    var record = ComplaintRecord()
    func refuse(_ title: String, _ bytes: [UInt8], _ name: String = "bad-1.0-py3-none-any.whl") throws {
      let path = "\(bench.root)/\(name)"
      try Files.write(bytes, to: path)
      try record.add(title) { _ = try bench.store.unpack(wheel: path, key: "k", in: staging) }
      #expect(try Files.list(staging.path).isEmpty)
    }
    for hostile in WheelTests.hostile + Self.more {
      try refuse(hostile.words, hostile.wheel.bytes())
      #expect(record.text.contains(hostile.words))
    }
    let good = WheelFixture("bad", files: ["bad/__init__.py": "x = 1\n"]).bytes()
    for (title, edit) in Self.archives {
      var bytes = good
      edit(&bytes, bytes.count - 22)
      try refuse(title, bytes)
    }
    try refuse("a file that is not called like a wheel", good, "bad.whl")
    let inspector = WheelInspector()
    let path = "\(bench.root)/bad-1.0-py3-none-any.whl"
    try record.add("a file that is not there") { _ = try inspector.metadata(ofWheel: "\(bench.root)/absent.whl") }
    try record.add("a directory") { _ = try inspector.metadata(ofWheel: bench.root) }
    try Files.write(ZipFixture.archive([ZipFixture.Entry("a.py", [])]), to: path)
    try record.add("no METADATA") { _ = try inspector.metadata(ofWheel: path) }
    try record.add("a member that is not there") {
      try inspector.extract("bad/tool", fromWheel: path, to: "\(bench.root)/tool")
    }
    #expect(try record.isOnRecord(as: "wheels", beside: #filePath, replacing: [(bench.root, "DIR")]))
  }
}
