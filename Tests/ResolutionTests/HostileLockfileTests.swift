import Model
import Testing

@testable import Resolution

/// A lockfile comes from a repository that others write to: nothing in it may lead to another place on disk.
@Suite struct HostileLockfileTests {
  private static let sha256 = String(repeating: "a", count: 64)
  private static let commit = String(repeating: "b", count: 40)

  private func lockfile(_ source: String) -> String {
    """
    lock-version = "1.0"
    created-by = "pinion"

    [[packages]]
    name = "alpha"
    version = "1.0"
    \(source)

    [tool.pinion]
    format-version = 1
    inputs-digest = "sha256:0"
    """
  }

  @Test func honestOnesAreRead() throws {
    for source in [
      "wheels = [{ name = \"alpha-1.0-py3-none-any.whl\", url = \"https://x.example.com/a.whl\", hashes = { sha256 = \"\(Self.sha256)\" } }]",
      "vcs = { type = \"git\", url = \"https://x.example.com/a.git\", commit-id = \"\(Self.commit)\", subdirectory = \"a/b\" }",
    ] {
      #expect(try LockfileCodec.decode(lockfile(source), path: "/srv/pylock.toml").distributions.count == 1)
    }
  }

  private static let beta = "[[packages]]\nname = \"beta\"\nversion = \"1.0\"\nwheels = [{ URL }]"

  /// No difference is hidden for being in what Pinion does not read.
  @Test(arguments: [
    ("wheels", "[{ URL }]", "[{ URL, extra = 1 }]", "alpha: a.whl: extra"),
    ("sdist", "{ URL }", "{ URL, extra = 1 }", "alpha: a.whl: extra"),
    (
      "directory", "{ path = \"a\" }\ntool = { pinion = { tree = \"TREE\" } }",
      "{ path = \"a\", editable = true }\ntool = { pinion = { tree = \"TREE\" } }", "alpha: source: editable"
    ),
    ("wheels", "[{ URL }]", "[{ URL }]\nmarker = \"sys_platform == 'win32'\"", "alpha: marker"),
    (
      "wheels", "[{ URL }]\ndependencies = [{ name = \"beta\" }]\n\(Self.beta)",
      "[{ URL }]\ndependencies = [{ name = \"beta\", marker = \"x\" }]\n\(Self.beta)", "alpha: dependency beta: marker"
    ),
  ])
  func whatDiffersIsSaid(_ key: String, _ old: String, _ new: String, _ name: String) throws {
    func read(_ value: String) throws -> Lockfile {
      let url = "url = \"https://x.example.com/a.whl\", name = \"a.whl\", hashes = { sha256 = \"\(Self.sha256)\" }"
      let text = value.replacing("URL", with: url).replacing("TREE", with: Self.sha256)
      return try LockfileCodec.decode(lockfile("\(key) = \(text)"), path: "/srv/pylock.toml")
    }
    let difference = LockfileDifference(from: try read(old), to: try read(new))
    #expect(difference.settings.map(\.name) == [name] && difference.items.isEmpty)
  }

  @Test func theHeaderCounts() throws {
    let text = lockfile(
      "vcs = { type = \"git\", url = \"https://x.example.com/a.git\", commit-id = \"\(Self.commit)\" }")
    let other = text.replacing("\"pinion\"", with: "\"hand\"").replacing("\"1.0\"\ncreated", with: "\"1.1\"\ncreated")
    let difference = LockfileDifference(
      from: try LockfileCodec.decode(text, path: "/srv/pylock.toml"),
      to: try LockfileCodec.decode(other, path: "/srv/pylock.toml"))
    #expect(difference.settings.map(\.name) == ["created-by", "lock-version"])
  }

  @Test(arguments: ["../../victim.txt", "/etc/passwd", "..", ".", "", "a/b.whl", "a\\u0000b"])
  func namesThatAreNone(_ name: String) {
    let source =
      "sdist = { name = \"\(name)\", url = \"https://x.example.com/a\", hashes = { sha256 = \"\(Self.sha256)\" } }"
    #expect(throws: Failure.self) { try LockfileCodec.decode(lockfile(source), path: "/srv/pylock.toml") }
  }

