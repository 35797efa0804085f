import GitWire
import Testing

@Suite struct FetchPlanTests {
  private static let references = RemoteReferences(
    commits: [
      "refs/heads/main": "aaaa", "refs/heads/also-main": "aaaa", "refs/heads/topic": "bbbb", "refs/tags/v1": "cccc",
      "refs/tags/v1-again": "cccc", "refs/tags/main-too": "aaaa", "refs/pull/7/head": "dddd",
    ], headTarget: "refs/heads/main", headCommit: "aaaa")

  private func plan(_ commit: String, _ names: [String] = []) -> [FetchPlan.Step] {
    FetchPlan(commit: commit, names: names, in: Self.references).steps
  }

  @Test(arguments: [
    ("aaaa", [], "refs/heads/also-main"), ("aaaa", ["refs/tags/main", "refs/heads/main"], "refs/heads/main"),
    ("aaaa", ["HEAD"], "refs/heads/main"), ("aaaa", ["refs/tags/main-too"], "refs/tags/main-too"),
    ("cccc", [], "refs/tags/v1"), ("cccc", ["refs/heads/topic"], "refs/tags/v1"), ("dddd", [], "refs/pull/7/head"),
  ])
  func aReferenceThatPointsAtTheCommitComesFirst(_ commit: String, _ names: [String], _ expected: String) {
    #expect(plan(commit, names).first == .references([expected]))
  }

  @Test func elseTheReferenceThatWasAskedFor() {
    #expect(
      plan("0123", ["refs/tags/topic", "refs/heads/topic"]) == [
        .references(["refs/heads/topic"]), .id("0123"), .everything([]),
      ])
    #expect(plan("0123", ["HEAD"]).first == .references(["refs/heads/main"]))
    #expect(plan("0123", ["refs/pull/7/head"]).last == .everything(["refs/pull/7/head"]))
  }

  @Test func whatTheServerDoesNotHaveIsNotAskedForByName() {
    #expect(plan("0123", ["refs/heads/gone"]) == [.id("0123"), .everything([])])
    let detached = RemoteReferences(commits: ["refs/heads/main": "aaaa"], headCommit: "eeee")
    #expect(FetchPlan(commit: "0123", names: ["HEAD"], in: detached).steps.first == .id("0123"))
  }

  @Test func referencesKeepTheirNames() {
    #expect(FetchPlan.Step.references(["refs/tags/v1"]).refspecs == ["+refs/tags/v1:refs/tags/v1"])
    #expect(FetchPlan.Step.id("0123").refspecs == ["+0123:refs/pinion/0123"])
    #expect(
      FetchPlan.Step.everything(["refs/pull/7/head"]).refspecs == [
        "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/pull/7/head:refs/pull/7/head",
      ])
  }
}
