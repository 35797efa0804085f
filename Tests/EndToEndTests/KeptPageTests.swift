import Platform
import TestSupport
import Testing

@Suite("What is kept of indexes is in nobody's way")
struct KeptPageTests {
  private func modules(_ alpha: String) -> String {
    "alpha: {module: alpha, pip_name: \"alpha\(alpha)\"}\nbeta: {module: beta, pip_name: beta}"
  }

  @Test func rulesAndOtherIndexesComeFirst() async throws {
    var options = IndexServer.Options()
    options.maxAge = 600
    try await Scenario.with(index: options) { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("beta"))
      try scenario.moduleSet(modules(""))
      try await scenario.succeeds("lock")
      // A rule holds for what is kept as well.
      let rule = "policy: {excludeNewer: \"2020-01-01T00:00:00Z\"}"
      try scenario.moduleSet(modules(">=1"), spec: rule)
      #expect(try await scenario.fails("lock").contains("excludeNewer"))
      // Another index has another page, however fresh the first one's is.
      let other = try IndexServer.start(root: "\(scenario.directory)/other", options: options)
      defer { other.stop() }
      try other.publish(PythonProject("alpha", "1.2"), PythonProject("beta"))
      try scenario.moduleSet(modules(">1.1"), spec: "indexes: [{name: other, url: \"\(other.url())\"}]")
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().contains("version = \"1.2\""))
    }
  }
}
