import Model
import Resolution
import Testing

/// pip acts upon lines, options, comments and variables: what a lockfile says becomes none of these.
@Suite struct RequirementsTextTests {
  private static let evil = "x\n--extra-index-url http://evil.example.com\nevil==1.0"

  private func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

  @Test(arguments: [
    evil, "x --trusted-host evil.example.com", "x\r--pre", "x\u{85}--pre", "x\u{2028}--pre", "x\u{0B}--pre", "x\t#y",
    "x\\", "x'\"y",
    "x${SECRET}",
  ])
  func nothingIsForged(text: String) throws {
    let digest = String(repeating: "a", count: 64)
    let file = LockedFile(name: "a-1.0-py3-none-any.whl", url: "https://example.com/a.whl", size: nil, sha256: digest)
    let pin = GitPin(
      url: "https://example.com/\(text)", requestedRevision: text, commit: String(repeating: "b", count: 40),
      subdirectory: text, isFollowed: false)
    var lockfile = Lockfile(
      requiresPython: nil,
      distributions: [
        LockedDistribution(
          name: try name("a"), version: " 1.0\n", source: .index(url: "https://i/\(text)", wheels: [file], sdist: nil),
          dependencies: []),
        LockedDistribution(name: try name("b"), version: text, source: .git(pin), dependencies: []),
        LockedDistribution(
          name: try name("c"), version: text,
          source: .archive(
            ArchivePin(url: "https://example.com/\(text)", size: nil, sha256: digest, subdirectory: text)),
          dependencies: []),
        LockedDistribution(
          name: try name("d"), version: text,
          source: .directory(DirectoryPin(path: "/srv/\(text)", subdirectory: text, digest: digest)), dependencies: []),
      ], inputsDigest: "", modules: [],
      baseNeeds: [BaseNeed(name: try name("e"), version: text, specifiers: try #require(VersionSpecifiers("")))])
    (lockfile.python, lockfile.platform) = (text, text)
    let written = RequirementsText.encode(lockfile, named: text)
    // As Python's splitlines has them, which is what pip asks.
    let lines = written.unicodeScalars.split {
      "\n\r\u{0B}\u{0C}\u{1C}\u{1D}\u{1E}\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
    }
    .map(String.init)
    #expect(lines.count == 10, "\(written)")
    #expect(lines.prefix(3).allSatisfy { $0.hasPrefix("# ") })
    #expect(lines[3].hasPrefix("--index-url https://i/x") && lines[3].split { $0 == " " || $0 == "\t" }.count == 2)
    #expect(lines[4] == "a==1.0 \\")
    for line in lines[3...] {
      #expect(
        !line.contains("$") && !line.contains("'") && !line.contains("\"") && !line.contains(" #")
          && !line.contains("\t"), "\(line)")
      #expect(!line.dropLast().contains("\\"), "\(line)")
    }
    #expect(lines[6].split(separator: " ").count == 3 && lines[9].split(separator: " ").count == 3, "\(written)")
  }

  /// pip asks for hashes of all where one has them.
  @Test func saysHowItIsInstalled() throws {
    let pin = DirectoryPin(path: "/srv/a", subdirectory: nil, digest: String(repeating: "a", count: 64))
    let lockfile = Lockfile(
      requiresPython: nil,
      distributions: [
        LockedDistribution(name: try name("a"), version: "1.0", source: .directory(pin), dependencies: [])
      ], inputsDigest: "", modules: [], baseNeeds: [])
    let start = "# Made from p by 'pinion export'. Everything is listed: install it with --no-deps"
    #expect(RequirementsText.encode(lockfile, named: "p").hasPrefix("\(start) --no-require-hashes.\n"))
    #expect(RequirementsText.encode(lockfile, named: "p", hashes: false).hasPrefix("\(start).\n"))
  }
}
