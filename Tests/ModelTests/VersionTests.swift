import Model
import Testing

@Suite struct VersionTests {
  /// Releases, suffixes and local labels, each with each: 240 versions.
  static let generated: [String] = ["0", "1", "1.0", "1.0.0", "1.1", "1.10", "2024.1.1", "1!0.5"].flatMap { release in
    [
      "", "a1", "b2", "rc1", ".post1", ".dev0", "a1.dev3", "rc1.post2", ".post1.dev4", "a1.post1.dev1", "+local",
      "+1", "+abc.2", "+abc.10", "+2.abc", "rc1+x", ".post1+x", "a0", ".post0", ".dev12", "+abc", "rc2", "b2.post345",
      "+10", "+abc.def", ".dev0+x", "a10", "+2.1", "+2", "b10",
    ].map { release + $0 }
  }

  @Test(arguments: [
    ("1.0", "1.0"), ("v1.0", "1.0"), ("V1.0", "1.0"), (" 1.0\n", "1.0"), ("1.0.0", "1.0.0"), ("01.02", "1.2"),
    ("1.0-alpha", "1.0a0"), ("1.0.ALPHA.1", "1.0a1"), ("1.0_beta-2", "1.0b2"), ("1.0c3", "1.0rc3"),
    ("1.0pre", "1.0rc0"), ("1.0-preview_4", "1.0rc4"), ("1.0-1", "1.0.post1"), ("1.0.rev2", "1.0.post2"),
    ("1.0r3", "1.0.post3"), ("1.0post", "1.0.post0"), ("1.0dev", "1.0.dev0"), ("1.0-dev-7", "1.0.dev7"),
    ("0!1.0", "1.0"), ("2!1.0", "2!1.0"), ("1.0+Ubuntu_1-02.x", "1.0+ubuntu.1.2.x"), ("1.0a1-1", "1.0a1.post1"),
    ("1.0a.-1", "1.0a0.post1"), ("1.0+001", "1.0+1"), ("1.0+123456789012345678901234", "1.0+123456789012345678901234"),
    ("1!2.3a4.post5.dev6+l.7", "1!2.3a4.post5.dev6+l.7"), ("20240101123456", "20240101123456"),
  ])
  func hasNormalForm(text: String, normal: String) throws {
    let version = try #require(Version(text))
    #expect(version.description == normal)
    #expect(Version(version.description) == version)
  }

  @Test(arguments: [
    "", " ", "a", "1.", ".1", "1..0", "1.0+", "1.0+a..b", "1.0+a-", "1.0+ä", "1.0 a1", "1!", "!1", "-1", "1.0alphabeta",
    "1.0post1post2", "latest", "1.*", "1,0", "99999999999999999999", "1.0--1", "1.0x",
  ])
  func refuses(text: String) {
    #expect(Version(text) == nil)
  }

  @Test func isOrderedAsPEP440Says() throws {
    let ordered = try [
      "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456",
      "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34",
      "1.0.post456", "1.0.15", "1.1.dev1", "1!0.1",
    ].map { try #require(Version($0)) }
    #expect(ordered.reversed().sorted() == ordered)
    for (index, version) in ordered.enumerated() {
      for later in ordered[(index + 1)...] {
        #expect(version < later)
        #expect(!(later < version))
        #expect(version != later)
      }
    }
  }

  @Test func passesOverTrailingZeros() throws {
    let versions = try ["1", "1.0", "1.0.0", "v1.0.0.0"].map { try #require(Version($0)) }
    #expect(Set(versions).count == 1)
    #expect(try #require(Version("0")) == #require(Version("0.0")))
    #expect(try #require(Version("1.0.1")) != #require(Version("1.0")))
  }

  @Test func tellsItsParts() throws {
    let version = try #require(Version("3!4.5rc6.post7.dev8+l.9"))
    #expect(version.epoch == 3)
    #expect(version.release == [4, 5])
    #expect(version.major == 4)
    #expect(version.pre == Version.PreRelease(phase: .candidate, number: 6))
    #expect(version.post == 7)
    #expect(version.dev == 8)
    #expect(version.local == "l.9")
    #expect(version.isPrerelease && version.isPostrelease && version.isLocal)
    #expect(version.publicPart.description == "3!4.5rc6.post7.dev8")
    let plain = try #require(Version("1.0.post1"))
    #expect(!plain.isPrerelease && plain.isPostrelease && !plain.isLocal)
  }

  @Test(.enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func isOrderedAsPythonOrders() throws {
    let answers = try PythonOracle.run(
      """
      from packaging.version import Version
      versions = [Version(line) for line in lines]
      for one in versions:
        row = "".join("<" if one < two else "=" if one == two else ">" for two in versions)
        print(one, one.is_prerelease, row)
      """, input: Self.generated)
    let versions = try Self.generated.map { try #require(Version($0)) }
    let own = versions.map { one in
      let row = versions.map { one < $0 ? "<" : one == $0 ? "=" : ">" }.joined()
      return "\(one) \(one.isPrerelease ? "True" : "False") \(row)"
    }
    #expect(own == answers)
    let hashesAgree = versions.allSatisfy { one in versions.allSatisfy { $0 != one || $0.hashValue == one.hashValue } }
    #expect(hashesAgree)
  }

  @Test(.enabled(if: PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func readsAndRefusesWhatPythonDoes() throws {
    let pieces = [
      "1", "0", "12", ".", ".", "-", "_", "a", "b", "rc", "c", "alpha", "beta", "pre", "preview", "post", "rev", "r",
      "dev", "+", "!", "v", "x", "*", "A", "RC", "01",
    ]
    var random = FixedRandom(seed: 440)
    let texts = (0..<4000).map { _ in
      "1" + (0..<Int.random(in: 1...7, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
    let answers = try PythonOracle.run(
      """
      from packaging.version import Version, InvalidVersion
      for line in lines:
        try: print(str(Version(line)))
        except InvalidVersion: print("-")
      """, input: texts)
    let own = texts.map { Version($0)?.description ?? "-" }
    #expect(own.count == answers.count)
    for (text, (mine, theirs)) in zip(texts, zip(own, answers)) where mine != theirs {
      Issue.record("\(text): \(mine), but Python says \(theirs)")
    }
    #expect(own.contains { $0 != "-" })
  }
}
