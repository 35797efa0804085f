import Model
import Testing

@testable import Resolution

@Suite("Lockfiles as bytes and back")
struct LockfileCodecTests {
  private static let commit = "0123456789abcdef0123456789abcdef01234567"

  private static func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

  private static func file(_ name: String, size: Int? = 10, uploadTime: Int? = nil) -> LockedFile {
    LockedFile(
      name: name, url: "https://files.example.com/a%20b/\(name)", size: size,
      sha256: String(repeating: "ab", count: 32), uploadTime: uploadTime)
  }

  /// One of everything.
  private static func everything() throws -> Lockfile {
    var lockfile = Lockfile(
      requiresPython: ">=3.11",
      distributions: [
        LockedDistribution(
          name: try name("zeta"), version: "1.0+local.1",
          source: .index(
            url: "https://index.example.com/simple", wheels: [file("zeta-1.0+local.1-py3-none-any.whl", size: nil)],
            sdist: nil),
          dependencies: []),
        LockedDistribution(
          name: try name("Alpha.Beta"), version: "2!1.0rc1",
          source: .index(
            url: "https://index.example.com/simple",
            wheels: [
              file("alpha_beta-2!1.0rc1-cp311-cp311-linux_x86_64.whl"), file("alpha_beta-2!1.0rc1-py3-none-any.whl"),
            ],
            sdist: file("alpha_beta-2!1.0rc1.tar.gz", uploadTime: 1_800_000_000)), dependencies: [try name("zeta")]),
        LockedDistribution(
          name: try name("only-source"), version: "3",
          source: .index(url: "https://index.example.com/simple", wheels: [], sdist: file("only-source-3.tar.gz")),
          dependencies: []),
        LockedDistribution(
          name: try name("my-link"), version: "1.2.3",
          source: .git(
            GitPin(
              url: "https://example.com/org/my-link.git", requestedRevision: "feature/a \"quoted\" \\ name",
              commit: commit,
              subdirectory: "packages/one", isFollowed: true)), dependencies: [try name("zeta")]),
        LockedDistribution(
          name: try name("plain-link"), version: "0.1",
          source: .git(
            GitPin(
              url: "https://example.com/plain.git", requestedRevision: nil, commit: commit, subdirectory: nil,
              isFollowed: false)), dependencies: []),
        LockedDistribution(
          name: try name("a-wheel"), version: "1.0",
          source: .archive(
            ArchivePin(
              url: "https://example.com/a%20b/a_wheel-1.0-py3-none-any.whl?download=1", size: nil,
              sha256: String(repeating: "ab", count: 32), subdirectory: nil)), dependencies: []),
        LockedDistribution(
          name: try name("an-archive"), version: "1.0",
          source: .archive(
            ArchivePin(
              url: "file:///srv/the%20archives/an-archive.zip", size: 12, sha256: String(repeating: "ab", count: 32),
              subdirectory: "one")), dependencies: [try name("zeta")]),
        LockedDistribution(
          name: try name("a-directory"), version: "0.1.dev0",
          source: .directory(
            DirectoryPin(
              path: "/srv/project/links/a b", subdirectory: "one", digest: String(repeating: "ef", count: 32))),
          dependencies: []),
      ],
      inputsDigest: "sha256:" + String(repeating: "cd", count: 32),
      modules: [
        LockedModule(
          name: "a.strange\nname\t\u{7F}\u{1}é", section: .links, importPath: "my_link.main",
          requirement: "git+https://example.com/org/my-link.git", distribution: try name("my-link"),
          answer: .distribution),
        LockedModule(
          name: "json", section: .imports, importPath: "json", requirement: nil, distribution: nil, answer: .interpreter
        ),
      ],
      baseNeeds: [
        BaseNeed(name: try name("requests"), version: "2.31.0", specifiers: try #require(VersionSpecifiers(">=2,<3"))),
        BaseNeed(name: try name("carrier"), version: "1", specifiers: .any, dependencies: [try name("zeta")]),
      ])
    lockfile.python = "3.11"
    lockfile.platform = "linux-x86_64"
    return lockfile
  }

  @Test func decodingUndoesEncodingByteForByte() throws {
    let lockfile = try Self.everything()
    let text = LockfileCodec.encode(lockfile, path: "/srv/project/pylock.toml")
    let decoded = try LockfileCodec.decode(text, path: "/srv/project/pylock.toml")
    #expect(decoded == lockfile)
    #expect(LockfileCodec.encode(decoded, path: "/srv/project/pylock.toml") == text)
    #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
  }

  /// PEP 751 has upload times in UTC; whatever says the same moment is read.
  @Test(
    arguments: [
      ("2027-01-15T08:00:00Z", 1_800_000_000), ("2027-01-15T08:00:00.999999Z", 1_800_000_000),
      ("2027-01-15T09:30:00+01:30", 1_800_000_000), ("2027-01-15 03:00:00-05:00", 1_800_000_000),
      ("2027-01-15T08:00:00", nil), ("2027-01-15", nil), ("1969-12-31T23:59:59Z", -1),
    ] as [(String, Int?)])
  func timesOfUploads(_ text: String, _ expected: Int?) throws {
    let written = LockfileCodec.encode(try Self.everything(), path: "/srv/project/pylock.toml")
    #expect(written.contains("upload-time = 2027-01-15T08:00:00Z"))
    let other = written.replacing("2027-01-15T08:00:00Z", with: text)
    let found = try LockfileCodec.decode(other, path: "/srv/project/pylock.toml")[Self.name("alpha-beta")]
    guard case .index(_, _, let sdist?) = found?.source else {
      Issue.record("no source distribution")
      return
    }
    #expect(sdist.uploadTime == expected)
  }

  @Test func repositoriesOnDiskAreRelativeToTheLockfile() throws {
    let lockfile = Lockfile(
      requiresPython: nil,
      distributions: [
        LockedDistribution(
          name: try Self.name("my-link"), version: "1",
          source: .git(
            GitPin(
              url: "file:///srv/git/my link.git", requestedRevision: "v1", commit: Self.commit, subdirectory: nil,
              isFollowed: false)), dependencies: [])
      ], inputsDigest: "x",
      modules: [
        LockedModule(
          name: "l", section: .links, importPath: "my_link", requirement: "git+file:///srv/git/my%20link.git@v1",
          distribution: try Self.name("my-link"), answer: .distribution)
      ], baseNeeds: [])
    let text = LockfileCodec.encode(lockfile, path: "/srv/project/pylock.toml")
    #expect(text.contains("path = \"../git/my link.git\""))
    #expect(!text.contains("/srv"))
    #expect(try LockfileCodec.decode(text, path: "/srv/project/pylock.toml") == lockfile)
    // Moved together, both are found again.
    let moved = try LockfileCodec.decode(text, path: "/home/project/pylock.toml")
    guard case .git(let pin) = moved.distributions[0].source else {
      Issue.record("no git entry")
      return
    }
    #expect(pin.url == "file:///home/git/my link.git")
  }

  /// PEP 751 has a path there, not a part of a URL; pins are found by the letters that were declared.
  @Test(arguments: [
    ("/srv/git/my%20link.git", "../git/my link.git", false), ("/srv/git/my link.git", "../git/my link.git", true),
    ("/srv/git/link.git", "../git/link.git", false), ("/srv/git/it's.git", "../git/it's.git", true),
    ("/srv/git/100%25.git", "../git/100%.git", false), ("/srv/git/100%.git", "../git/100%.git", true),
    ("/srv/git/%C3%A9.git", "../git/é.git", false),
  ])
  func pathsOfRepositoriesAreNotPercentEncoded(_ declared: String, _ written: String, _ isKept: Bool) throws {
    let pin = GitPin(
      url: "file://\(declared)", requestedRevision: nil, commit: Self.commit, subdirectory: nil, isFollowed: true)
    let lockfile = Lockfile(
      requiresPython: nil,
      distributions: [
        LockedDistribution(name: try Self.name("my-link"), version: "1", source: .git(pin), dependencies: [])
      ], inputsDigest: "x", modules: [], baseNeeds: [])
    let text = LockfileCodec.encode(lockfile, path: "/srv/project/pylock.toml")
    #expect(text.contains("{ type = \"git\", path = \"\(written)\""), "\(text)")
    #expect(text.contains("follows = true, path = ") == isKept, "\(text)")
    #expect(try LockfileCodec.decode(text, path: "/srv/project/pylock.toml") == lockfile)
    // Written by another tool, or changed by hand: the standard's own key rules.
    let other = text.replacing("path = \"\(written)\", commit", with: "path = \"../other dir/x.git\", commit")
    guard
      case .git(let found) = try LockfileCodec.decode(other, path: "/srv/project/pylock.toml").distributions[0].source
    else {
      Issue.record("no git entry")
      return
    }
    #expect(found.url == "file:///srv/other%20dir/x.git")
  }

  @Test func anEmptyLockfileIsOne() throws {
    let lockfile = Lockfile(requiresPython: nil, distributions: [], inputsDigest: "x", modules: [], baseNeeds: [])
    #expect(
      try LockfileCodec.decode(
        LockfileCodec.encode(lockfile, path: "/srv/project/pylock.toml"), path: "/srv/project/pylock.toml") == lockfile)
  }

