import Platform
import TestSupport
import Testing

/// Pages of indexes are kept as long as their servers say, and never in the way of what is new.
@Suite struct KeptPageTests {
  private func options(_ maxAge: Int) -> IndexServer.Options {
    var options = IndexServer.Options()
    options.maxAge = maxAge
    return options
  }

  private func pages(_ scenario: Scenario) throws -> [String] {
    try scenario.index.requests().filter { $0.contains("/simple/") }
  }

  private func modules(_ alpha: String) -> String {
    "alpha: {module: alpha, pip_name: \"alpha\(alpha)\"}\nbeta: {module: beta, pip_name: beta}"
  }

  @Test func theIndexIsAskedForWhatMayBeNewAlone() async throws {
    try await Scenario.with(index: options(600)) { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1", requires: ["gamma"]), PythonProject("beta"),
        PythonProject("gamma"))
      try scenario.moduleSet(modules("<1.1"))
      try await scenario.succeeds("lock")
      let asked = try pages(scenario)
      // Another version of what is known, with a file that uv has not seen yet: the page of what is new is asked for.
      try scenario.moduleSet(modules("==1.1"))
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("name = \"gamma\""))
      #expect(try pages(scenario).dropFirst(asked.count) == ["GET /simple/gamma/ 200 without-credentials"])

      // What is missing may have come meanwhile.
      try scenario.index.publish(PythonProject("alpha", "2.0"))
      try scenario.moduleSet(modules(">=2"))
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("version = \"2.0\""))
      // So may what is wanted newer.
      try scenario.index.publish(PythonProject("alpha", "3.0"))
      try await scenario.succeeds("lock", "--upgrade")
      #expect(try scenario.lockfile().contains("version = \"3.0\""))
      // A rule holds for what is kept as well.
      try scenario.moduleSet(modules(">=3"), spec: "policy: {excludeNewer: \"2020-01-01T00:00:00Z\"}")
      #expect(try await scenario.fails("lock").contains("excludeNewer"))
    }
  }

  @Test func whatIsTheSameIsNotSentAgain() async throws {
    try await Scenario.with(index: options(0)) { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"), PythonProject("beta"))
      try scenario.moduleSet(modules("<1.1"))
      try await scenario.succeeds("lock")
      let asked = try pages(scenario)
      #expect(asked.allSatisfy { $0.contains(" 200 ") })
      try scenario.moduleSet(modules("==1.1"))
      try await scenario.succeeds("lock")
      let again = try pages(scenario).dropFirst(asked.count)
      #expect(!again.isEmpty && again.allSatisfy { $0.contains(" 304 ") })
      // Another index has another page, however fresh the first one's is.
      let other = try IndexServer.start(root: "\(scenario.directory)/other", options: options(0))
      defer { other.stop() }
      try other.publish(PythonProject("alpha", "1.2"), PythonProject("beta"))
      try scenario.moduleSet(modules(">1.1"), spec: "indexes: [{name: other, url: \"\(other.url())\"}]")
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("version = \"1.2\""))
    }
  }
}
