import Model
import Platform
import TestSupport
import Testing

@Suite("explain: why something is locked at its version")
struct ExplainTests {
  private func withLockfile(_ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta>=1,<3"]), PythonProject("beta", "1.0"),
        PythonProject("beta", "2.0"),
        PythonProject("beta", "2.5"), PythonProject("beta", "2.6rc1"), PythonProject("beta", "3.0"),
        PythonProject("gamma", "1.0", requires: ["delta"]), PythonProject("delta", "1.0", requires: ["beta!=2.5"]))
      _ = try await scenario.repository("link", PythonProject("my-link", "1.2.3", requires: ["beta>=2"]))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\ng: {module: gamma, pip_name: gamma}\nj: {module: json}\n"
          + "b: {module: beta, pip_name: \"beta>=1\"}\nmine: {module: my_link, pip_name: \"\(scenario.gitRequirement("link", "@main"))\"}",
        spec: "constraints: [\"beta<2.6\"]")
      try await scenario.succeeds("lock")
      try await test(scenario)
    }
  }

  @Test func saysWhoAsksWhatIsPossibleAndWhy() async throws {
    try await withLockfile { scenario in
      func record(_ name: String, _ arguments: String..., status: Int32 = 0) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(!outcome.text.contains(Scenario.token))
        #expect(outcome.status == status, "it said:\n\(outcome.text)")
        try scenario.expectRecorded(
          outcome.text.replacing(/127\.0\.0\.1:[0-9]+/, with: "HOST"), named: name)
      }
      let before = try scenario.lockfile()
      try await record("explain", "explain", "beta")
      try await record("explain-json", "explain", "beta", "--format", "json")
      try await record("explain-git", "explain", "modules.mine")
      try await record("explain-module", "explain", "j")
      try await record("explain-unknown", "explain", "modules.mnie", status: 64)
      // A newer release that everybody allows is told of, and not taken.
      try scenario.index.publish(PythonProject("beta", "2.4"))
      #expect(
        try await scenario.succeeds("explain", "beta").contains(
          "all of them allow 2.4, too: either no upgrade was asked for since (pinion lock --upgrade beta), or"))
      #expect(try scenario.lockfile() == before)
      // Where the manifest has moved on, that is said first, and what is locked is explained by what was asked for then.
      try scenario.moduleSet("b: {module: beta, pip_name: \"beta>=3\"}")
      let stale = try await scenario.succeeds("explain", "beta")
      #expect(stale.contains("note: the lockfile does not fit the manifest any more (pinion lock --check)"), "\(stale)")
      #expect(stale.contains(": >=1\n") && !stale.contains(">=3"), "\(stale)")
      #expect(!stale.contains("no longer has it"), "\(stale)")
    }
  }

  /// What was yanked is taken where it is named exactly (PEP 592), and there alone.
  @Test func yankedIsPossibleWhereItIsNamed() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("lone", "1.0"), PythonProject("lone", "1.2"))
      let page = "\(scenario.index.root)/lone-1.2.json"
      let text = String(decoding: try Files.read(page), as: UTF8.self)
      try Files.replace(page, with: Array("{\"yanked\": true, \(text.dropFirst())".utf8))
      try scenario.moduleSet("a: {module: lone, pip_name: lone==1.2}")
      try await scenario.succeeds("lock")
      try scenario.expectRecorded(
        try await scenario.succeeds("explain", "lone").replacing(/127\.0\.0\.1:[0-9]+/, with: "HOST"),
        named: "explain-yanked")
      try scenario.moduleSet("a: {module: lone, pip_name: lone}")
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      try await scenario.succeeds("lock")
      let other = try await scenario.succeeds("explain", "lone")
      #expect(other.contains("1.2: it was yanked\n") && other.contains("possible: 1.0 (1 of 2 versions)"), "\(other)")
    }
  }

  /// An override takes the place of what is asked; what no index has is a reason.
  @Test func whatIsOverriddenIsNoReason() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("mid", "2.0", requires: ["leaf>=2"]),
        PythonProject("mid", "3.0", requires: ["leaf>=2", "nowhere"]),
        PythonProject("leaf", "1.0"), PythonProject("leaf", "2.0"))
      try scenario.moduleSet("m: {module: mid, pip_name: mid}", spec: "overrides: [\"leaf==1.0\"]")
      try await scenario.succeeds("lock")
      let explained = try await scenario.succeeds("explain", "mid")
      #expect(
        explained.contains(
          "why: it is locked; all of them allow 3.0, too, but 3.0 needs nowhere, which no index has\n"), "\(explained)")
    }
  }

  @Test func saysWhatNewerVersionsNeed() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("frame", "1.1.2"), PythonProject("frame", "1.1.4", requires: ["tools<2"]),
        PythonProject("tools", "1.0"), PythonProject("tools", "2.3"))
      try scenario.moduleSet(
        "f: {module: frame, pip_name: frame<2}\nt: {module: tools, pip_name: \"tools>=2.3\"}")
      try await scenario.succeeds("lock")
      let explained = try await scenario.succeeds("explain", "frame")
      #expect(
        explained.contains("all of them allow 1.1.4, too, but 1.1.4 needs tools<2 (2.3 is locked)"), "\(explained)")
    }
  }
}
