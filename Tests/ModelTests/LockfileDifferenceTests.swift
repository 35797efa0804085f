import Model
import Testing

@Suite struct LockfileDifferenceTests {
  @Test func saysWhatWasAddedChangedAndRemoved() {
    let old = Fixture.lockfile(
      [
        Fixture.locked("alpha", "1.0", needs: ["beta"]), Fixture.locked("beta", "2.0"), Fixture.locked("kept", "1"),
        Fixture.git("moved", "1.0", commit: "aaaa"),
      ], modules: [("one", "alpha"), ("two", "moved"), ("three", "kept")])
    let new = Fixture.lockfile(
      [
        Fixture.locked("alpha", "1.1", needs: ["gamma"]), Fixture.locked("gamma", "1.0"), Fixture.locked("kept", "1"),
        Fixture.git("moved", "1.0", commit: "bbbb"),
      ], modules: [("one", "alpha"), ("two", "moved"), ("four", "kept")])
    let difference = LockfileDifference(from: old, to: new)
    #expect(difference.items.map(\.name.text) == ["alpha", "beta", "gamma", "moved"])
    #expect(difference.items.map(\.action) == [.changed, .removed, .added, .changed])
    #expect(difference.items.map(\.aspects) == [[.version, .dependencies], [], [], [.commit]])
    #expect(difference.items.map(\.modules) == [["links.one"], ["links.one"], ["links.one"], ["links.two"]])
    #expect(difference.modules.map(\.label) == ["links.four", "links.three"])
    #expect(difference.modules.map(\.action) == [.added, .removed])
    #expect(!difference.isEmpty && !difference.hasOtherInputs)
  }

  @Test func whatIsAlikeIsNoDifference() {
    let lockfile = Fixture.lockfile(
      [Fixture.locked("alpha", "1.0"), Fixture.git("moved", "1.0", commit: "aaaa")], modules: [("one", "alpha")])
    var other = lockfile
    other.distributions.reverse()
    #expect(LockfileDifference(from: lockfile, to: other).isEmpty)
    other.inputsDigest = "sha256:1"
    let difference = LockfileDifference(from: lockfile, to: other)
    #expect(difference.isEmpty && difference.hasOtherInputs)
  }

