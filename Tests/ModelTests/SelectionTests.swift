import Model
import Testing

@Suite struct SelectionTests {
  private func chosen(_ wheels: [String], sdist: String? = nil) throws -> DistributionIdentity? {
    let locked = Fixture.locked(
      "thing", "1.0", wheels: wheels.map { Fixture.wheel($0, sha256: $0) },
      sdist: sdist.map { Fixture.wheel($0, sha256: $0) })
    return try Selection(Fixture.lockfile([locked]), for: Fixture.interpreter).items.first?.identity
  }

  @Test(arguments: [
    (["thing-1.0-py3-none-any.whl", "thing-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"], 1),
    (["thing-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "thing-1.0-py3-none-any.whl"], 1),
    (["thing-1.0-cp311-cp311-manylinux_2_99_x86_64.whl", "thing-1.0-cp39-abi3-manylinux_2_17_x86_64.whl"], 1),
    (["thing-1.0-1-py3-none-any.whl", "thing-1.0-2-py3-none-any.whl"], 1),
    (["thing-1.0-py3-none-any.whl"], 0),
  ])
  func takesTheBestWheel(_ wheels: [String], _ best: Int) throws {
    #expect(try chosen(wheels) == .wheel(sha256: wheels[best]))
  }

  @Test func takesTheSdistWhenNoWheelFits() throws {
    #expect(
      try chosen(["thing-1.0-cp312-cp312-win_amd64.whl"], sdist: "thing-1.0.tar.gz")
        == .sdist(sha256: "thing-1.0.tar.gz"))
  }

  @Test func saysWhenNothingFits() throws {
    let error = try #require(throws: Failure.self) { try chosen(["thing-1.0-cp312-cp312-win_amd64.whl"]) }
    #expect(error.diagnostics.map(\.code) == [.wheelUnfit])
    #expect(error.diagnostics[0].message == "no wheel of thing 1.0 in the lockfile fits Python 3.11.7")
  }

  @Test func knowsWhoAsksThroughOthers() {
    let lockfile = Fixture.lockfile(
      [
        Fixture.locked("a", "1", needs: ["b"]), Fixture.locked("b", "1", needs: ["c", "a"]), Fixture.locked("c", "1"),
        Fixture.locked("d", "1"),
      ], modules: [("one", "a"), ("two", "c"), ("three", nil)])
    let askers = lockfile.askers()
    #expect(askers[Fixture.name("a")] == ["links.one"])
    #expect(askers[Fixture.name("b")] == ["links.one"])
    #expect(askers[Fixture.name("c")] == ["links.one", "links.two"])
    #expect(askers[Fixture.name("d")] == nil)
  }
}
