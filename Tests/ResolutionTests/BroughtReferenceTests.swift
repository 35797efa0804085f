import Model
import TestSupport
import Testing

@testable import Resolution

@Suite("What modules bring along by direct references of their own")
struct BroughtReferenceTests {
  private func git(_ name: String, _ reference: String? = nil, host: String = "git.example.com") -> GitSource {
    GitSource(url: RemoteURL(scheme: "https", host: host, path: "/\(name).git"), reference: reference)
  }

  private func url(_ name: String, _ reference: String = "") -> String {
    "git+https://git.example.com/\(name).git\(reference)"
  }

  /// A module that was found, with what it requires.
  private func module(_ source: DirectSource, _ name: String, _ requires: [String] = []) throws -> DirectModule {
    let lines = requires.map { "Requires-Dist: \($0)\n" }.joined()
    return DirectModule(
      source: source, extras: [], ignoresDependencies: false,
      pin: .git(
        GitPin(
          url: "https://git.example.com/\(name).git", requestedRevision: nil, commit: Digest.sha256(source.description),
          subdirectory: nil, isFollowed: false)), wheel: "/srv/\(name)-1.0-py3-none-any.whl",
      metadata: try #require(DistributionMetadata("Name: \(name)\nVersion: 1.0\n\(lines)\n")))
  }

  private func brought(
    _ bench: ResolutionBench, _ answers: ModuleAnswers, rules: GitRules = GitRules(),
    policy: Policy = Policy(for: .moduleSet), decided: Set<PackageName> = []
  ) -> BroughtReferences {
    BroughtReferences(
      answers: answers, markers: bench.interpreter.markers, rules: rules, policy: policy,
      reading: ResolutionBench.References(), decided: decided)
  }

  private func answers(_ bench: ResolutionBench, _ names: String...) async throws -> ModuleAnswers {
    try await bench.answers(names.map { ($0, .git(GitRequirement(source: git($0)))) })
  }

  private func name(_ text: String) throws -> PackageName { try #require(PackageName(text)) }

  @Test func theyAreFollowedThroughEachOther() async throws {
    try await ResolutionBench.with { bench in
      let answers = try await answers(bench, "a", "b")
      let (a, b, c) = (DirectSource.git(git("a")), DirectSource.git(git("b")), DirectSource.git(git("c", "v1")))
      var found = [a: try module(a, "a", ["c @ \(url("c", "@v1"))"]), b: try module(b, "b", ["c[x]", "e"])]
      let brought = brought(bench, answers)
      let first = try brought.follow(found)
      #expect(Set(first.requests.keys) == [a, b, c])
      #expect(first.requests[c]?.modules.map(\.label) == ["links.a"])
      // What an extra of it needs is known once somebody asks for the extra, by name or by place; a circle ends.
      found[c] = try module(c, "c", ["d @ \(url("d")) ; extra == 'x'", "a[y] @ \(url("a", "@elsewhere"))", "c[z]"])
      let second = try brought.follow(found)
      #expect(Set(second.requests.keys) == [a, b, c, .git(git("d"))])
      #expect(second.extras[try name("c")] == [try name("x"), try name("z")])
      #expect(second.extras[try name("a")] == [try name("y")])
      #expect(second.requests[.git(git("d"))]?.bringers == [try name("c")])
    }
  }

  @Test func whoGoesBeforeThem() async throws {
    try await ResolutionBench.with { bench in
      let source = DirectSource.git(git("a"))
      let found = [source: try module(source, "a", ["c @ \(url("c"))", "d @ \(url("d"))"])]
      let answers = try await bench.answers([
        ("a", .git(GitRequirement(source: git("a")))), ("d", .index(IndexRequirement(name: try name("d")))),
      ])
      let outcome = try brought(bench, answers, decided: [try name("c")]).follow(found)
      #expect(Set(outcome.requests.keys) == [source])
      var question = ResolutionQuestion(
        bench.environment([]), answers: answers, interpreter: bench.interpreter,
        base: BaseEnvironment(
          path: "/opt/venv", interpreter: bench.interpreter, siteDirectories: [],
          distributions: [
            BaseDistribution(
              name: try name("c"), version: "2.0", metadata: "", isDirect: false, scripts: [:], topLevel: [])
          ]))
      question.add([try name("a"): try #require(found[source])], answers: answers)
      #expect(question.overrides == ["c==2.0", "d"])
    }
  }

  @Test func credentialsAndRulesAreThoseOfThePlace() async throws {
    try await ResolutionBench.with { bench in
      let source = DirectSource.git(git("a"))
      let found = [source: try module(source, "a", ["c @ \(url("c"))", "d @ git+https://other.example.org/d.git"])]
      let place = SourceLocation(file: "config.yml", line: 9, column: 9)
      let credential = GitCredential(
        host: Glob("git.example.com"), pathPrefix: "", kind: .token(.template(Template([.variable("TOKEN", place)]))),
        location: place)
      let rules = GitRules(credentials: [credential])
      let outcome = try brought(bench, try await answers(bench, "a"), rules: rules).follow(found)
      var credentials: [String: GitCredential?] = [:]
      for case .git(let found) in outcome.requests.keys { credentials[found.url.path] = found.credential }
      #expect(credentials["/c.git"] == .some(credential))
      #expect(credentials["/d.git"] == .some(nil))
    }
  }

  @Test func complaints() async throws {
    try await ResolutionBench.with { bench in
      let answers = try await answers(bench, "a", "b")
      let (a, b) = (DirectSource.git(git("a")), DirectSource.git(git("b")))
      let place = SourceLocation(file: "config.yml", line: 20, column: 5)
      var rules = GitRules(sourcesPlace: place)
      rules.sources = SourceRules(layers: [
        .init(deny: [SourcePattern("git+https://git.example.com/c.git"), SourcePattern("left-*")])
      ])
      var record = ComplaintRecord()
      func follow(_ title: String, _ requires: String, policy: Policy = Policy(for: .moduleSet)) throws {
        try record.add(title) {
          _ = try brought(bench, answers, rules: rules, policy: policy).follow([a: try module(a, "a", [requires])])
        }
      }
      try follow("a place that cannot be read", "c @ nonsense")
      try follow("this machine's disk", "c @ file:///srv/c.zip")
      try follow("a repository that is forbidden", "c @ \(url("c"))")
      try follow("a name that is forbidden", "left-pad @ \(url("pad"))")
      var policy = Policy(for: .moduleSet)
      policy.builds = .deny
      try follow("a build where none may be", "d @ \(url("d"))", policy: policy)
      try record.add("more than anybody means") {
        let many = (0...BroughtReferences.limit).map { "c\($0) @ \(url("c\($0)"))" }
        _ = try brought(bench, answers).follow([a: try module(a, "a", many)])
      }
      let (one, two) = (DirectSource.git(git("c", "v1")), DirectSource.git(git("c", "v2")))
      try record.add("two modules bring two references of one repository along") {
        let found = [
          a: try module(a, "a", ["c @ \(url("c", "@v1"))"]), b: try module(b, "b", ["c @ \(url("c", "@v2"))"]),
          one: try module(one, "c"), two: try module(two, "c"),
        ]
        let followed = try brought(bench, answers).follow(found)
        _ = try DirectModules.byName(DirectModules.Outcome(modules: found, requests: followed.requests))
      }
      try record.add("a place that holds something else") {
        let request = DirectRequest(
          source: one, modules: answers.directRequests[a]?.modules ?? [], bringers: [try name("a")], name: try name("c")
        )
        try bench.direct().checkNames(
          request, try #require(DistributionMetadata("Name: other\nVersion: 1.0\n")))
      }
      #expect(try record.isOnRecord(as: "brought", beside: #filePath, replacing: bench.replacing()))
    }
  }

  /// Over ssh a URL shows the user `git`, and the lockfile has it as well.
  @Test(arguments: ["git", "deploy"])
  func aRepositoryOverSSHIsFoundAgain(user: String) throws {
    let source = GitSource(
      url: RemoteURL(
        scheme: "ssh", host: "git.example.com", path: "/c.git",
        userInfo: UserInfo(username: Template(literal: user))), reference: "v1")
    let pin = GitPin(
      url: source.lockedURL, requestedRevision: "v1", commit: String(repeating: "b", count: 40), subdirectory: nil,
      isFollowed: false)
    #expect(pin.url == "ssh://\(user)@git.example.com/c.git")
    let locked = LockedDistribution(name: try name("c"), version: "1", source: .git(pin), dependencies: [])
    let previous = Lockfile(
      requiresPython: nil, distributions: [locked], inputsDigest: "x", modules: [], baseNeeds: [])
    #expect(GitPins(previous: previous).pin(of: source) == pin)
  }

  @Test func whatIsLockedStays() async throws {
    try await ResolutionBench.with { bench in
      let source = git("c", "main")
      let old = String(repeating: "b", count: 40)
      let pin = GitPin(
        url: source.url.description, requestedRevision: "main", commit: old, subdirectory: nil, isFollowed: true)
      let previous = Lockfile(
        requiresPython: nil,
        distributions: [LockedDistribution(name: try name("c"), version: "1", source: .git(pin), dependencies: [])],
        inputsDigest: "x", modules: [], baseNeeds: [])
      let now = ResolvedReference(commit: String(repeating: "c", count: 40), isFollowed: true)
      let module = try #require(try await answers(bench, "a").directRequests.values.first?.modules.first)
      let request = DirectRequest(
        source: .git(source), modules: [module], bringers: [try name("a")], name: try name("c"))
      let direct = bench.direct(ResolutionBench.Repositories(commits: [source: now]))
      func commit(_ scope: UpgradeScope, settled: Set<PackageName>) async throws -> String? {
        let upgrade = try UpgradeTargets(scope, modules: [module], previous: previous)
        let found = try await direct.references(
          [request], pins: DirectPins(previous: previous), upgrade: upgrade, settled: settled)
        return found.references[source]?.commit
      }
      let a = try name("a")
      // As long as what brings it is what it was, and nobody says otherwise.
      #expect(try await commit(.none, settled: [a]) == old)
      #expect(try await commit(.allPackages, settled: [a]) == old)
      #expect(try await commit(.none, settled: []) == now.commit)
      #expect(try await commit(.all, settled: [a]) == now.commit)
      // By the module's name, or by its own.
      #expect(try await commit(.packages([a]), settled: [a]) == now.commit)
      #expect(try await commit(.packages([try name("c")]), settled: [a]) == now.commit)
    }
  }
}
