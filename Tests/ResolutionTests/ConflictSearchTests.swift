import Model
import Platform
import TestSupport
import Testing

@testable import Resolution

/// The search with the real resolver and an index: how often it is asked, and what comes of it where that is limited.
@Suite struct ConflictSearchTests {
  private func withParts(
    _ requirements: [String], _ test: (ConflictExplainer) async throws -> Void
  ) async throws {
    try await ResolutionBench.with { bench in
      let server = try IndexServer.start(root: "\(bench.directory)/index")
      defer { server.stop() }
      try server.publish(
        (1...30).map { PythonProject("crowd-\($0)", requires: ["core"]) } + [
          PythonProject("core", "1.0"), PythonProject("core", "2.0"),
          PythonProject("old", requires: ["old-tools"]), PythonProject("old-tools", requires: ["core<2"]),
          PythonProject("new", requires: ["new-tools"]), PythonProject("new-tools", requires: ["core>=2"]),
        ])
      let index = try IndexSettings(variables: [:], secrets: SecretRegistry()).parse(server.url())
      let modules = try requirements.map { text -> (name: String, requirement: Requirement?) in
        let parsed = try RequirementParser.parse(text)
        return (text, .index(IndexRequirement(name: parsed.name, specifiers: parsed.specifiers)))
      }
      let context = bench.context(IndexRoutes(indexes: [PackageIndex(name: "test", url: index)]))
      let uv = Uv(path: try PythonTools.required().uv, version: Uv.minimumVersion)
      let parts = QuestionParts(
        environment: bench.environment(modules), answers: try await bench.answers(modules),
        direct: DirectModules.Outcome(), byName: [:], interpreter: bench.interpreter, base: nil)
      try await test(
        ConflictExplainer(
          uv: UvResolver(uv: uv, context: context), parts: parts, wheels: bench.wheels(),
          wheelReading: ResolutionBench.Wheels(metadata: "")))
    }
  }

  private static let crowd = (1...30).map { "crowd-\($0)" } + ["old", "new"]

  @Test func twoOfManyAreFoundInFewRuns() async throws {
    try await withParts(Self.crowd) { explainer in
      let conflict = try await explainer.explain("Because old depends on core<2 and new depends on core>=2, …")
      #expect(conflict.members.map(\.label) == ["links.old", "links.new"])
      #expect(conflict.isMinimal && conflict.isWhatever && conflict.endedAfter == nil)
      guard case .disputed(let claims) = conflict.finding else {
        Issue.record("\(conflict)")
        return
      }
      #expect(claims.map { "\($0.need.specifiers)" } == ["<2", ">=2"])
      #expect(conflict.remedies == [.leaveOut(["links.old", "links.new"])])
      #expect(conflict.runs <= 10, "\(conflict.runs)")
    }
  }

  @Test func theyAreFoundWhereTheResolverNamesNone() async throws {
    try await withParts(Self.crowd) { explainer in
      let conflict = try await explainer.explain("nothing that anybody knows")
      #expect(conflict.members.map(\.label) == ["links.old", "links.new"])
      #expect(conflict.isMinimal)
      #expect(conflict.runs <= ConflictExplainer.limit.runs)
    }
  }

  @Test func theSearchEndsAndSaysSo() async throws {
    try await withParts(Self.crowd) { explainer in
      var explainer = explainer
      explainer.limit.runs = 2
      let conflict = try await explainer.explain("nothing that anybody knows")
      #expect(!conflict.isMinimal && conflict.runs == 2 && conflict.endedAfter == 2)
      #expect(Set(["links.old", "links.new"]).isSubset(of: conflict.members.map(\.label)))
      #expect(conflict.diagnostic.cause?.contains("the search ended after 2 runs of the resolver") == true)
    }
  }
}
