import Model
import Testing

@Suite struct PolicyBreachTests {
  private func place(_ line: Int) -> Model.SourceLocation { SourceLocation(file: "m.yaml", line: line, column: 3) }

  private func environment(
    _ requirements: [Requirement?], kind: DesiredEnvironment.Kind = .moduleSet, _ change: (inout Policy) -> Void
  ) -> DesiredEnvironment {
    var environment = DesiredEnvironment(name: "e", kind: kind, location: place(1), directory: "/srv/app")
    for (number, requirement) in requirements.enumerated() {
      environment.modules.append(
        Module(
          name: "m\(number)", section: .links, importPath: "m\(number)",
          requirement: requirement.map { .requirement($0) } ?? .absent, location: place(number + 10)))
    }
    change(&environment.policy)
    return environment
  }

  private func index(_ text: String) throws -> Requirement {
    let parsed = try RequirementParser.parse(text)
    return .index(IndexRequirement(name: parsed.name, specifiers: parsed.specifiers, marker: parsed.marker))
  }

  private func git(_ reference: String?) -> Requirement {
    .git(
      GitRequirement(
        source: GitSource(
          url: RemoteURL(scheme: "https", host: "github.com", path: "/acme/r.git"), reference: reference)))
  }

  @Test(
    arguments: [
      ("a", "error"), ("a>=1,<2", "error"), ("a==1.*", "error"), ("a==1.2", nil), ("a===1.2", nil), ("a>=1,==1.2", nil),
      ("a~=1.2", "error"),
    ] as [(String, String?)])
  func pinsNameOneVersion(text: String, severity: String?) throws {
    let environment = environment([try index(text)]) { $0.pinned = .require }
    #expect(environment.policy.breaches(of: environment).first?.severity.rawValue == severity)
  }

  @Test(
    arguments: [
      (nil, "error"), ("HEAD", "error"), ("main", "error"), ("refs/heads/v1.0", "error"), ("feature/login", "warning"),
      ("release", "warning"), ("v1.2.3", nil), ("2024.1", nil), ("refs/tags/release", nil), ("deadbeef", nil),
      ("66bf48756e72c1219d9dcfdfba7be29d1218567d", nil), ("dead", "warning"),
    ] as [(String?, String?)])
  func pinsNameATagOrACommit(reference: String?, severity: String?) {
    let environment = environment([git(reference)]) { $0.pinned = .require }
    #expect(environment.policy.breaches(of: environment).first?.severity.rawValue == severity)
  }