  @Test(arguments: ["../../../../tmp", "", "AA", String(repeating: "A", count: 64), String(repeating: "g", count: 64)])
  func hashesThatAreNone(_ sha256: String) {
    let source =
      "sdist = { name = \"a.tar.gz\", url = \"https://x.example.com/a\", hashes = { sha256 = \"\(sha256)\" } }"
    #expect(throws: Failure.self) { try LockfileCodec.decode(lockfile(source), path: "/srv/pylock.toml") }
  }

  @Test(arguments: [
    ("main", "a"), ("../../x", "a"), (String(repeating: "b", count: 40), "../x"),
    (String(repeating: "b", count: 40), "/etc"), (String(repeating: "b", count: 40), ""),
  ])
  func commitsAndDirectoriesThatAreNone(_ commit: String, _ directory: String) {
    let source =
      "vcs = { type = \"git\", url = \"https://x.example.com/a.git\", commit-id = \"\(commit)\", subdirectory = \"\(directory)\" }"
    #expect(throws: Failure.self) { try LockfileCodec.decode(lockfile(source), path: "/srv/pylock.toml") }
  }

  @Test func credentialsGoToTheNearestIndexOfAServer() throws {
    func index(_ name: String) -> PackageIndex {
      let info = UserInfo(username: Template(literal: name), password: Template(literal: "secret"))
      return PackageIndex(
        name: name, url: RemoteURL(scheme: "https", host: "x.example.com", path: "/\(name)/simple", userInfo: info))
    }
    let credentials = IndexCredentials(indexes: [index("one"), index("two")], variables: Variables([:]))
    #expect(try credentials.credentials(for: "https://x.example.com/two/simple/a/")?.username == "two")
    #expect(try credentials.credentials(for: "https://x.example.com/files/a.whl")?.username == "one")
    #expect(try credentials.credentials(for: "https://y.example.com/two/simple/a/")?.username == nil)
    #expect(try credentials.credentials(for: "http://x.example.com/two/simple/a/")?.username == nil)
    // Paths are compared component by component, and who named the file decides where that is known.
    #expect(try credentials.credentials(for: "https://x.example.com/two-b/simple/a/")?.username == "one")
    let alpha = try #require(PackageName("alpha"))
    let beta = try #require(PackageName("beta"))
    let routed = IndexCredentials(
      routes: IndexRoutes(
        indexes: [index("one")],
        options: [alpha: RequirementOptions(index: index("two").url, extraIndexes: [index("three").url])]),
      variables: Variables([:]))
    func user(_ path: String, _ name: PackageName?, _ from: String = "") throws -> String? {
      try routed.credentials(for: "https://x.example.com\(path)", of: name, from: from)?.username
    }
    #expect(try user("/one/files/alpha.whl", alpha, "https://x.example.com/two/simple") == "two")
    #expect(try user("/one/files/alpha.whl", alpha, "https://x.example.com/three/simple") == "three")
    #expect(try user("/two/files/alpha.whl", alpha) == "two")
    #expect(try user("/two/files/beta.whl", beta) == "one")
    #expect(try user("/two/files/any.whl", nil) == "two")
  }

  @Test func upgradesAreFoundByEveryName() throws {
    let alpha = try #require(PackageName("alpha"))
    let module = Module(
      name: "my_mod", section: .links, importPath: "alpha",
      requirement: .requirement(.index(IndexRequirement(name: alpha))),
      location: SourceLocation(file: "config.yml", line: 1, column: 1))
    for text in ["my_mod", "my-mod", "links.my_mod", "Alpha"] {
      let name = try #require(PackageName(text))
      let targets = try UpgradeTargets(.packages([name]), modules: [module], previous: nil)
      #expect(targets.scope == .packages([alpha]))
      #expect(targets.names([module]))
    }
    let absent = try #require(PackageName("nothing"))
    let error = try #require(throws: Failure.self) {
      try UpgradeTargets(.packages([absent]), modules: [module], previous: nil)
    }
    #expect(error.diagnostics.map(\.code) == [.usage])
  }
}
