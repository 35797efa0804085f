import Glibc
import Manifests
import Model
import TestSupport
import Testing

/// What is no manifest, for every reason there is: a clear error each. On record in `Snapshots/file-complaints.txt`.
@Suite struct FileLimitTests {
  private static let start = Array("links:\n".utf8)

  /// A name, and what makes the file of that name.
  private static let cases: [(name: String, make: @Sendable (_ path: String) throws -> Void)] = [
    ("absent.yaml", { _ in }),
    ("directory-in-its-place.yaml", { mkdir($0, 0o755) }),
    ("pipe.yaml", { try #require(mkfifo($0, 0o644) == 0) }),
    ("socket.yaml", { try socket($0) }),
    ("zero.yaml", { try #require(symlink("/dev/zero", $0) == 0) }),
    ("random.yaml", { try #require(symlink("/dev/urandom", $0) == 0) }),
    ("loop.yaml", { try #require(symlink($0, $0) == 0) }),
    ("dangling.yaml", { try #require(symlink("\($0).nowhere", $0) == 0) }),
    ("below-a-file.yaml/x.yaml", { try bytes([], String($0.dropLast("/x.yaml".count))) }),
    // A regular file that cannot be read, whoever asks.
    ("unreadable.yaml", { try #require(symlink("/proc/self/mem", $0) == 0) }),
    (
      "sparse.yaml",
      { path in
        try bytes([], path)
        try #require(truncate(path, 1 << 40) == 0)
      }
    ),
    ("just-too-large.yaml", { try bytes([UInt8](repeating: 0x0A, count: 16 * 1024 * 1024 + 1), $0) }),
    ("empty.yaml", { try bytes([], $0) }),
    ("blank.yaml", { try bytes(Array("# nothing\n---\n...\n".utf8), $0) }),
    ("not-utf8.yaml", { try bytes(start + Array("  a: caf".utf8) + [0xE9, 0x0A], $0) }),
    ("overlong.yaml", { try bytes(start + [0x20, 0xC0, 0xAF], $0) }),
    ("surrogate.yaml", { try bytes(start + [0x20, 0xED, 0xA0, 0x80], $0) }),
    ("utf16-le.yaml", { try bytes([0xFF, 0xFE] + start.flatMap { [$0, 0] }, $0) }),
    ("utf16-be.yaml", { try bytes([0xFE, 0xFF] + start.flatMap { [0, $0] }, $0) }),
    ("utf32.yaml", { try bytes([0xFF, 0xFE, 0, 0] + start.flatMap { [$0, 0, 0, 0] }, $0) }),
    ("nul.yaml", { try bytes(start + [0x20, 0x61, 0x00], $0) }),
    ("tab.yaml", { try bytes(start + Array("\ta: 1\n".utf8), $0) }),
    ("tab-behind-spaces.yaml", { try bytes(start + Array("  a:\n  \tmodule: x\n".utf8), $0) }),
    (
      "deep.yaml",
      { try bytes(start + Array("  x: ".utf8) + [UInt8](repeating: UInt8(ascii: "["), count: 100_000), $0) }
    ),
    (
      "deep-block.yaml",
      { path in
        try bytes((0..<200).flatMap { Array(repeating: UInt8(ascii: " "), count: $0) + Array("a:\n".utf8) }, path)
      }
    ),
    ("alias-bomb.yaml", { try bytes(Array(bomb.utf8), $0) }),
    ("merge-bomb.yaml", { try bytes(Array(mergeBomb.utf8), $0) }),
    ("terminal.yaml", { try bytes(start + Array("  a: \u{1B}[31mred\n".utf8), $0) }),
    ("terminal-escaped.yaml", { try bytes(start + Array("  a: {module: \"\\e[2J\\u202Ered\"}\n".utf8), $0) }),
    ("alias-in-itself.yaml", { try bytes(Array("a: &a [*a]\n".utf8), $0) }),
    ("alias-of-nothing.yaml", { try bytes(Array("a: *b\n".utf8), $0) }),
    (
      "many-nodes.yaml",
      { try bytes(start + Array("  x: [".utf8) + Array(String(repeating: "a,", count: 600_000).utf8), $0) }
    ),
    ("long-key.yaml", { try bytes(Array(repeating: UInt8(ascii: "k"), count: 5_000) + Array(": [\n".utf8), $0) }),
    ("binary.yaml", { try bytes([0x7F, 0x45, 0x4C, 0x46, 0x02, 0x01, 0x01, 0x00], $0) }),
    ("list.yaml", { try bytes(Array("- a\n- b\n".utf8), $0) }),
    ("scalar.yaml", { try bytes(Array("hello\n".utf8), $0) }),
    ("other.yaml", { try bytes(Array("apiVersion: apps/v1\nkind: Deployment\n".utf8), $0) }),
  ]

  /// Nine times ten to the ninth.
  private static let bomb =
    "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    + (1..<10).map { level in
      "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
    }.joined()

  private static let mergeBomb =
    "m0: &m0 {a: x, b: x, c: x}\n"
    + (1..<10).map { level in
      "m\(level): &m\(level) {<<: [\(Array(repeating: "*m\(level - 1)", count: 9).joined(separator: ", "))]}\n"
    }.joined()

  private static func bytes(_ bytes: [UInt8], _ path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  }

  private static func socket(_ path: String) throws {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
  }

  @Test func eachIsAClearError() throws {
    var record = ""
    for (name, make) in Self.cases {
      let fixture = try ManifestFixture()
      try make("\(fixture.directory)/\(name)")
      let said = fixture.complaints(name)
      #expect(said.hasPrefix("error "), "\(name): \(said)")
      #expect(!said.contains("\u{1B}") && !said.contains("\u{202E}"))
      #expect(said.utf8.count < 2_000, "\(name) makes many words")
      record += "# \(name)\n\(said.replacing(fixture.directory, with: "DIR"))\n\n"
    }
    let snapshot = Snapshot("file-complaints", beside: #filePath)
    #expect(try snapshot.text(orRecord: record) == record)
  }

  /// In a directory they are complained of like any other, and do no harm to the others' complaints.
  @Test func oneBadFileHidesNoOther() throws {
    let fixture = try ManifestFixture(["m/a.yaml": moduleSet("nope: 1"), "m/z.yml": moduleSet("nope: 2", name: "z")])
    for name in ["pipe.yaml", "loop.yaml", "not-utf8.yaml"] {
      try Self.cases.first { $0.name == name }?.make("\(fixture.directory)/m/\(name)")
    }
    let errors = fixture.complaints("m").split(separator: "\n").filter { $0.hasPrefix("error") }
    #expect(errors.count == 5)
  }

  /// Rights bind everybody but root.
  @Test(.enabled(if: geteuid() != 0)) func rightsAreMissing() throws {
    let fixture = try ManifestFixture(["m.yaml": "links:\n"])
    chmod("\(fixture.directory)/m.yaml", 0)
    #expect(fixture.complaints("m.yaml").contains("Permission denied"))
  }

  /// Sixteen mebibytes of one kind of text: an answer, and no waiting. Tests of the whole bound the memory.
  @Test func theLargestFilesAreRead() throws {
    let size = 16 * 1024 * 1024
    for filler in ["\n", "# x\n", "y"] {
      let fixture = try ManifestFixture()
      var text = Self.start + (filler == "y" ? Array("x: \"".utf8) : [])
      let unit = Array(filler.utf8)
      while text.count + unit.count < size - 1 { text += unit }
      if filler == "y" { text.append(UInt8(ascii: "\"")) }
      try Self.bytes(text, "\(fixture.directory)/m.yaml")
      #expect(fixture.complaints("m.yaml") == "loaded: [\"default\"]")
    }
  }
}
