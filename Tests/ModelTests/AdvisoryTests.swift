import Model
import Testing

@Suite("Advisories in OSV's format, and what they say of a version")
struct AdvisoryTests {
  private static func advisory(_ affected: String, _ rest: String = "") throws -> Advisory? {
    let text = "{\"id\": \"PYSEC-2026-1\", \"affected\": [\(affected)]\(rest)}"
    return Advisory(osv: try #require(JSONNode(Array(text.utf8)), "no JSON: \(text)"))
  }

  private static func package(_ rest: String, ecosystem: String = "PyPI", name: String = "Alpha_Beta") -> String {
    "{\"package\": {\"ecosystem\": \"\(ecosystem)\", \"name\": \"\(name)\"}, \(rest)}"
  }

  private static func events(_ events: String) -> String {
    package("\"ranges\": [{\"type\": \"ECOSYSTEM\", \"events\": [\(events)]}]")
  }

  private static let twoLines = events(
    "{\"introduced\": \"0\"}, {\"fixed\": \"1.26.19\"}, {\"introduced\": \"2.0\"}, {\"fixed\": \"2.2.2\"}")

  /// The expected values follow the pseudo-code of the schema's section on evaluation.
  @Test(
    arguments: [
      (twoLines, "1.26.18", ["1.26.19", "2.2.2"]), (twoLines, "1.26.19", nil), (twoLines, "2.0", ["2.2.2"]),
      (twoLines, "2.2.1+local", ["2.2.2"]), (twoLines, "2.2.2rc1", ["2.2.2"]), (twoLines, "2.2.2", nil),
      (twoLines, "2.2.2+local", nil), (twoLines, "1.27", nil),
      (events("{\"introduced\": \"1.0\"}, {\"last_affected\": \"1.5\"}"), "1.5", []),
      (events("{\"introduced\": \"1.0\"}, {\"last_affected\": \"1.5\"}"), "1.5.1", nil),
      (events("{\"introduced\": \"1.0\"}, {\"last_affected\": \"1.5\"}"), "0.9", nil),
      // The events need not be in order.
      (events("{\"fixed\": \"2.0\"}, {\"introduced\": \"1.0\"}"), "1.9", ["2.0"]),
      (events("{\"introduced\": \"0\"}"), "99", []),
      (package("\"versions\": [\"1.0\", \"1.1.0\"]"), "1.1", []), (package("\"versions\": [\"1.0\"]"), "1.0+cpu", []),
      (package("\"versions\": [\"1.0\"]"), "1.2", nil),
      // Commits are nobody's version.
      (package("\"ranges\": [{\"type\": \"GIT\", \"events\": [{\"introduced\": \"0\"}]}]"), "1.0", nil),
    ] as [(String, String, [String]?)])
  func saysWhetherAVersionHasIt(affected: String, version: String, fixes: [String]?) throws {
    let advisory = try #require(try Self.advisory(affected))
    let found = advisory.fixes(for: Fixture.name("alpha-beta"), try #require(Version(version)))
    #expect(found?.map(\.description) == fixes)
    #expect(advisory.fixes(for: Fixture.name("other"), try #require(Version(version))) == nil)
  }

  /// A range with a bound that cannot be read says nothing, and that is said.
  @Test func whatCannotBeJudgedIsSaid() throws {
    let name = Fixture.name("alpha-beta")
    let version = try #require(Version("1.5"))
    let bad = Self.package(
      "\"versions\": [\"1.0\"], \"ranges\": [{\"type\": \"ECOSYSTEM\", \"events\": [{\"introduced\": \"0\"}, {\"fixed\": \"v2-final!\"}]}]"
    )
    let advisory = try #require(try Self.advisory(bad))
    #expect(
      advisory.affected.map(\.unread) == [["'v2-final!' is no version"]] && advisory.fixes(for: name, version) == nil)
    let lockfile = Fixture.lockfile([Fixture.locked("alpha-beta", "1.5")])
    let audit = Audit(lockfile, [advisory], except: [], now: 0)
    #expect(audit.open.map(\.unread) == [["'v2-final!' is no version"]])
    // What a list of versions says can be judged.
    let older = Audit(Fixture.lockfile([Fixture.locked("alpha-beta", "1.0")]), [advisory], except: [], now: 0)
    #expect(older.open.map(\.unread) == [[]])
  }

  /// What has another form than the schema says is no range that holds nothing.
  @Test(
    arguments: [
      ("\"ranges\": \"all\"", ["'ranges' is no list"]), ("\"versions\": \"1.5\"", ["'versions' is no list"]),
      ("\"versions\": [\"wat\", 2]", ["'wat' is no version", "a listed version is no text"]),
      ("\"versions\": [\"wat\", \"1.0\"]", []), ("\"versions\": []", ["it names no versions"]),
      ("\"ranges\": [{\"events\": []}]", ["a range has no type"]),
      ("\"ranges\": [{\"type\": \"SEMVER\"}]", ["a range has the type 'SEMVER'"]),
      ("\"ranges\": [{\"type\": \"GIT\"}]", ["it names commits alone"]),
      ("\"versions\": [\"1.0\"], \"ranges\": [{\"type\": \"GIT\"}]", []),
      ("\"ranges\": [{\"type\": \"ECOSYSTEM\", \"events\": []}]", ["a range has no beginning"]),
      ("\"ranges\": [{\"type\": \"ECOSYSTEM\"}]", ["a range has no beginning"]),
      (
        "\"ranges\": [{\"type\": \"ECOSYSTEM\", \"events\": [{\"introduced\": 0}, {}]}]",
        ["'introduced' is no text", "a range has an event of no known kind"]
      ),
    ] as [(String, [String])])
  func anotherFormCannotBeJudged(rest: String, expected: [String]) throws {
    let advisory = try #require(try Self.advisory(Self.package(rest)))
    let audit = Audit(Fixture.lockfile([Fixture.locked("alpha-beta", "1.5")]), [advisory], except: [], now: 0)
    #expect(audit.open.map(\.unread) == (expected.isEmpty ? [] : [expected]))
  }

  @Test func oneEventMayHaveBothEnds() throws {
    let advisory = try #require(try Self.advisory(Self.events("{\"introduced\": \"1.0\", \"fixed\": \"2.0\"}")))
    let name = Fixture.name("alpha-beta")
    #expect(advisory.fixes(for: name, try #require(Version("1.5")))?.map(\.description) == ["2.0"])
    #expect(advisory.fixes(for: name, try #require(Version("2.0"))) == nil)
  }

  @Test(arguments: [
    ("{}", false), ("[{\"id\": \"X\"}]", false), ("{\"id\": \"X\"}", false),
    ("{\"id\": \"X\", \"affected\": []}", true),
    ("{\"id\": \"X\", \"withdrawn\": \"2026-01-01T00:00:00Z\"}", true),
    ("{\"id\": \"X\", \"affected\": [{\"package\": {\"ecosystem\": \"PyPI\"}}]}", false),
    ("{\"id\": \"X\", \"affected\": [{\"package\": {\"ecosystem\": \"npm\"}}]}", true),
  ])
  func knowsTheFormOfAnEntry(text: String, expected: Bool) throws {
    #expect(Advisory.isEntry(try #require(JSONNode(Array(text.utf8)))) == expected)
  }

  @Test func whatConcernsNoPythonPackageIsNone() throws {
    #expect(try Self.advisory(Self.package("\"versions\": [\"1.0\"]", ecosystem: "npm")) == nil)
    #expect(try Self.advisory("") == nil)
    #expect(try Self.advisory(Self.twoLines, ", \"withdrawn\": \"2026-01-01T00:00:00Z\"") == nil)
  }

  @Test func takesWhatPeopleRead() throws {
    let rest =
      ", \"aliases\": [\"CVE-2026-1\"], \"details\": \"It leaks. Much more.\\nAnd more.\", \"database_specific\": {\"severity\": \"HIGH\"}"
    let advisory = try #require(try Self.advisory(Self.twoLines, rest))
    #expect(advisory.id == "PYSEC-2026-1" && advisory.aliases == ["CVE-2026-1"] && advisory.severity == "HIGH")
    #expect(advisory.summary == "It leaks")
    #expect(Advisory.sentence(of: String(repeating: "x", count: 200)).count == 160)
  }
}

@Suite struct AuditTests {
  private let lockfile = Fixture.lockfile(
    [Fixture.locked("alpha", "1.0", needs: ["beta"]), Fixture.locked("beta", "2.0"), Fixture.locked("gamma", "1.0")],
    modules: [("one", "alpha"), ("two", "gamma")])

