import Model
import TestSupport
import Testing

@testable import Resolution

/// Which modules are held back for which failure; what cannot be done is on record in `Snapshots/held-back.txt`.
@Suite struct IsolationTests {
  private func requirement(_ text: String) throws -> Requirement {
    let parsed = try RequirementParser.parse(text)
    return .index(IndexRequirement(name: parsed.name, extras: parsed.extras, specifiers: parsed.specifiers))
  }

  private func environment(_ modules: [(String, String)]) throws -> DesiredEnvironment {
    var environment = DesiredEnvironment(
      name: "demo", kind: .vconServer, location: SourceLocation(file: "config.yml", line: 1, column: 1),
      directory: "/srv")
    for (number, entry) in modules.enumerated() {
      environment.modules.append(
        Module(
          name: entry.0, section: .links, importPath: entry.0, requirement: .requirement(try requirement(entry.1)),
          location: SourceLocation(file: "config.yml", line: number + 2, column: 3)))
    }
    return environment
  }

  private func lockfile(_ modules: [(String, String)], _ distributions: [String: String]) throws -> Lockfile {
    Lockfile(
      requiresPython: nil,
      distributions: try distributions.map { name, version in
        let file = LockedFile(
          name: "x.whl", url: "https://h/x.whl", size: nil, sha256: String(repeating: "a", count: 64))
        return LockedDistribution(
          name: try #require(PackageName(name)), version: version,
          source: .index(url: "https://h", wheels: [file], sdist: nil), dependencies: [])
      }, inputsDigest: "sha256:0",
      modules: try modules.map { name, text in
        LockedModule(
          name: name, section: .links, importPath: name, requirement: text,
          distribution: try requirement(text).name, answer: .distribution)
      }, baseNeeds: [])
  }

  private func failure(_ code: Diagnostic.Code, _ labels: String..., line: Int? = nil) -> Failure {
    let place = line.map { Place.source(SourceLocation(file: "config.yml", line: $0, column: 3), excerpt: nil) }
    var failure = Failure(code, "it went wrong", at: place, because: "for a reason")
    failure.diagnostics[0].modules = labels
    return failure
  }

  @Test func everyoneThatAFailureNamesIsHeldBack() throws {
    let all = [("a", "alpha"), ("b", "beta"), ("c", "gamma")]
    var isolation = Isolation(
      try environment(all), previous: try lockfile([("b", "beta")], ["beta": "1.0", "other": "2"]))
    isolation = try #require(isolation.holding(failure(.gitUnreachable, "links.a", "links.b")))
    #expect(isolation.rest.modules.map(\.label) == ["links.c"])
    #expect(isolation.pins.map { "\($0.value)" } == ["beta==1.0"])
    #expect(isolation.heldBack.map(\.label) == ["links.a", "links.b"])
    #expect(isolation.heldBack.map(\.isKept) == [false, true])
    #expect(
      isolation.heldBack[0].complaints.first?.cause
        == "for a reason\nlinks.a is left out: it was never locked\nlinks.b stays as it was locked")
    // A place is as good as a name. What is held back by now is not held back again.
    #expect(isolation.holding(failure(.packageAbsent, line: 2)) == nil)
    isolation = try #require(isolation.holding(failure(.packageAbsent, line: 4)))
    #expect(isolation.labels == ["links.a", "links.b", "links.c"])
  }

  @Test(
    arguments: [
      // New before changed, changed before unchanged, the last before the first.
      ([("a", "alpha"), ("b", "beta"), ("c", "gamma")], [("a", "alpha"), ("b", "old-beta")], "links.c"),
      ([("a", "alpha"), ("b", "beta"), ("c", "gamma")], [("a", "alpha"), ("b", "old"), ("c", "gamma")], "links.b"),
      ([("a", "alpha"), ("b", "beta")], [("a", "alpha"), ("b", "beta")], "links.b"),
      ([("a", "alpha>=2"), ("b", "beta")], [("a", "alpha"), ("b", "beta")], "links.a"),
      ([("a", "alpha"), ("b", "beta")], [], "links.b"),
    ] as [([(String, String)], [(String, String)], String)])
  func ofThoseThatCannotGoTogetherOneIs(
    _ declared: [(String, String)], _ locked: [(String, String)], _ expected: String
  ) throws {
    let isolation = Isolation(try environment(declared), previous: try lockfile(locked, [:]))
    var failure = failure(.unsolvable)
    failure.diagnostics[0].modules = declared.map { "links.\($0.0)" }
    #expect(isolation.holding(failure)?.labels == [expected])
  }

  @Test func whatIsNobodysFaultHoldsBackNobody() throws {
    var isolation = Isolation(try environment([("a", "alpha"), ("b", "beta")]), previous: nil)
    #expect(isolation.holding(failure(.indexUnreachable)) == nil)
    #expect(isolation.holding(failure(.packageAbsent, line: 99)) == nil)
    let both = Failure(failure(.packageAbsent, "links.a").diagnostics + failure(.indexUnreachable).diagnostics)
    #expect(isolation.holding(both) == nil)
    // Nothing would be left, and nothing was locked.
    #expect(isolation.holding(failure(.packageAbsent, "links.a", "links.b")) == nil)
    isolation = try #require(isolation.holding(failure(.packageAbsent, "links.a")))
    #expect(isolation.holding(failure(.packageAbsent, "links.b")) == nil)
  }

  @Test func aLockfileSaysWhatItLacks() throws {
    let environment = try environment([("a", "alpha"), ("b", "beta")])
    let previous = try lockfile([("a", "alpha")], ["alpha": "1.0"])
    var isolation = Isolation(environment, previous: previous)
    let new = try lockfile([("b", "beta")], ["beta": "2.0"])
    #expect(try isolation.completed(new) == new)
    isolation = try #require(isolation.holding(failure(.packageAbsent, "links.a")))
    let completed = try isolation.completed(new)
    #expect(completed.heldBack == ["links.a"])
    #expect(completed.distributions.map(\.name.text) == ["alpha", "beta"])
    #expect(try completed.inputsDigest == ResolutionInputs(environment).digest(holdingBack: ["links.a"]))
    let text = LockfileCodec.encode(completed, path: "/srv/pylock.toml")
    #expect(text.contains("held-back = [\"links.a\"]\n"))
    let read = try LockfileCodec.decode(text, path: "/srv/pylock.toml")
    #expect(read.heldBack == ["links.a"] && read.unknown.isEmpty)
    var record = ComplaintRecord()
    try record.add("what was locked does not go with the others") {
      _ = try isolation.completed(try lockfile([("b", "beta")], ["alpha": "2.0"]))
    }
    #expect(try record.isOnRecord(as: "held-back", beside: #filePath))
  }
}
