import Model
import Testing

@Suite struct ResolutionInputsTests {
  private let modules = [
    Fixture.module("a", Fixture.index("alpha>=1,<2")), Fixture.module("b", Fixture.index("beta[x]==1.0")),
    Fixture.module("c", Fixture.git("git.example.com", reference: "main")), Fixture.module("d", .absent),
  ]

  private func digest(_ modules: [Module], change: (inout DesiredEnvironment) -> Void = { _ in }) throws -> String {
    var environment = Fixture.environment(modules)
    change(&environment)
    return try ResolutionInputs(environment).digest
  }

  @Test func orderAndPlaceDoNotMatter() throws {
    let first = try digest(modules)
    for _ in 0..<20 { #expect(try digest(modules.shuffled()) == first) }
    var moved = modules
    moved[0].location = SourceLocation(file: "other.yml", line: 99, column: 1)
    #expect(try digest(moved) == first)
  }

  @Test func waysOfWritingDoNotMatter() throws {
    var same = modules
    same[0].requirement = Fixture.index("Alpha <2, >=1")
    same[1].requirement = Fixture.index("beta[X] == 1.0")
    #expect(try digest(same) == digest(modules))
  }

  @Test func userInfoAndSettingsOfOtherStepsDoNotMatter() throws {
    var withToken = modules
    withToken[2].requirement = Fixture.git(
      "git.example.com", reference: "main", userInfo: UserInfo(username: Template(literal: "secret-token")))
    #expect(try digest(withToken) == digest(modules))
    #expect(try !ResolutionInputs(Fixture.environment(withToken)).lines.joined().contains("secret-token"))
    #expect(try digest(modules) { $0.verification = Verification(mode: .off) } == digest(modules))
    #expect(try digest(modules) { $0.pythonPath = ["/app"] } == digest(modules))
    #expect(try digest(modules) { $0.base = "/opt/one" } == digest(modules) { $0.base = "/opt/two" })
  }

  /// Hosts have rules of their own, and share lockfiles: these are judged by what is in them.
  @Test func rulesDoNotMatter() throws {
    let strict = try digest(modules) {
      $0.policy.pinned = .require
      $0.policy.builds = .deny
      $0.policy.impliedPackages = .deny
      $0.policy.excludeNewer = ExcludeNewer(age: 86_400)
      $0.policy.sources = SourceRules(layers: [.init(deny: [SourcePattern("x")])])
    }
    #expect(try strict == digest(modules))
  }

  @Test func everyInputMatters() throws {
    let first = try digest(modules)
    var changed = modules
    changed[0].requirement = Fixture.index("alpha>=1,<3")
    #expect(try digest(changed) != first)
    changed = modules
    changed[2].requirement = Fixture.git("git.example.com", reference: "v2")
    #expect(try digest(changed) != first)
    changed = modules
    changed[3].importPath = "other"
    #expect(try digest(changed) != first)
    #expect(try digest(Array(modules.dropLast())) != first)
    #expect(try digest(modules) { $0.python = ">=3.12" } != first)
    #expect(try digest(modules) { $0.base = "/opt/venv" } != first)
    #expect(try digest(modules) { $0.provided = [] } != first)
    let index = PackageIndex(
      name: "main", url: RemoteURL(scheme: "https", host: "index.example.com", path: "/simple"))
    #expect(try digest(modules) { $0.indexes = [index] } != first)
  }

  @Test func everyKindOfRequirementIsAnInput() throws {
    let hash = try FileHash("sha256", String(repeating: "a", count: 64))
    let url = RemoteURL(
      scheme: "https", host: "example.com", path: "/x-1.0.zip",
      userInfo: UserInfo(username: Template(literal: "s3cret")))
    let index = RemoteURL(
      scheme: "https", host: "i.example.com", path: "/simple", userInfo: UserInfo(username: Template(literal: "s3cret"))
    )
    let options = RequirementOptions(
      index: index, extraIndexes: [index], findLinks: [RemoteURL(scheme: "file", host: "", path: "/srv/wheels")],
      allowsPrereleases: true, ignoresDependencies: true, binaries: .only, hashes: [hash])
    let alpha = try #require(PackageName("alpha"))
    let kinds: [Requirement] = [
      .index(IndexRequirement(name: alpha, options: options)),
      .archive(ArchiveRequirement(url: url, subdirectory: "a", hashes: [hash])),
      .directory(DirectoryRequirement(extras: [alpha], path: "/srv/my link", subdirectory: "b")),
      .git(GitRequirement(source: GitSource(url: url, range: VersionSpecifiers(">=1,<2")))),
    ]
    let modules = kinds.enumerated().map { Fixture.module("m\($0.offset)", .requirement($0.element)) }
    let lines = try ResolutionInputs(Fixture.environment(modules)).lines.filter { $0.hasPrefix("module") }
    let digits = String(repeating: "a", count: 64)
    #expect(
      lines == [
        "module links.m0 m0 alpha --index-url https://i.example.com/simple "
          + "--extra-index-url https://i.example.com/simple --find-links file:wheels --pre --no-deps --only-binary :all: "
          + "--hash sha256:\(digits)",
        "module links.m1 m1 https://example.com/x-1.0.zip#sha256=\(digits)&subdirectory=a",
        "module links.m2 m2 [alpha] @ file:my%20link#subdirectory=b",
        "module links.m3 m3 git+https://example.com/x-1.0.zip@semver:<2,>=1",
      ])
    #expect(kinds.map(\.urls.count) == [3, 1, 0, 1])
  }

  @Test func aNeededVariableIsNamed() throws {
    let unset = Fixture.module("e", .unset([.variable("HOST", nil)]), line: 7)
    let error = try #require(throws: Failure.self) { try digest([unset]) }
    #expect(error.diagnostics.map(\.code) == [.variableUnset])
    #expect(error.diagnostics[0].message.contains("HOST"))
  }
}
