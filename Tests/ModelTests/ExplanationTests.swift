import Model
import Testing

@Suite struct ExplanationTests {
  private func versions(_ texts: String...) throws -> [Version] { try texts.map { try #require(Version($0)) } }
  private func limit(_ source: String, _ specifiers: String) throws -> Explanation.Limit {
    Explanation.Limit(source: source, specifiers: try #require(VersionSpecifiers(specifiers)))
  }

  @Test func holdsVersionsAgainstLimits() throws {
    let found = Explanation.candidates(
      try versions("1.0", "2.0", "3.0", "2.1rc1"), limits: [try limit("a 1", "<3"), try limit("b 1", ">=2")],
      allowsPrereleases: false
    ) { $0.description == "2.0" ? [] : ["it was yanked"] }
    #expect(found.map(\.version.description) == ["3.0", "2.1rc1", "2.0", "1.0"])
    #expect(
      found.map(\.reasons) == [
        ["a 1 asks for <3", "it was yanked"], ["it was yanked", "it is a pre-release"], [],
        ["b 1 asks for >=2", "it was yanked"],
      ])
  }

  /// Pre-releases will do where they are asked for, and where there is nothing else (PEP 440).
  @Test(arguments: [
    (["1.0", "1.1rc1"], "", false, false), (["1.0", "1.1rc1"], "", true, true),
    (["1.0", "1.1rc1"], ">=1.1rc1", false, true),
    (["1.1rc1"], "", false, true), (["1.0", "1.1rc1"], ">1.0", false, true),
  ])
  func judgesPrereleases(texts: [String], specifiers: String, allows: Bool, isPossible: Bool) throws {
    let found = Explanation.candidates(
      try texts.map { try #require(Version($0)) }, limits: [try limit("a 1", specifiers)], allowsPrereleases: allows
    ) { _ in [] }
    #expect(found.first { $0.version.isPrerelease }?.reasons.isEmpty == isPossible)
  }

  @Test func findsTheShortestWays() {
    var lockfile = Fixture.lockfile(
      [
        Fixture.locked("alpha", "1.0", needs: ["beta"]), Fixture.locked("beta", "1.0", needs: ["gamma", "delta"]),
        Fixture.locked("gamma", "1.0", needs: ["delta"]), Fixture.locked("delta", "1.0", needs: ["beta"]),
      ], modules: [("one", "alpha"), ("two", "delta"), ("three", nil), ("four", "gamma")])
    let ways = lockfile.ways(to: Fixture.name("delta"))
    #expect(ways.map(\.module.label) == ["links.two", "links.four", "links.one"])
    #expect(ways.map { $0.path.map(\.text) } == [[], ["gamma"], ["alpha", "beta"]])
    lockfile.modules = []
    #expect(lockfile.ways(to: Fixture.name("delta")).isEmpty)
  }

  @Test(arguments: [
    ("2.0", ["2.0", "1.0"], "newest version"), ("1.0", ["2.0", "1.0"], "all of them allow 2.0, too"),
    ("3.0", ["2.0"], "no longer has it"),
    ("3.0", [], "has no version that everybody allows"),
  ])
  func saysWhy(locked: String, possible: [String], expected: String) throws {
    let explanation = Explanation(
      name: Fixture.name("alpha"), version: locked, origin: "an index", askers: [], limits: [],
      candidates: try possible.map { Explanation.Candidate(version: try #require(Version($0)), reasons: []) })
    #expect(explanation.verdict.contains(expected))
  }

  /// That nobody asked for an upgrade is not known where what a newer version needs is not met.
  @Test func saysNoMoreThanIsKnown() throws {
    let newer = Explanation.Candidate(version: try #require(Version("1.1.4")), reasons: [])
    var explanation = Explanation(
      name: Fixture.name("flask"), version: "1.1.2", origin: "an index", askers: [], limits: [], candidates: [newer])
    #expect(explanation.verdict.contains("either no upgrade was asked for since (pinion lock --upgrade flask), or"))
    explanation.unmet = ["werkzeug<2 (2.3.8 is locked)"]
    #expect(
      explanation.verdict
        == "it is locked; all of them allow 1.1.4, too, but 1.1.4 needs werkzeug<2 (2.3.8 is locked)")
    // What the index has, and somebody refuses, is still there.
    explanation = Explanation(
      name: Fixture.name("flask"), version: "3.0", origin: "an index", askers: [], limits: [],
      candidates: [
        Explanation.Candidate(version: try #require(Version("3.0")), reasons: ["a asks for <2"]), newer,
      ])
    #expect(
      explanation.verdict
        == "it is locked; it would not be taken anew: a asks for <2; the newest that everybody allows is 1.1.4")
  }
}