  /// The same version with other bytes is what a reviewer must not miss.
  @Test func otherFilesOfOneVersionAreTold() {
    func aspects(_ old: LockedDistribution, _ new: LockedDistribution) -> [LockfileDifference.Aspect] {
      LockfileDifference(from: Fixture.lockfile([old]), to: Fixture.lockfile([new])).items.flatMap(\.aspects)
    }
    let name = "alpha-1.0-py3-none-any.whl"
    let alpha = Fixture.locked("alpha", "1.0", wheels: [Fixture.wheel(name)])
    #expect(aspects(alpha, Fixture.locked("alpha", "1.0", wheels: [Fixture.wheel(name, sha256: "bb")])) == [.files])
    #expect(
      aspects(
        alpha,
        Fixture.locked("alpha", "1.0", wheels: [Fixture.wheel(name), Fixture.wheel("alpha-1.0-py2-none-any.whl")]))
        == [.files])
    #expect(aspects(alpha, Fixture.git("alpha", "1.0", commit: "aaaa")) == [.source])
    var elsewhere = alpha
    elsewhere.source = .index(url: "https://other.example.com/simple", wheels: [Fixture.wheel(name)], sdist: nil)
    #expect(aspects(alpha, elsewhere) == [.source])
    var tagged = Fixture.git("alpha", "1.0", commit: "aaaa")
    guard case .git(var pin) = tagged.source else { return }
    pin.requestedRevision = "v1.0"
    tagged.source = .git(pin)
    #expect(aspects(Fixture.git("alpha", "1.0", commit: "aaaa"), tagged) == [.reference])
    func archive(_ url: String, _ digest: String) -> LockedDistribution {
      LockedDistribution(
        name: Fixture.name("alpha"), version: "1.0",
        source: .archive(ArchivePin(url: url, size: 1, sha256: digest, subdirectory: nil)), dependencies: [])
    }
    #expect(aspects(archive("https://h/a.zip", "aa"), archive("https://h/b.zip", "bb")) == [.source, .files])
    func directory(_ digest: String) -> LockedDistribution {
      LockedDistribution(
        name: Fixture.name("alpha"), version: "1.0",
        source: .directory(DirectoryPin(path: "/srv/a", subdirectory: nil, digest: digest)), dependencies: [])
    }
    #expect(aspects(directory("aa"), directory("bb")) == [.files])
  }

  @Test(arguments: [("1.0", "1.1", false), ("1.10", "1.9", true), ("2.0", "2.0rc1", true), ("1.0", "1.0+local", false)])
  func knowsDowngrades(old: String, new: String, isDowngrade: Bool) {
    let difference = LockfileDifference(
      from: Fixture.lockfile([Fixture.locked("alpha", old)]), to: Fixture.lockfile([Fixture.locked("alpha", new)]))
    #expect(difference.items.map(\.isDowngrade) == [isDowngrade])
  }

  @Test func settingsAndTheBaseCount() throws {
    var old = Fixture.lockfile([])
    var new = old
    old.python = "3.11"
    new.python = "3.12"
    new.requiresPython = nil
    let specifiers = try #require(VersionSpecifiers(">=2"))
    new.baseNeeds = [BaseNeed(name: Fixture.name("pydantic"), version: "2.5", specifiers: specifiers)]
    let settings = LockfileDifference(from: old, to: new).settings
    #expect(settings.map(\.name) == ["python", "requires-python", "base pydantic"])
    #expect(settings.map(\.from) == ["3.11", ">=3.11", nil])
    #expect(settings.map(\.to) == ["3.12", nil, "2.5 (>=2)"])
  }

  @Test func whatIsHeldBackAndEnvironmentsCount() {
    let old = Fixture.lockfile([])
    var new = old
    new.heldBack = ["modules.a", "modules.b"]
    new.environments = ["sys_platform == 'linux'"]
    let difference = LockfileDifference(from: old, to: new)
    #expect(!difference.isEmpty)
    #expect(difference.settings.map(\.name) == ["environments", "held-back"])
    #expect(difference.settings.map(\.from) == [nil, nil])
    #expect(difference.settings.map(\.to) == ["sys_platform == 'linux'", "modules.a, modules.b"])
  }

  @Test func keysThatPinionDoesNotKnowCount() {
    let alpha = Fixture.name("alpha")
    var old = Fixture.lockfile([Fixture.locked("alpha", "1.0")])
    var new = old
    old.unknown = [UnknownKey(.package(alpha), "marker", "\"a\""), UnknownKey(.tool, "other", "{ x = 1 }")]
    new.unknown = [
      UnknownKey(.package(alpha), "marker", "\"b\""), UnknownKey(.tool, "other", "{ x = 1 }"),
      UnknownKey(.source(alpha), "editable", "true"), UnknownKey(.own, "mine", "2"),
      // Of what only one side has, nobody needs to hear more.
      UnknownKey(.package(Fixture.name("beta")), "marker", "\"c\""),
    ]
    let settings = LockfileDifference(from: old, to: new).settings
    #expect(settings.map(\.name) == ["alpha: marker", "alpha: source: editable", "tool.pinion.mine"])
    #expect(settings.map(\.from) == ["\"a\"", nil, nil])
    #expect(settings.map(\.to) == ["\"b\"", "true", "2"])
  }

  @Test func whatIsSaidOfTheSameFilesCounts() {
    let wheel = Fixture.wheel("alpha-1.0-py3-none-any.whl")
    var (elsewhere, larger) = (wheel, wheel)
    elsewhere.url = "https://mirror.example.com/alpha-1.0-py3-none-any.whl"
    larger.size = 99
    for other in [elsewhere, larger] {
      let difference = LockfileDifference(
        from: Fixture.lockfile([Fixture.locked("alpha", "1.0", wheels: [wheel])]),
        to: Fixture.lockfile([Fixture.locked("alpha", "1.0", wheels: [other])]))
      #expect(difference.items.map(\.aspects) == [[.details]])
    }
  }

  /// From one to the other and back again, everything is turned round.
  @Test func isItsOwnInverse() {
    var generator = SystemRandomNumberGenerator()
    func lockfile() -> Lockfile {
      let names = (0..<8).filter { _ in Bool.random(using: &generator) }
      return Fixture.lockfile(
        names.map { Fixture.locked("package-\($0)", "\(Int.random(in: 1...2, using: &generator))") },
        modules: names.map { ("module\($0)", "package-\($0)") })
    }
    for _ in 0..<200 {
      let (old, new) = (lockfile(), lockfile())
      let (there, back) = (LockfileDifference(from: old, to: new), LockfileDifference(from: new, to: old))
      #expect(there.items.map(\.name) == back.items.map(\.name))
      #expect(there.items.map(\.from) == back.items.map(\.to))
      #expect(there.modules.map(\.to) == back.modules.map(\.from))
      #expect(there.count(of: .added) == back.count(of: .removed))
      let untouched = old.distributions.filter { item in !there.items.contains { $0.name == item.name } }
      #expect(untouched.allSatisfy { new[$0.name] == $0 })
    }
  }
}
