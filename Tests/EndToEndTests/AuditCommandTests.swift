import Model
import Platform
import TestSupport
import Testing

@Suite("audit: known vulnerabilities of what is locked")
struct AuditCommandTests {
  private static func entry(_ id: String, _ name: String, fixed: String, aliases: [String] = []) -> String {
    let others = aliases.map { "\"\($0)\"" }.joined(separator: ", ")
    return """
      {"id": "\(id)", "modified": "2026-11-0\(id.count % 9 + 1)T00:00:00Z", "aliases": [\(others)], "summary": "Trouble in \(name)",
       "affected": [{"package": {"ecosystem": "PyPI", "name": "\(name)"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "\(fixed)"}]}]}],
       "database_specific": {"severity": "HIGH"}}
      """
  }

  private func withLockfile(_ spec: String = "", _ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("beta", "2.0"), PythonProject("gamma", "3.0"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}", spec: spec)
      try await scenario.succeeds("lock")
      try scenario.write(Self.entry("PYSEC-1", "beta", fixed: "2.1", aliases: ["CVE-2026-1"]), to: "osv/PYSEC-1.json")
      try scenario.write(
        Self.entry("GHSA-abcd", "Beta", fixed: "2.1", aliases: ["CVE-2026-1"]), to: "osv/more/GHSA.json")
      try scenario.write(Self.entry("PYSEC-22", "gamma", fixed: "3.0"), to: "osv/PYSEC-22.json")
      try scenario.write(Self.entry("PYSEC-333", "other", fixed: "3.0"), to: "osv/PYSEC-333.json")
      try scenario.write("no advisory", to: "osv/README.md")
      try await test(scenario)
    }
  }

  @Test func readsADatabase() async throws {
    try await withLockfile { scenario in
      let outcome = try await scenario.pinion("audit", "--database", "osv")
      #expect(outcome.status == 1)
      try scenario.expectRecorded(outcome.text, named: "audit")
      let json = try await scenario.pinion("audit", "--database", "osv", "--format", "json")
      #expect(json.status == 1)
      try scenario.expectRecorded(json.output, named: "audit-json")
      // The same database as one archive says the same.
      let pack = "import shutil; shutil.make_archive('all', 'zip', 'osv')"
      try await scenario.run(scenario.tools.plainPython, "-c", pack)
      let packed = try await scenario.pinion("audit", "--database", "all.zip")
      #expect(packed.status == 1 && packed.output == outcome.output)
      // A version that is mended is no longer told of.
      try scenario.index.publish(PythonProject("beta", "2.1"))
      try await scenario.succeeds("lock", "--upgrade", "beta")
      #expect(
        try await scenario.succeeds("audit", "--database", "osv").contains(
          "Audit: no known vulnerabilities, 0 ignored; 3 of 3"))
    }
  }

  /// What cannot be read or judged is no vulnerability that is not there.
  @Test func nothingIsPassedOverWithoutAWord() async throws {
    try await withLockfile { scenario in
      try Files.remove("\(scenario.project)/osv/PYSEC-1.json")
      try Files.remove("\(scenario.project)/osv/more/GHSA.json")
      try await scenario.succeeds("audit", "--database", "osv")
      let whole = Self.entry("PYSEC-4444", "beta", fixed: "2.1")
      try scenario.write(String(whole.prefix(40)), to: "osv/cut.json")
      try scenario.write(String(whole.dropLast(30)), to: "osv/late.json")
      try scenario.write("{\"name\": \"no advisory\"}", to: "osv/other.json")
      let broken = try await scenario.pinion("audit", "--database", "osv")
      #expect(broken.status == 1)
      try scenario.expectRecorded(broken.text, named: "audit-broken")
      let json = try await scenario.pinion("audit", "--database", "osv", "--format", "json")
      #expect(JSONNode(Array(json.output.utf8))?["environments"]?.array?.first?["unreadable"]?.strings?.count == 3)
      try await scenario.run(
        scenario.tools.plainPython, "-c", "import shutil; shutil.make_archive('all', 'zip', 'osv')")
      let packed = try await scenario.pinion("audit", "--database", "all.zip")
      #expect(packed.status == 1 && packed.text.contains("all.zip:cut.json"), "\(packed.text)")
      for number in 0..<12 { try scenario.write("{\"id\":", to: "osv/cut\(number).json") }
      let many = try await scenario.pinion("audit", "--database", "osv")
      try scenario.expectRecorded(many.text, named: "audit-many-broken")
      try Files.remove("\(scenario.project)/osv")
      // An advisory that says what it is about, and not which versions.
      try scenario.write(
        Self.entry("PYSEC-55555", "beta", fixed: "two!").replacing("Trouble", with: "\\u001b[31mTrouble\\u0007"),
        to: "osv/unjudged.json")
      let unjudged = try await scenario.pinion("audit", "--database", "osv")
      #expect(unjudged.status == 1)
      try scenario.expectRecorded(unjudged.text, named: "audit-unjudged")
      #expect(unjudged.output.contains("\\u001b[31mTrouble\\u0007") && !unjudged.text.utf8.contains(27))
      // One who has looked into it may say so.
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}",
        spec: "audit: {ignore: [{id: PYSEC-55555, reason: looked into, until: 2999-01-31}]}")
      try await scenario.succeeds("audit", "--database", "osv")
    }
  }

  /// Each beside an advisory that can be judged, and concerns nothing.
  @Test func whatIsNoAdvisoryIsNamed() async throws {
    try await withLockfile { scenario in
      let harmless = Self.entry("PYSEC-333", "other", fixed: "3.0")
      func check(_ text: String?, isNamed: Bool = true) async throws {
        try Files.remove("\(scenario.project)/osv")
        try scenario.write(harmless, to: "osv/harmless.json")
        if let text {
          try scenario.write(text, to: "osv/odd.json")
        } else {
          try Files.link("\(scenario.project)/osv/odd.json", to: "nowhere.json")
        }
        let outcome = try await scenario.pinion("audit", "--database", "osv")
        let words = text ?? "a link to nothing"
        #expect(outcome.status == (isNamed ? 1 : 0), "\(words): \(outcome.text)")
        #expect(outcome.text.contains("osv/odd.json") == isNamed, "\(words): \(outcome.text)")
      }
      try await check("[\(Self.entry("PYSEC-4", "beta", fixed: "2.1"))]")
      try await check("[{\"id\": \"X\"}]")
      try await check("{}")
      try await check(nil)
      try await check("{\"id\": \"X\", \"affected\": {\"package\": {\"ecosystem\": \"PyPI\", \"name\": \"beta\"}}}")
      try await check("{\"id\": \"X\", \"affected\": [{\"package\": {\"ecosystem\": \"PyPI\"}}]}")
      try await check("{\"id\": \"X\", \"affected\": [{\"package\": {\"ecosystem\": \"npm\"}}]}", isNamed: false)
      // A link to an advisory is one; one that leads back ends nothing.
      try Files.remove("\(scenario.project)/osv")
      try scenario.write(Self.entry("PYSEC-4", "beta", fixed: "2.1"), to: "elsewhere.txt")
      try scenario.write(harmless, to: "osv/harmless.json")
      try Files.link("\(scenario.project)/osv/linked.json", to: "../elsewhere.txt")
      try Files.link("\(scenario.project)/osv/up", to: ".")
      let linked = try await scenario.pinion("audit", "--database", "osv")
      #expect(linked.status == 1 && linked.output.contains("beta 2.0: PYSEC-4"), "\(linked.text)")
    }
  }

  /// What says nothing of versions counts, in words, until somebody has looked into it.
  @Test func whatCannotBeJudgedIsNamed() async throws {
    try await withLockfile { scenario in
      try Files.remove("\(scenario.project)/osv")
      for (index, rest) in [
        "\"ranges\": \"all\"", "\"versions\": \"2.0\"", "\"versions\": [\"wat\"]",
        "\"ranges\": [{\"type\": \"ECOSYSTEM\", \"events\": []}]", "\"versions\": []",
        "\"ranges\": [{\"type\": \"GIT\", \"events\": [{\"introduced\": \"0\"}]}]",
      ].enumerated() {
        try scenario.write(
          "{\"id\": \"ODD-\(index)\", \"affected\": [{\"package\": {\"ecosystem\": \"PyPI\", \"name\": \"beta\"}, \(rest)}]}",
          to: "osv/\(index).json")
      }
      try scenario.write(
        Self.entry("FORGED\\n  ! alpha 1.0: \\u202e", "beta", fixed: "2.1").replacing(
          "Trouble", with: "One\\nAudit: none"),
        to: "osv/forged.json")
      let outcome = try await scenario.pinion("audit", "--database", "osv")
      #expect(outcome.status == 1)
      try scenario.expectRecorded(outcome.text, named: "audit-not-judged")
      let exceptions = (0..<6).map { "{id: ODD-\($0), reason: looked into, until: 2999-01-31}" }
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}",
        spec: "audit: {ignore: [\(exceptions.joined(separator: ", "))]}")
      try Files.remove("\(scenario.project)/osv/forged.json")
      let ignored = try await scenario.succeeds("audit", "--database", "osv")
      #expect(ignored.contains("6 ignored") && !ignored.contains("concerns nothing"), "\(ignored)")
    }
  }

  @Test func exceptionsNeedAReasonAndEnd() async throws {
    let spec = """
      audit:
        database: osv
        ignore:
          - {id: CVE-2026-1, reason: not reachable from our code, until: 2999-01-31}
          - {id: CVE-2026-9, reason: nothing, until: 2999-01-31}
      """
    try await withLockfile(spec) { scenario in
      let outcome = try await scenario.pinion("audit")
      #expect(outcome.status == 0)
      try scenario.expectRecorded(outcome.text, named: "audit-ignored")
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}",
        spec: spec.replacing("2999-01-31}\n    - {id: CVE-2026-9", with: "2020-01-31}\n    - {id: CVE-2026-9"))
      let late = try await scenario.pinion("audit")
      #expect(late.status == 1)
      try scenario.expectRecorded(late.text, named: "audit-expired")
    }
  }

  @Test func asksTheIndexes() async throws {
    try await withLockfile { scenario in
      // An index that does not say is no index that says nothing.
      let silent = try await scenario.pinion("audit")
      #expect(silent.status == 1 && silent.output == "")
      try Files.write(
        """
        {"beta 2.0": [{"id": "PYSEC-1", "aliases": ["CVE-2026-1"], "details": "It leaks.", "fixed_in": ["2.1"], "withdrawn": null},
                      {"id": "PYSEC-0", "aliases": [], "details": "No.", "fixed_in": [], "withdrawn": "2026-01-01T00:00:00Z"}]}
        """, to: "\(scenario.index.root)/vulnerabilities.json")
      let outcome = try await scenario.pinion("audit")
      #expect(outcome.status == 1)
      try scenario.expectRecorded(outcome.text, named: "audit-index")
      var text = "$ pinion audit\n\(silent.text)\n"
      func add(_ arguments: String...) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 1, "it said: \(outcome.text)")
        text += "$ pinion \(arguments.joined(separator: " "))\n\(outcome.text)\n"
      }
      try await add("audit", "--database", "nothing")
      try await add("audit", "--database", "pinion.yaml")
      try scenario.write(
        "{\"id\": \"X\", \"affected\": [{\"package\": {\"ecosystem\": \"npm\"}}]}", to: "empty/nothing.json")
      let guarded = try IndexServer.start(
        root: scenario.index.root,
        options: {
          var o = IndexServer.Options(); o.token = Scenario.token; return o
        }())
      defer { guarded.stop() }
      let lockfile = try scenario.lockfile()
      try scenario.write(lockfile.replacing(scenario.index.url(), with: guarded.url()), to: "pylock.demo.toml")
      try await add("audit")
      try scenario.write(lockfile, to: "pylock.demo.toml")
      try await add("audit", "--database", "empty")
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      try await add("audit")
      try scenario.expectRecorded(
        text.replacing(/127\.0\.0\.1:[0-9]+/, with: "HOST"), named: "complaints-audit")
    }
  }
}
