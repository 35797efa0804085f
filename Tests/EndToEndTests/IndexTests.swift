import Model
import Platform
import TestSupport
import Testing

@Suite("Package indexes as they are found in the world")
struct IndexTests {
  /// An index that leaves something out.
  struct Kind: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout IndexServer.Options) -> Void
  }

  static let kinds = [
    Kind(testDescription: "JSON with everything") { _ in },
    Kind(testDescription: "HTML") { $0.isHTMLOnly = true },
    Kind(testDescription: "HTML without metadata") {
      $0.isHTMLOnly = true
      $0.hasMetadata = false
    },
    Kind(testDescription: "JSON without hashes") { $0.hasHashes = false },
    Kind(testDescription: "HTML with nothing") {
      $0.isHTMLOnly = true
      $0.hasMetadata = false
      $0.hasHashes = false
    },
    Kind(testDescription: "with a token") { $0.token = "idx_T0pSecretIndexToken" },
  ]

  @Test(arguments: kinds) func everyKindWillDo(_ kind: Kind) async throws {
    var options = IndexServer.Options()
    kind.change(&options)
    try await Scenario.with(index: options) { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta[fast]>=1,<2"]),
        PythonProject("alpha", "2.0", requiresPython: ">=4"),
        PythonProject("beta", "1.5", extras: ["fast": ["gamma"]]), PythonProject("beta", "2.0"), PythonProject("gamma"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      let url = scenario.index.url(userInfo: options.token.map { "user:\($0)" })
      let variables = ["PIP_INDEX_URL": url]
      try await scenario.succeeds("apply", with: variables)
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.5", "gamma==1.0"])
      let lockfile = try scenario.lockfile()
      #expect(lockfile.ranges(of: "sha256 = \"").count == 3)
      #expect(lockfile.contains("http://127.0.0.1:\(scenario.index.port)/files/alpha-1.0-py3-none-any.whl"))
      #expect(try await scenario.succeeds("apply", "--locked", with: variables).contains("up to date"))
    }
  }

  /// Some servers answer every URL with a page of their own.
  @Test func aPageWhereMetadataShouldBeIsNotBelieved() async throws {
    var options = IndexServer.Options()
    options.hasMetadata = false
    try await Scenario.with(index: options) { scenario in
      var project = PythonProject("alpha", requires: ["beta"])
      project.hasWrongMetadata = true
      try scenario.index.publish(project, PythonProject("beta"))
      let kept = "\(scenario.state.cache)/metadata"
      try scenario.moduleSet("b: {module: beta, pip_name: beta}")
      try await scenario.succeeds("lock")
      // What an earlier run may have kept is not believed either.
      for name in try Files.list(kept) { try Files.write("<html>Welcome</html>", to: "\(kept)/\(name)") }
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
      let names = try Files.list(kept).map { name in
        String(decoding: try Files.read("\(kept)/\(name)"), as: UTF8.self).split(separator: "\n").first {
          $0.hasPrefix("Name: ")
        }
      }
      #expect(Set(names) == ["Name: alpha", "Name: beta"])
    }
  }

  @Test func wheelsAreDownloadedOnce() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("beta"), PythonProject("alpha", "1.1"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}\nb: {module: beta, pip_name: beta}")
      try await scenario.succeeds("apply")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.1}\nb: {module: beta, pip_name: beta}")
      try await scenario.succeeds("apply")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}\nb: {module: beta, pip_name: beta}")
      try await scenario.succeeds("apply")
      let fetched = try scenario.index.requests().filter { $0.contains(".whl ") }
      #expect(Set(fetched).count == fetched.count)
      #expect(fetched.count == 3)
      // Nothing to do is nothing to ask for.
      let count = try scenario.index.requests().count
      try await scenario.succeeds("apply")
      try await scenario.succeeds("apply", "--locked")
      try await scenario.succeeds("status")
      #expect(try scenario.index.requests().count == count)
    }
  }

  @Test func settingsOfPipAndUvAreObeyed() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      let url = scenario.index.url()
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      let home = "\(scenario.directory)/home"
      let settings: [(String, String, [String: String])] = [
        ("", "", ["UV_DEFAULT_INDEX": url]), ("", "", ["UV_INDEX_URL": url]),
        (".config/pip/pip.conf", "[global]\nindex-url = \(url)\n", [:]),
        (".config/uv/uv.toml", "[[index]]\nname = \"own\"\nurl = \"\(url)\"\ndefault = true\n", [:]),
        ("other.conf", "[global]\nindex-url = \(url)\n", ["PIP_CONFIG_FILE": "\(home)/other.conf"]),
      ]
      for (file, text, variables) in settings {
        try Files.remove(home)
        try Files.makeDirectory("\(home)/\(file)".parentPath)
        if !file.isEmpty { try Files.write(text, to: "\(home)/\(file)") }
        try Files.remove("\(scenario.project)/pylock.demo.toml")
        try await scenario.succeeds("lock", with: variables.merging(["PIP_INDEX_URL": ""]) { $1 })
        #expect(try scenario.lockfile().contains("index = \"\(url)"))
      }
    }
  }

  @Test func theManifestsOwnIndexComesFirst() async throws {
    try await Scenario.with { scenario in
      let other = try IndexServer.start(root: "\(scenario.directory)/other-index")
      defer { other.stop() }
      try other.publish(PythonProject("alpha", "1.0"))
      try scenario.index.publish(PythonProject("alpha", "9.0"), PythonProject("beta", "2.0"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nb: {module: beta, pip_name: beta}",
        spec: "indexes: [{name: own, url: \"\(other.url())\"}, {name: public, url: \"\(scenario.index.url())\"}]")
      try await scenario.succeeds("apply", with: ["PIP_INDEX_URL": "http://127.0.0.1:9/simple"])
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==2.0"])
      #expect(try scenario.lockfile().contains("index = \"\(other.url())"))
      #expect(try scenario.lockfile().contains("index = \"\(scenario.index.url())"))
    }
  }
}
