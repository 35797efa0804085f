internal import Glibc
internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct TarTests {
  private func write(_ members: [(String, [UInt8])], to path: String) throws {
    let writer = try TarWriter(path)
    for (name, bytes) in members { try writer.add(name, bytes) }
    try writer.finish()
  }

  private func read(_ path: String) throws -> [(String, [UInt8])] {
    var reader = try TarReader(path)
    var found: [(String, [UInt8])] = []
    while let member = try reader.next() { found.append((member.name, try reader.bytes(of: member, atMost: 1 << 20))) }
    return found
  }

  @Test func whatIsWrittenIsReadAndOtherToolsAgree() async throws {
    let bench = try await Bench()
    let members: [(String, [UInt8])] = [
      ("empty", []), ("one", [1]), ("block", [UInt8](repeating: 7, count: 512)),
      ("more/\(String(repeating: "n", count: 95))", [UInt8](repeating: 9, count: 1025)),
    ]
    let path = "\(bench.root)/a.tar"
    try write(members, to: path)
    let found = try read(path)
    #expect(found.map(\.0) == members.map(\.0) && found.map(\.1) == members.map(\.1))
    #expect(
      try await bench.output("/bin/tar", ["tf", path]).split(separator: "\n").map(String.init) == members.map(\.0))
    try Files.makeDirectory("\(bench.root)/out")
    _ = try await bench.output("/bin/tar", ["xf", path, "-C", "\(bench.root)/out"])
    for (name, bytes) in members { #expect(try Files.read("\(bench.root)/out/\(name)") == bytes) }
    // From a file, and into one.
    try Files.write([UInt8](repeating: 3, count: 3 << 20), to: "\(bench.root)/large")
    let writer = try TarWriter("\(bench.root)/b.tar")
    try writer.add("large", contentOf: "\(bench.root)/large", size: 3 << 20)
    try writer.finish()
    var reader = try TarReader("\(bench.root)/b.tar")
    let member = try #require(try reader.next())
    #expect(try reader.extract(member, to: "\(bench.root)/copy") == (try FileDigest.sha256("\(bench.root)/large")))
    #expect(try Files.read("\(bench.root)/copy") == Files.read("\(bench.root)/large"))
    #expect(try reader.next() == nil)
  }

  /// Cut anywhere, or with any byte of a header changed, it is refused.
  @Test func whatIsNotWholeIsRefused() async throws {
    let bench = try await Bench()
    let path = "\(bench.root)/a.tar"
    try write([("one", [1, 2, 3]), ("two", [4])], to: path)
    let good = try Files.read(path)
    for count in stride(from: 0, to: good.count, by: 37) {
      try Files.write(Array(good.prefix(count)), to: path)
      #expect(throws: TarArchive.Problem.self) { try read(path) }
    }
    for index in Array(0..<512) + Array(1024..<1536) {
      var bytes = good
      bytes[index] ^= 0x11
      try Files.write(bytes, to: path)
      #expect(throws: TarArchive.Problem.self, "byte \(index)") { try read(path) }
    }
    // What other tools put into archives: a link, a directory, a long name, a device.
    try Files.makeDirectory("\(bench.root)/tree/sub")
    try Files.link("\(bench.root)/tree/link", to: "/etc/passwd")
    for name in ["link", "sub"] {
      try Files.remove(path)
      _ = try await bench.output("/bin/tar", ["cf", path, "-C", "\(bench.root)/tree", name])
      #expect(throws: TarArchive.Problem.self) { try read(path) }
    }
  }

  @Test func whatIsTooLargeIsOnRecord() async throws {
    let bench = try await Bench()
    var record = ComplaintRecord()
    let writer = try TarWriter("\(bench.root)/a.tar")
    try record.add("a wheel of 8 GiB") {
      try writer.add("x", contentOf: "/srv/torch-9.0-py3-none-any.whl", size: 1 << 33)
    }
    try record.add("a file that became shorter") {
      try Files.write("x", to: "\(bench.root)/short")
      try writer.add("x", contentOf: "\(bench.root)/short", size: 7)
    }
    #expect(try record.isOnRecord(as: "tar", beside: #filePath, replacing: [(bench.root, "DIR")]))
  }

  @Test func whatIsFoundSaysSinceWhen() async throws {
    let bench = try await Bench()
    let before = time(nil)
    let home = try await bench.apply([WheelFixture("alpha", files: ["alpha/__init__.py": ""])])
    let record = try bench.record()
    try Files.write("x", to: "\(home)/bin/stray")
    // An old modification time says nothing: the system counts changes itself.
    _ = try await bench.output("/usr/bin/touch", ["-d", "2001-01-01", "\(home)/bin/stray"])
    try Files.remove("\(home)/links/alpha")
    let found = DriftCheck.plain(record: record, at: home, state: bench.state)
    #expect(found.map(\.path) == ["bin/stray", "links/alpha"])
    for finding in found { #expect(finding.since.map { (before...time(nil)).contains($0) } == true, "\(finding)") }
    let key = record.distributions[0].storeKey
    try Files.write("evil", to: "\(bench.state.storeEntry(key))/tree/alpha/__init__.py")
    let damage = DriftCheck.deep(record: record, at: home, state: bench.state).filter { $0.kind == .damaged }
    #expect(damage.count == 1 && damage[0].since.map { $0 >= before } == true)
    let file = "\(bench.state.storeEntry(key))/tree/alpha/__init__.py"
    #expect(damage.first?.since == Files.identity(file).map { $0.modified / 1_000_000_000 })
  }
}
