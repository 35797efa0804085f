import Model
import TestSupport
import Testing

@testable import Resolution

@Suite("Lockfiles of every kind come back byte for byte")
struct LockfilePropertyTests {
  /// Numbers that depend on their seed alone.
  private struct Source: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      // SplitMix64.
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// Makes up a lockfile: any kind of entry, texts with whatever TOML, URLs and paths have to escape.
  private struct Maker {
    var source: Source

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &source)] }
    mutating func flag() -> Bool { Bool.random(using: &source) }
    mutating func hex(_ count: Int) -> String {
      (0..<count).map { _ in String(pick(Array("0123456789abcdef"))) }.joined()
    }

    mutating func text() -> String {
      (0..<Int.random(in: 1...8, using: &source)).map { _ in
        pick([
          "a", "B", "0", "-", "_", ".", " ", "\"", "'", "\\", "\n", "\t", "\u{1}", "\u{7F}", "é", "🐍", "#", "=", "${X}",
          "%", "@", ":",
        ])
      }.joined()
    }

    mutating func segment() -> String {
      "x"
        + (0..<Int.random(in: 0...4, using: &source)).map { _ in
          pick(["a", " ", "é", "+", "%", "#", "?", "&", "'", "\"", "@"])
        }
        .joined()
    }

    mutating func name(_ number: Int) throws -> PackageName {
      try #require(PackageName("\(pick(["a", "lib", "z"]))-\(number)"))
    }

    mutating func url(_ ending: String) -> String {
      let name = "\(segment().percentEncodedPath)\(ending)"
      return pick(["https://h.example.com:8443/\(name)", "file:///srv/project/\(name)", "file:///srv/other/\(name)"])
    }

    mutating func file(_ name: String) -> LockedFile {
      let url = url(name.percentEncodedPath)
      return LockedFile(
        name: name, url: url, size: flag() ? Int.random(in: 0...(1 << 40), using: &source) : nil,
        sha256: hex(64), uploadTime: flag() ? Int.random(in: 0...2_000_000_000, using: &source) : nil)
    }

    mutating func source(_ name: PackageName, _ version: String) -> LockedDistribution.Source {
      let stem = "\(name.text.replacing("-", with: "_"))-\(version)"
      switch Int.random(in: 0..<4, using: &source) {
      case 0:
        let wheels = (0..<Int.random(in: 0...3, using: &source)).map { file("\(stem)-\($0)-py3-none-any.whl") }
        return .index(
          url: flag() ? "https://index.example.com/simple" : "", wheels: wheels.sorted { $0.name < $1.name },
          sdist: wheels.isEmpty || flag() ? file("\(stem).tar.gz") : nil)
      case 1:
        return .git(
          GitPin(
            url: pick(["https://h.example.com/r.git", "ssh://git@h.example.com/r.git", url(".git")]),
            requestedRevision: flag() ? text() : nil, commit: hex(40), subdirectory: flag() ? segment() : nil,
            isFollowed: flag()))
      case 2:
        return .archive(
          ArchivePin(
            url: url("-1.tar.gz"), size: flag() ? 7 : nil, sha256: hex(64), subdirectory: flag() ? segment() : nil))
      default:
        return .directory(
          DirectoryPin(
            path: "/srv/\(pick(["project", "other"]))/\(segment())", subdirectory: flag() ? segment() : nil,
            digest: hex(64)))
      }
    }

    mutating func lockfile() throws -> Lockfile {
      let names = try (0..<Int.random(in: 0...6, using: &source)).map { try name($0) }
      let distributions = names.map { name in
        let version = pick(["1.0", "2!1.0rc1", "1+local.1"])
        return LockedDistribution(
          name: name, version: version, source: source(name, version),
          dependencies: names.filter { _ in flag() }.sorted())
      }
      let modules = (0..<Int.random(in: 0...4, using: &source)).map { number in
        LockedModule(
          name: "\(number)\(text())", section: pick(Module.Section.allCases), importPath: text(),
          requirement: flag()
            ? pick(["a>=1", "git+file:///srv/other/r.git@main", "x @ https://h.example.com/x-1.zip"]) : nil,
          distribution: flag() ? names.first : nil,
          answer: pick([.distribution, .provided, .pythonPath, .base, .interpreter, .excluded]))
      }
      let needs = try names.filter { _ in flag() }.map {
        BaseNeed(
          name: $0, version: "1.0", specifiers: try #require(VersionSpecifiers(pick(["", ">=1,<2", "==1.*"]))),
          dependencies: names.filter { _ in flag() }.sorted())
      }
      var lockfile = Lockfile(
        requiresPython: flag() ? ">=3.11" : nil, distributions: distributions, inputsDigest: "sha256:" + hex(64),
        modules: modules, baseNeeds: needs)
      if flag() {
        lockfile.python = "3.12"
        lockfile.platform = pick(["linux-x86_64", "aarch64-manylinux_2_28"])
        lockfile.environments = [text()]
        if flag() { lockfile.heldBack = [text(), text()].sorted() }
      }
      return lockfile
    }
  }

  private static let path = "/srv/project/pylock.demo.toml"

  @Test(arguments: 0..<400)
  func decodingUndoesEncoding(seed: UInt64) throws {
    var maker = Maker(source: Source(state: seed))
    let lockfile = try maker.lockfile()
    let text = LockfileCodec.encode(lockfile, path: Self.path)
    let decoded = try LockfileCodec.decode(text, path: Self.path)
    #expect(decoded == lockfile)
    #expect(LockfileCodec.encode(decoded, path: Self.path) == text)
    // Nothing of this machine's own is in it: the same bytes mean the same elsewhere.
    #expect(!text.contains("/srv/"))
    let elsewhere = try LockfileCodec.decode(text, path: "/home/somebody/app/pylock.demo.toml")
    #expect(LockfileCodec.encode(elsewhere, path: "/home/somebody/app/pylock.demo.toml") == text)
  }

  private static let foreign = """
    lock-version = "1.0"
    created-by = "pinion"
    extras = []
    "a key" = { b = 1.5, a = [1979-05-27, 07:32:00, { c = true }] }

    [[packages]]
    name = "alpha"
    version = "1.0"
    wheels = [
        { name = "alpha-1.0-py3-none-any.whl", url = "https://example.com/alpha-1.0-py3-none-any.whl", hashes = { sha256 = "\(String(repeating: "ab", count: 32))", sha512 = "more" }, attested = "wheel" },
    ]
    attestation-identities = [{ kind = "x" }]
    tool = { pinion = { reviewed = "yes" }, other = { x = 1e3 } }

    [[packages]]
    name = "link"
    vcs = { type = "git", url = "https://example.com/link.git", commit-id = "\(String(repeating: "c", count: 40))", mirror = "near" }
    marker = "os_name == 'posix'"
    tool = { pinion = { version = "1.0", follows = false, signed-by = "release" } }

    [tool.pinion]
    format-version = 1
    inputs-digest = "sha256:x"
    note = "hello"

    [[tool.pinion.base]]
    name = "requests"
    version = "2.0"
    needs = ">=2"
    seen = 2026-01-01T00:00:00Z

    [[tool.pinion.modules]]
    name = "a"
    section = "links"
    module = "alpha"
    answer = "distribution"
    distribution = "alpha"
    owner = "team"

    [tool]
    other = { deep = { list = [1, 2] } }

    """

  @Test func keysOfOthersSurvive() throws {
    let decoded = try LockfileCodec.decode(Self.foreign, path: Self.path)
    let text = LockfileCodec.encode(decoded, path: Self.path)
    let again = try LockfileCodec.decode(text, path: Self.path)
    #expect(again == decoded && LockfileCodec.encode(again, path: Self.path) == text)
    for line in Self.foreign.split(separator: "\n") where !line.contains("= {") { #expect(text.contains(line)) }
    for part in [
      "\"a key\" = { a = [1979-05-27, 07:32:00, { c = true }], b = 1.5 }",
      "attestation-identities = [{ kind = \"x\" }]",
      "tool = { pinion = { reviewed = \"yes\" }, other = { x = 1000.0 } }", "signed-by = \"release\" } }",
      "other = { deep = { list = [1, 2] } }", ", sha512 = \"more\" }, attested = \"wheel\" }", ", mirror = \"near\" }",
    ] {
      #expect(text.contains(part), "\(part) is not in\n\(text)")
    }
    #expect(decoded.unknown.count == 14)
  }

  @Test func aRelockKeepsThemWhereNothingChanged() throws {
    let previous = try LockfileCodec.decode(Self.foreign, path: Self.path)
    var next = previous
    next.unknown = []
    next.distributions[0].version = "1.1"
    next.modules[0].importPath = "other"
    next.keepUnknown(of: previous)
    let text = LockfileCodec.encode(next, path: Self.path)
    for kept in [
      "extras = []", "note = \"hello\"", "signed-by", "mirror = ", "marker = ", "seen = ", "[tool]\nother = ",
    ] {
      #expect(text.contains(kept), "\(kept)")
    }
    for gone in ["reviewed", "attest", "sha512", "owner"] { #expect(!text.contains(gone), "\(gone)") }
  }
}