  @Test func theOrderOfWhatIsGivenDoesNotMatter() throws {
    let lockfile = try Self.everything()
    let shuffled = Lockfile(
      requiresPython: lockfile.requiresPython, distributions: lockfile.distributions.reversed(),
      inputsDigest: lockfile.inputsDigest, modules: lockfile.modules.reversed(), baseNeeds: lockfile.baseNeeds)
    var expected = lockfile
    expected.python = nil
    expected.platform = nil
    #expect(
      LockfileCodec.encode(shuffled, path: "/srv/project/pylock.toml")
        == LockfileCodec.encode(expected, path: "/srv/project/pylock.toml"))
  }

  @Test(arguments: [
    ("", "it has no lock-version"), ("lock-version = 1", "it has no lock-version"),
    ("lock-version = \"2.0\"", "its lock-version is 2.0"),
    ("lock-version = \"1.0\"\npackages = []", "[tool.pinion] is missing"),
    ("lock-version = \"1.0\"\n[tool.pinion]\nformat-version = 99", "newer than this Pinion reads"),
    ("lock-version = \"1.0\"\n[tool.pinion]\nformat-version = 1", "inputs-digest is missing"),
    (
      "lock-version = \"1.0\"\n[[packages]]\nname = \"-\"\n[tool.pinion]\nformat-version = 1\ninputs-digest = \"x\"",
      "name or version"
    ),
    (
      "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n[tool.pinion]\nformat-version = 1\ninputs-digest = \"x\"",
      "neither wheels nor an sdist"
    ),
    (
      "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nvcs = {type = \"hg\"}\n[tool.pinion]\nformat-version = 1\ninputs-digest = \"x\"",
      "the vcs entry of a is incomplete"
    ),
    (
      "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nwheels = [{url = \"https://x/a.whl\"}]\n[tool.pinion]\nformat-version = 1\ninputs-digest = \"x\"",
      "no url or no sha256"
    ),
    ("<<<<<<< HEAD\n", "it is not TOML"), ("lock-version = \"1.0", "it is not TOML"),
  ])
  func whatIsNoLockfileIsAFailureThatSaysWhy(_ text: String, _ reason: String) throws {
    let failure = #expect(throws: Failure.self) { try LockfileCodec.decode(text, path: "/srv/project/pylock.toml") }
    let diagnostic = try #require(failure?.diagnostics.first)
    #expect(diagnostic.code == .lockInvalid)
    #expect(diagnostic.cause?.contains(reason) == true, "\(diagnostic.cause ?? "")")
    #expect(diagnostic.hint != nil)
  }

  @Test func whereItIsNoTOMLIsSaid() throws {
    let failure = #expect(throws: Failure.self) {
      try LockfileCodec.decode("lock-version = \"1.0\"\n  oops oops\n", path: "pylock.x.toml")
    }
    guard case .source(let location, _)? = failure?.diagnostics.first?.place else {
      Issue.record("no place")
      return
    }
    #expect(location.file == "pylock.x.toml" && location.line == 2)
  }
}