  private func advisory(_ id: String, _ name: String, fixed: String, aliases: [String] = []) throws -> Advisory {
    let end = try #require(Version(fixed))
    return Advisory(
      id: id, aliases: aliases, summary: "About \(name)",
      affected: [.init(name: Fixture.name(name), versions: [], ranges: [[.introduced(nil), .fixed(end)]])])
  }

  private func exception(_ id: String, until: Int) -> AuditException {
    AuditException(id: id, reason: "why", until: until, location: SourceLocation(file: "m.yaml", line: 1, column: 1))
  }

  @Test func joinsAdvisoriesThatShareAnId() throws {
    let audit = try Audit(
      lockfile,
      [
        advisory("PYSEC-1", "beta", fixed: "2.1", aliases: ["CVE-1"]),
        advisory("GHSA-1", "beta", fixed: "2.2", aliases: ["CVE-1"]),
        advisory("PYSEC-2", "beta", fixed: "3"), advisory("PYSEC-3", "gamma", fixed: "0.9"),
      ], except: [], now: 0)
    #expect(audit.findings.map(\.ids) == [["GHSA-1", "CVE-1", "PYSEC-1"], ["PYSEC-2"]])
    #expect(audit.findings.map { $0.fixes.map(\.description) } == [["2.1", "2.2"], ["3"]])
    #expect(audit.findings.map(\.modules) == [["links.one"], ["links.one"]])
    #expect(audit.count == 3)
  }

  @Test func exceptionsHoldForTheirTime() throws {
    let advisories = [try advisory("PYSEC-1", "beta", fixed: "2.1", aliases: ["CVE-1"])]
    let holds = Audit(lockfile, advisories, except: [exception("CVE-1", until: 10)], now: 9)
    #expect(holds.open.isEmpty && holds.expired.isEmpty && holds.idle.isEmpty)
    #expect(holds.findings.map(\.exception?.id) == ["CVE-1"])
    let over = Audit(
      lockfile, advisories, except: [exception("CVE-1", until: 10), exception("CVE-9", until: 99)], now: 10)
    #expect(over.open.count == 1)
    #expect(over.expired.map(\.id) == ["CVE-1"])
    #expect(over.idle.map(\.id) == ["CVE-9"])
  }

  @Test func whatTheBaseHasIsLookedAtToo() throws {
    var lockfile = lockfile
    lockfile.baseNeeds = [
      BaseNeed(name: Fixture.name("delta"), version: "1.0+internal", specifiers: try #require(VersionSpecifiers("")))
    ]
    let audit = Audit(lockfile, [try advisory("PYSEC-1", "delta", fixed: "1.1")], except: [], now: 0)
    #expect(audit.findings.map(\.name.text) == ["delta"])
    #expect(audit.count == 4)
  }
}
