import Model
import Testing

@Suite struct LockfileHoldingTests {
  private let previous = Fixture.lockfile(
    [
      Fixture.locked("alpha", "1.0", needs: ["shared", "own"]), Fixture.locked("shared", "1.0"),
      Fixture.locked("own", "3.0", needs: ["deep"]), Fixture.locked("deep", "4.0"), Fixture.locked("beta", "1.0"),
    ], modules: [("a", "alpha"), ("b", "beta"), ("p", nil)])

  private func need(_ name: String, _ version: String, _ specifiers: String, _ needs: String...) throws -> BaseNeed {
    BaseNeed(
      name: Fixture.name(name), version: version, specifiers: try #require(VersionSpecifiers(specifiers)),
      dependencies: needs.map { Fixture.name($0) })
  }

  /// What stands in the way; nil where nothing does.
  private func problem(_ body: () throws -> Lockfile) -> [String]? {
    do { _ = try body() } catch { return (error as? Lockfile.HoldingProblem)?.names.map(\.text) }
    return nil
  }

  @Test func whatAModuleNeedsIsAllThatItLeadsTo() throws {
    #expect(previous.needed(by: ["links.a"]).map(\.text).sorted() == ["alpha", "deep", "own", "shared"])
    #expect(previous.needed(by: ["links.b"]).map(\.text) == ["beta"])
    #expect(previous.needed(by: ["links.p", "links.x"]).isEmpty)
    var based = previous
    based.baseNeeds = [try need("shared", "1.0", "<2", "beta")]
    based.distributions.removeAll { $0.name.text == "shared" }
    #expect(based.needed(by: ["links.a"]).map(\.text).sorted() == ["alpha", "beta", "deep", "own", "shared"])
  }

  @Test func aModuleStaysWithAllThatItNeeds() throws {
    var new = Fixture.lockfile(
      [Fixture.locked("beta", "2.0", needs: ["shared"]), Fixture.locked("shared", "1.0", needs: ["more"])],
      modules: [("b", "beta")])
    new.python = "3.11"
    new.platform = "linux-x86_64"
    let held = try new.holding(["links.a"], of: previous)
    #expect(
      held.distributions.map { "\($0.name) \($0.version)" } == [
        "alpha 1.0", "beta 2.0", "deep 4.0", "own 3.0", "shared 1.0",
      ])
    #expect(held[Fixture.name("shared")]?.dependencies.map(\.text) == ["more"])
    #expect(held.modules.map(\.label) == ["links.a", "links.b"])
    #expect(held.python == "3.11" && held.platform == "linux-x86_64" && held.inputsDigest == new.inputsDigest)
    // What was never locked has nothing to stay with.
    #expect(try new.holding(["links.x"], of: previous) == new)
    // Its entry is the earlier one, whatever the new lockfile has.
    let other = Fixture.lockfile([Fixture.locked("alpha", "1.0")], modules: [("a", "gamma")])
    #expect(try other.holding(["links.a"], of: previous).modules.map(\.requirement) == ["alpha"])
  }

  @Test func whatTheOthersNeedOtherwiseIsNamed() throws {
    let new = Fixture.lockfile(
      [Fixture.locked("shared", "2.0"), Fixture.git("own", "3.0", commit: "aa")], modules: [])
    #expect(problem { try new.holding(["links.a"], of: previous) } == ["own", "shared"])
    // The same commit is the same, whoever asks for it by which name.
    let git = Fixture.lockfile([Fixture.git("alpha", "1.0", commit: "aa")], modules: [("a", "alpha")])
    #expect(try git.holding(["links.a"], of: git) == git)
    let moved = Fixture.lockfile([Fixture.git("alpha", "1.0", commit: "bb")])
    #expect(problem { try moved.holding(["links.a"], of: git) } == ["alpha"])
  }

  @Test func whatIsNeededOfTheBaseIsNeededTogether() throws {
    var old = Fixture.lockfile([Fixture.locked("alpha", "1.0", needs: ["core"])], modules: [("a", "alpha")])
    old.baseNeeds = [try need("core", "1.5", "<2")]
    var new = Fixture.lockfile([], modules: [])
    new.baseNeeds = [try need("core", "1.5", ">=1")]
    #expect(try new.holding(["links.a"], of: old).baseNeeds == [try need("core", "1.5", "<2,>=1")])
    #expect(try Fixture.lockfile([]).holding(["links.a"], of: old).baseNeeds == old.baseNeeds)
    new.baseNeeds = [try need("core", "2.5", ">=1")]
    #expect(problem { try new.holding(["links.a"], of: old) } == ["core"])
    // What the base had and what is installed now may be one version, and must then be allowed.
    let installed = Fixture.lockfile([Fixture.locked("core", "1.6")])
    #expect(try installed.holding(["links.a"], of: old).baseNeeds.isEmpty)
    #expect(problem { try Fixture.lockfile([Fixture.locked("core", "2.0")]).holding(["links.a"], of: old) } == ["core"])
    // What was installed, and the base has by now.
    var taken = Fixture.lockfile([])
    taken.baseNeeds = [try need("beta", "1.0", "")]
    #expect(try taken.holding(["links.b"], of: previous).distributions.isEmpty)
    taken.baseNeeds = [try need("beta", "2.0", "")]
    #expect(problem { try taken.holding(["links.b"], of: previous) } == ["beta"])
  }

  @Test func aDigestThatLacksModulesIsNeverThatOfAll() throws {
    let inputs = try ResolutionInputs(
      Fixture.environment([Fixture.module("a", Fixture.index("alpha")), Fixture.module("b", Fixture.index("beta"))]))
    #expect(inputs.digest(holdingBack: []) == inputs.digest)
    let digests = [["links.a"], ["links.b"], ["links.a", "links.b"]].map { inputs.digest(holdingBack: $0) }
    #expect(Set(digests + [inputs.digest]).count == 4)
    #expect(inputs.digest(holdingBack: ["links.b", "links.a"]) == digests[2])
  }
}