  @Test func constraintsPinToo() throws {
    var environment = environment([try index("a"), try index("b")]) { $0.pinned = .require }
    for text in ["a==1", "b<2"] {
      let parsed = try RequirementParser.parse(text)
      environment.constraints.append(
        Constraint(IndexRequirement(name: parsed.name, specifiers: parsed.specifiers), location: place(5)))
    }
    #expect(
      environment.policy.breaches(of: environment).map(\.message) == [
        "links.m1 is not pinned: b names no version"
      ])
  }

  /// What an override says takes the place of what the entry says.
  @Test(arguments: [
    ("a==1", ["a"], [], true), ("a==1", ["a>=1"], [], true), ("a", ["a==1"], [], false), ("a==1", ["a==2"], [], false),
    ("a==1", ["b"], [], false), ("a", ["b==1"], [], true), ("a==1", ["a"], ["a==1"], false),
    ("a==1", ["a; python_version > '3'"], [], true), ("a", ["a==1; python_version > '3'"], [], true),
    ("a==1", ["a==1; python_version > '3'"], [], false), ("a", [], ["a==1; python_version > '3'"], true),
  ])
  func overridesDecide(entry: String, overrides: [String], constraints: [String], isLoose: Bool) throws {
    func bounds(_ texts: [String]) throws -> [Constraint] {
      try texts.map { text in
        let parsed = try RequirementParser.parse(text)
        return Constraint(
          IndexRequirement(name: parsed.name, specifiers: parsed.specifiers, marker: parsed.marker), location: place(5))
      }
    }
    var environment = environment([try index(entry)]) { $0.pinned = .require }
    environment.overrides = try bounds(overrides)
    environment.constraints = try bounds(constraints)
    #expect(environment.policy.breaches(of: environment).isEmpty != isLoose)
  }

  /// Of a lockfile's files those are judged that an installation may take.
  @Test(
    arguments: [
      (100, 99, [String]()), (99, 99, []), (98, 99, ["top"]), (100, nil, ["top"]),
    ] as [(Int, Int?, [String])])
  func agesAreHeldAgainstLockfiles(limit: Int, time: Int?, expected: [String]) throws {
    func file(_ name: String, _ time: Int?) -> LockedFile {
      LockedFile(name: name, url: "https://p.example.com/\(name)", size: nil, sha256: "00", uploadTime: time)
    }
    let lockfile = lockfile([
      try locked(
        "top", "1",
        .index(
          url: "https://p.example.com",
          wheels: [file("top-1-py3-none-any.whl", time), file("top-1-cp39-cp39-win_amd64.whl", 500)],
          sdist: file("top-1.tar.gz", 500)))
    ])
    func names(_ limit: ExcludeNewer) throws -> [String] {
      let environment = environment([try index("top")]) { $0.excludeNewer = limit }
      return environment.policy.breaches(
        of: lockfile, for: environment, now: 1_000, isUsable: { $0.platformTags == ["any"] }
      ).map { String($0.message.prefix { $0 != " " }) }
    }
    #expect(try names(ExcludeNewer(moment: limit)) == expected)
    #expect(try names(ExcludeNewer(age: 1_000 - limit)) == expected)
  }

  @Test func eachBreachNamesEntryRuleAndWayOut() throws {
    let archive = ArchiveRequirement(
      name: PackageName("left-pad"), url: RemoteURL(scheme: "https", host: "evil.example", path: "/left-pad-1.tar.gz"))
    let environment = environment([git("main"), try index("b"), .archive(archive), nil]) {
      $0.pinned = .warn
      $0.builds = .deny
      $0.sources = SourceRules(layers: [
        .init(
          allow: [SourcePattern("https://github.com/other/*")],
          deny: [SourcePattern("left-*", location: SourceLocation(file: "host.yaml", line: 3, column: 9))])
      ])
      $0.places[.builds] = SourceLocation(file: "host.yaml", line: 2, column: 5)
    }
    let said = environment.policy.breaches(of: environment).map { breach in
      let line = if case .source(let location, _) = breach.place { "\(location)" } else { "-" }
      return
        "\(line): \(breach.severity) \(breach.code): \(breach.message)\n  \(breach.cause ?? "-")\n  \(breach.hint ?? "-")"
    }
    #expect(
      said.joined(separator: "\n") == """
        m.yaml:10:3: warning policyDenied: links.m0 is not pinned: the branch 'main' moves
          the rule is `policy.pinned: warn`, the default for manifests of this kind
          name a tag or a commit, as in '@v1.2.3'
        m.yaml:10:3: error policyDenied: links.m0 comes from https://github.com/acme/r.git, which none of the allowed \
        patterns fits: 'https://github.com/other/*'
          the rule is `policy.sources`, the default for manifests of this kind
          take it from an allowed source, or have a pattern for it added to `policy.sources.allow`
        m.yaml:10:3: error policyDenied: links.m0 would have to be built from a git repository
          the rule is `policy.builds: deny` at host.yaml:2:5
          build its wheel elsewhere, publish it, and name that; or let it be built with `policy.builds: allow`
        m.yaml:11:3: warning policyDenied: links.m1 is not pinned: b names no version
          the rule is `policy.pinned: warn`, the default for manifests of this kind
          write one version, as in 'b==1.2.3'; `pinion lock` shows which one it is now
        m.yaml:12:3: error policyDenied: links.m2 installs left-pad, which 'left-*' forbids (host.yaml:3:9)
          the rule is `policy.sources`, the default for manifests of this kind
          take it from elsewhere, or have the pattern taken out of `policy.sources.deny`
        m.yaml:12:3: error policyDenied: links.m2 comes from https://evil.example/left-pad-1.tar.gz, which none of the \
        allowed patterns fits: 'https://github.com/other/*'
          the rule is `policy.sources`, the default for manifests of this kind
          take it from an allowed source, or have a pattern for it added to `policy.sources.allow`
        m.yaml:12:3: error policyDenied: links.m2 would have to be built from a source archive
          the rule is `policy.builds: deny` at host.yaml:2:5
          build its wheel elsewhere, publish it, and name that; or let it be built with `policy.builds: allow`
        m.yaml:13:3: warning policyDenied: links.m3 has no pip_name, and a package is not implied
          the rule is `policy.impliedPackages: deny`, the default for manifests of this kind
          write 'pip_name: m3', or list the module under `provided` if the application brings it
        """)
  }

  // MARK: lockfiles

  private func file(_ name: String, _ host: String = "files.example.com") -> LockedFile {
    LockedFile(name: name, url: "https://\(host)/\(name)", size: nil, sha256: String(repeating: "0", count: 64))
  }

  private func locked(_ name: String, _ version: String, _ source: LockedDistribution.Source, needs: [String] = [])
    throws
    -> LockedDistribution
  {
    LockedDistribution(
      name: try #require(PackageName(name)), version: version, source: source,
      dependencies: needs.compactMap { PackageName($0) })
  }

  private func lockfile(_ distributions: [LockedDistribution]) -> Lockfile {
    let module = LockedModule(
      name: "m0", section: .links, importPath: "m0", requirement: "top", distribution: PackageName("top"),
      answer: .distribution)
    return Lockfile(
      requiresPython: nil, distributions: distributions, inputsDigest: "", modules: [module], baseNeeds: [])
  }

  private func lockfile() throws -> Lockfile {
    let url = "https://p.example.com/simple"
    let pin = GitPin(
      url: "https://github.com/acme/r.git", requestedRevision: "main",
      commit: "66bf48756e72c1219d9dcfdfba7be29d1218567d", subdirectory: nil, isFollowed: true)
    return lockfile([
      try locked(
        "top", "2.0", .index(url: url, wheels: [file("top-2.0-py3-none-any.whl")], sdist: nil),
        needs: ["middle", "repo"]),
      try locked(
        "middle", "1.0", .index(url: url, wheels: [], sdist: file("middle-1.0.tar.gz", "bad.example")),
        needs: ["native"]),
      try locked(
        "native", "1.0",
        .index(url: "https://q.example.com/simple", wheels: [file("native-1.0-cp39-cp39-win_amd64.whl")], sdist: nil)),
      try locked("repo", "0.1", .git(pin)),
    ])
  }

  @Test(arguments: [
    ("builds", ["middle 1.0", "repo 0.1"]), ("buildsHere", ["middle 1.0", "native 1.0", "repo 0.1"]),
    ("names", ["native 1.0"]), ("index", ["native 1.0", "repo 0.1"]), ("files", ["middle 1.0"]), ("git", ["repo 0.1"]),
    ("pinned", ["repo 0.1"]), ("nothing", []),
  ])
  func lockfilesAreJudgedWhole(rule: String, expected: [String]) throws {
    func sources(allow: [String] = [], deny: [String] = []) -> SourceRules {
      SourceRules(layers: [.init(allow: allow.map { SourcePattern($0) }, deny: deny.map { SourcePattern($0) })])
    }
    let environment = environment([try index("top")]) { policy in
      switch rule {
      case "builds", "buildsHere": policy.builds = .deny
      case "names": policy.sources = sources(deny: ["nat*"])
      case "index": policy.sources = sources(allow: ["https://p.example.com/*"])
      case "files": policy.sources = sources(deny: ["https://bad.example/*"])
      case "git": policy.sources = sources(allow: ["git+https://github.com/other/*"])
      case "pinned": policy.pinned = .require
      default: break
      }
    }
    let breaches = environment.policy.breaches(
      of: try lockfile(), for: environment,
      isUsable: rule == "buildsHere" ? { $0.platformTags == ["any"] } : nil)
    let subjects = breaches.map { breach in
      String(breach.message.prefix { $0 != "(" }.dropLast())
    }
    #expect(subjects == expected)
    // Whoever needs it is named, and where that stands.
    #expect(breaches.allSatisfy { $0.message.contains("(needed by links.m0)") && $0.severity == .error })
    #expect(breaches.allSatisfy { $0.place == .source(place(10), excerpt: nil) && $0.hint != nil })
  }

  @Test func downgradesAreFound() throws {
    let url = "https://p.example.com/simple"
    func lockfile(_ versions: [String: String]) throws -> Lockfile {
      self.lockfile(
        try versions.sorted { $0.key < $1.key }.map {
          try locked($0.key, $0.value, .index(url: url, wheels: [], sdist: nil))
        })
    }
    let before = try lockfile(["top": "1.10", "same": "1.0", "up": "1.0rc1", "gone": "3", "odd": "1.0"])
    let after = try lockfile(["top": "1.9", "same": "1.0.0", "up": "1.0", "new": "1", "odd": "1.0.dev1"])
    let environment = environment([try index("top")]) { $0.downgrade = .deny }
    #expect(
      environment.policy.downgrades(from: before, to: after, for: environment).map(\.message) == [
        "odd 1.0.dev1: it would go back from 1.0", "top 1.9 (needed by links.m0): it would go back from 1.10",
      ])
    let lenient = self.environment([]) { _ in }
    #expect(lenient.policy.downgrades(from: before, to: after, for: lenient).isEmpty)
  }

  @Test func relativeRepositoriesAreLookedAtWhereTheyAre() throws {
    let pin = GitPin(
      url: "file:../git/r.git", requestedRevision: nil, commit: String(repeating: "a", count: 40), subdirectory: nil,
      isFollowed: false)
    let lockfile = lockfile([try locked("repo", "1", .git(pin))])
    for (pattern, expected) in [("file:///srv/git/*", 0), ("file:///srv/app/*", 1)] {
      let environment = environment([]) {
        $0.sources = SourceRules(layers: [.init(allow: [SourcePattern(pattern)])])
      }
      #expect(environment.policy.breaches(of: lockfile, for: environment).count == expected)
    }
  }
}
