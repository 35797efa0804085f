import Model
import Platform
import TestSupport
import Testing

@Suite("Options behind a requirement: each holds for its own distribution")
struct EntryOptionTests {
  /// A scenario with a second, private index.
  private static func withTwoIndexes(_ test: (Scenario, IndexServer) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      var options = IndexServer.Options()
      options.token = Scenario.token
      let other = try IndexServer.start(root: "\(scenario.directory)/private", options: options)
      defer { other.stop() }
      try await test(scenario, other)
    }
  }

  private static func url(_ index: IndexServer) -> String {
    "http://user:${GIT_TOKEN}@127.0.0.1:\(index.port)/simple/"
  }

  @Test func anIndexOfAnEntryServesNothingElse() async throws {
    try await Self.withTwoIndexes { scenario, other in
      try scenario.index.publish(
        PythonProject("alpha", "9.0"), PythonProject("beta", "1.0"), PythonProject("gamma", "1.0"))
      try other.publish([
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("beta", "6.6"), PythonProject("gamma", "6.6"),
      ])
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: \"alpha --index-url \(Self.url(other))\"}\ng: {module: gamma, pip_name: gamma}")
      try await scenario.succeeds("apply")
      // Its own distribution comes from there alone, what that needs and what others ask for does not.
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "gamma==1.0"])
      #expect(try other.requests().allSatisfy { $0.contains("alpha") })
      let lockfile = try scenario.lockfile()
      #expect(lockfile.contains("index = \"http://127.0.0.1:\(other.port)/simple\""))
      #expect(!lockfile.contains(Scenario.token))
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked")
    }
  }

  @Test func anExtraIndexIsAskedFirstAndTheDefaultStays() async throws {
    try await Self.withTwoIndexes { scenario, other in
      try scenario.index.publish(PythonProject("alpha", "9.0"), PythonProject("beta", "1.0"))
      try other.publish([PythonProject("alpha", "1.0")])
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: \"alpha --extra-index-url \(Self.url(other))\"}\n"
          + "b: {module: beta, pip_name: \"beta --extra-index-url=\(Self.url(other))\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
    }
  }

  @Test func linksAreFoundInDirectoriesAndOnPages() async throws {
    try await Self.withTwoIndexes { scenario, other in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("beta", "1.0"))
      try other.publish([PythonProject("offline", "1.0", requires: ["beta"]), PythonProject("alpha", "2.0")])
      try Files.makeDirectory("\(scenario.project)/wheels")
      let name = "offline-1.0-py3-none-any.whl"
      try Files.write(
        try await WebPage.bytes(
          "http://user:\(Scenario.token)@127.0.0.1:\(other.port)/files/\(name)", in: scenario),
        to: "\(scenario.project)/wheels/\(name)")
      try scenario.moduleSet(
        "o: {module: offline, pip_name: offline --find-links wheels}\n"
          + "a: {module: alpha, pip_name: \"alpha --find-links \(Self.url(other))alpha/\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==2.0", "beta==1.0", "offline==1.0"])
      let lockfile = try scenario.lockfile()
      #expect(lockfile.contains("path = \"wheels/\(name)\"") && !lockfile.contains(scenario.project))
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked")
      // uv has no credentials for the page, and finds the file on disk.
      try scenario.moduleSet("o: {module: offline, pip_name: offline --find-links wheels}")
      try await scenario.succeeds("apply")
      try await scenario.agreesWithOtherTools()
    }
  }

  @Test func linksThatPipsSettingsNameAreFollowedToo() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("beta", "1.0"))
      try Files.makeDirectory("\(scenario.directory)/wheels")
      for name in ["alpha-1.0-py3-none-any.whl", "beta-1.0-py3-none-any.whl"] {
        try Files.write(
          try await WebPage.bytes("http://127.0.0.1:\(scenario.index.port)/files/\(name)", in: scenario),
          to: "\(scenario.directory)/wheels/\(name)")
      }
      try scenario.index.withdraw("alpha", "1.0")
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      #expect(try await scenario.fails("lock").contains("alpha"))
      let links = ["PIP_FIND_LINKS": "file://\(scenario.directory)/wheels"]
      try await scenario.succeeds("lock", with: links)
      #expect(try scenario.lockfile().contains("path = \"../wheels/alpha-1.0-py3-none-any.whl\""))
      let asked = try scenario.index.requests().count
      try Files.remove("\(scenario.project)/pylock.demo.toml")
      try await scenario.succeeds("apply", with: links.merging(["PIP_NO_INDEX": "1"]) { $1 })
      #expect(try scenario.index.requests().count == asked)
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0"])
    }
  }

  @Test func theLockfileMayStandElsewhere() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try Files.makeDirectory("\(scenario.project)/locks")
      try await scenario.succeeds("lock", "--lockfile", "locks/pylock.demo.toml")
      #expect(!Files.exists("\(scenario.project)/pylock.demo.toml"))
      try await scenario.succeeds("apply", "--locked", "--lockfile", "locks/pylock.demo.toml")
      #expect(try await scenario.pinion("lock", "--check", "--lockfile", "locks/pylock.demo.toml").status == 0)
      let wrong = try await scenario.pinion("lock", "--lockfile", "locks/demo.lock")
      #expect(wrong.status == 64 && wrong.errorOutput.contains("a lockfile is called pylock.toml or pylock.NAME.toml"))
    }
  }

  @Test func preReleasesAreForThoseWhoAsk() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0rc1", requires: ["beta"]),
        PythonProject("beta", "1.0"), PythonProject("beta", "2.0rc1"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha --pre}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==2.0rc1", "beta==1.0"])
    }
  }

  @Test func dependenciesAreLeftOutWhereNobodyElseAsksForThem() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", requires: ["beta"]), PythonProject("beta", requires: ["gamma"]), PythonProject("gamma"))
      _ = try await scenario.repository("link", PythonProject("my-link", requires: ["delta", "gamma"]))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha --no-deps}\n"
          + "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link")) --no-deps\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "my-link==1.0"])
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha --no-deps}\nb: {module: beta, pip_name: beta}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "gamma==1.0"])
    }
  }

  @Test func filesAreChosenByKindAndByHash() async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("alpha", "2.0")
      source.isSdist = true
      try scenario.index.publish(PythonProject("alpha", "1.0"), source, PythonProject("beta", "1.0"))
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha --only-binary :all:\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0"])
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha --no-binary :all:\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==2.0"])
      try scenario.moduleSet("a: {module: beta, pip_name: \"beta --no-binary :all:\"}")
      #expect(try await scenario.fails("lock").contains("1 file: a wheel, and the entry says --no-binary"))

      let page = try await WebPage.text(scenario.index.url() + "/alpha/", in: scenario)
      let digest = try #require(page.firstMatch(of: /alpha-1\.0-py3-none-any\.whl".*?"sha256": "([0-9a-f]{64})"/)?.1)
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha --hash sha256:\(digest)\"}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==1.0"])
      let wrong = String(repeating: "0", count: 64)
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha --hash=sha256:\(wrong)\"}")
      #expect(try await scenario.fails("lock").contains("none of the hashes that the entry names"))
    }
  }

  /// Where pages tell no hashes, the file that was fetched is held to those of the entry.
  @Test func hashesHoldWherePagesHaveNone() async throws {
    var options = IndexServer.Options()
    options.hasHashes = false
    options.isHTMLOnly = true
    try await Scenario.with(index: options) { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      let name = "alpha-1.0-py3-none-any.whl"
      try Files.makeDirectory("\(scenario.project)/wheels")
      try Files.write(
        try await WebPage.bytes("http://127.0.0.1:\(scenario.index.port)/files/\(name)", in: scenario),
        to: "\(scenario.project)/wheels/\(name)")
      var digest = StreamingDigest(.sha512)
      try Files.read("\(scenario.project)/wheels/\(name)").withUnsafeBytes { digest.update($0) }
      let sha256 = try FileDigest.sha256("\(scenario.project)/wheels/\(name)")
      for hash in ["sha256:\(sha256)", "sha512:\(digest.finish())"] {
        try? Files.remove(scenario.state.root)
        try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha --hash=\(hash)\"}")
        try await scenario.succeeds("apply")
        #expect(try await scenario.installed() == ["alpha==1.0"])
        #expect(try scenario.lockfile().contains(sha256))
      }
      for hash in ["sha256:" + String(repeating: "0", count: 64), "sha384:" + String(repeating: "0", count: 96)] {
        try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha --hash=\(hash)\"}")
        #expect(
          try await scenario.fails("lock").contains("no file of alpha 1.0 has one of the hashes that the entry names"))
      }
    }
  }

  /// Two indexes of one server, each with a token of its own: what a page of one named is fetched with that one's token,
  /// wherever on the server it lies.
  @Test func everyIndexOfAServerKeepsItsToken() async throws {
    var options = IndexServer.Options()
    options.token = "area_T0pSecret"
    options.hasAreas = true
    options.hasHashes = false
    try await Scenario.with { scenario in
      let server = try IndexServer.start(root: "\(scenario.directory)/areas", options: options)
      defer { server.stop() }
      try server.publish([PythonProject("alpha"), PythonProject("beta"), PythonProject("gamma")])
      func url(_ area: String, variable: String) -> String {
        "http://u:${\(variable)}@127.0.0.1:\(server.port)/\(area)/simple/"
      }
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: \"alpha --index-url \(url("one", variable: "ONE"))\"}\n"
          + "b: {module: beta, pip_name: \"beta --index-url \(url("two", variable: "TWO"))\"}\ng: {module: gamma, pip_name: gamma}",
        spec: "indexes: [{name: three, url: \"http://127.0.0.1:\(server.port)/three/simple\", packages: [gamma], "
          + "token: \"${THREE}\"}]")
      let variables = ["ONE": "area_T0pSecret-one", "TWO": "area_T0pSecret-two", "THREE": "area_T0pSecret-three"]
      try await scenario.succeeds("apply", with: variables)
      #expect(try await scenario.installed() == ["alpha==1.0", "beta==1.0", "gamma==1.0"])
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked", with: variables)
      #expect(try server.requests().allSatisfy { !$0.contains(" 401 ") })
    }
  }

  @Test func theSameFileInTwoPlacesIsOne() async throws {
    try await Self.withTwoIndexes { scenario, other in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      try other.publish([PythonProject("alpha", "1.0")])
      try scenario.moduleSet("a: {module: alpha, pip_name: \"alpha --find-links \(Self.url(other))alpha/\"}")
      try await scenario.succeeds("lock")
      #expect(try scenario.lockfile().split(separator: "/files/alpha-1.0-py3-none-any.whl").count == 2)
    }
  }

  @Test func twoEntriesCannotSendOneDistributionToTwoPlaces() async throws {
    try await Self.withTwoIndexes { scenario, other in
      try scenario.index.publish(PythonProject("alpha", "1.0"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: \"alpha --index-url \(Self.url(other))\"}\n"
          + "b: {module: alpha, pip_name: \"alpha --index-url \(scenario.index.url())\"}")
      let text = try await scenario.fails("lock")
      #expect(text.contains("modules.a and modules.b ask for alpha with different options"))
      #expect(text.contains("pinion.yaml:7:5") && text.contains("pinion.yaml:8:5"))
    }
  }
}
