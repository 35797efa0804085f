import Model
import TestSupport
import Testing

@testable import Resolution

@Suite struct DisputeTests {
  private func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

  private func metadata(_ name: String, _ version: String, _ requires: [String]) throws -> DistributionMetadata {
    let lines = requires.map { "Requires-Dist: \($0)\n" }.joined()
    return try #require(DistributionMetadata("Name: \(name)\nVersion: \(version)\n\(lines)"))
  }

  private func need(_ specifiers: String, _ path: String...) throws -> NeedGraph.Need {
    NeedGraph.Need(
      specifiers: try #require(VersionSpecifiers(specifiers)),
      path: try path.map { NeedGraph.Step(name: try name($0), version: "1.0") })
  }

  private func claimant(
    _ needs: [String: [NeedGraph.Need]], _ versions: [String: String] = [:]
  ) throws -> Claimant {
    var claimant = Claimant(needs: [:])
    for (key, value) in needs { claimant.needs[try name(key)] = value }
    for (key, value) in versions { claimant.versions[try name(key)] = Version(value) }
    return claimant
  }

  @Test func theShortestWayToEachNeedComesFirst() throws {
    let all = [
      try metadata("a", "1.0", ["b", "c>=1", "x; extra == 'more'"]), try metadata("b", "1.0", ["c<3", "a"]),
      try metadata("c", "2.0", ["d==1; python_version < '2'", "e>=5"]), try metadata("e", "6", []),
    ]
    let known = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    let graph = NeedGraph(
      known.mapValues(\.version), roots: [(try name("a"), [])], metadata: { known[$0] },
      markers: ["python_version": "3.11"])
    let needs = graph.needs(from: try name("a"))
    #expect(needs.keys.map(\.text).sorted() == ["c", "e"])
    #expect(needs[try name("c")] == [try need(">=1", "a"), try need("<3", "a", "b")])
    #expect(needs[try name("e")]?.map(\.path.last?.description) == ["c 2.0"])
    #expect(needs[try name("e")]?.first?.path.map(\.name.text) == ["a", "c"])
  }

  @Test func aDistributionOfWhichNoneWasChosenThatAllAllowIsDisputed() throws {
    let first = try claimant(["x": [try need("<2", "a", "b")], "y": [try need(">=1", "a")]], ["x": "1.9", "y": "3"])
    let second = try claimant(["x": [try need(">=2", "c")], "y": [try need("<5", "c")]], ["x": "2.5", "y": "3"])
    #expect(
      Dispute.candidates(among: [first, second]) == [
        Dispute(name: try name("x"), needs: [try need("<2", "a", "b"), try need(">=2", "c")])
      ])
  }

  @Test func ofSeveralNeedsTheOneIsTakenThatIsInTheWay() throws {
    let first = try claimant(["x": [try need(">=1", "a"), try need("<2", "a", "b")]], ["x": "1.9"])
    let second = try claimant(["x": [try need(">=2")]], ["x": "2.5"])
    #expect(
      Dispute.candidates(among: [first, second]).first?.needs == [try need("<2", "a", "b"), try need(">=2")])
  }

  @Test func whatNotAllAskForIsNotDisputed() throws {
    let claimants = [
      try claimant(["x": [try need("<2")]]), try claimant(["y": [try need("<2")]]),
    ]
    #expect(Dispute.candidates(among: claimants) == [])
    #expect(Dispute.candidates(among: []) == [])
  }

  @Test(arguments: [
    (["==1.0", ">=2"], true), (["==1.0", ">=1"], false), (["<2", ">=2"], false), (["==1.*", ">=2"], false),
    (["==1.0", "<2", "!=1.0"], true),
  ]) func oneVersionThatTheOthersDoNotAllowIsEvident(_ specifiers: [String], _ expected: Bool) throws {
    let dispute = Dispute(name: try name("x"), needs: try specifiers.map { try need($0) })
    #expect(dispute.isEvident == expected)
  }
}
