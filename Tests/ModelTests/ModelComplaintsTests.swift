import Model
import TestSupport
import Testing

/// Complaints of pure code, on record in `Snapshots`: about policy, proxies, secrets, selection, and requirements of metadata.
@Suite struct ModelComplaintsTests {
  private static func sources(allow: [String] = [], deny: [String] = []) -> SourceRules {
    SourceRules(layers: [.init(allow: allow.map { SourcePattern($0) }, deny: deny.map { SourcePattern($0) })])
  }

  private func archive(_ name: String) -> DeclaredRequirement {
    .requirement(
      .archive(ArchiveRequirement(url: RemoteURL(scheme: "https", host: "example.org", path: "/\(name)"))))
  }

  @Test func policyOverManifests() throws {
    var environment = Fixture.environment([
      Fixture.module("loose", Fixture.index("loose>=1"), line: 3),
      Fixture.module("branch", Fixture.git("git.example.com", reference: "main"), line: 4),
      Fixture.module("tag", Fixture.git("git.example.com", reference: "release"), line: 5),
      Fixture.module("archive", archive("left-pad-1.tar.gz"), line: 6),
      Fixture.module("directory", .requirement(.directory(DirectoryRequirement(path: "/srv/module"))), line: 7),
      Fixture.module("implied", .absent, line: 8),
      Fixture.module("head", Fixture.git("git.example.com"), line: 9),
      Fixture.module("heads", Fixture.git("git.example.com", reference: "refs/heads/v1"), line: 10),
      Fixture.module(
        "range",
        .requirement(
          .git(
            GitRequirement(
              source: GitSource(
                url: RemoteURL(scheme: "https", host: "git.example.com", path: "/org/repo.git"),
                range: VersionSpecifiers(">=1,<2"))))), line: 11),
      Fixture.module(
        "source",
        .requirement(
          .index(
            IndexRequirement(
              name: Fixture.name("source"), specifiers: VersionSpecifiers("==1") ?? .any,
              options: RequirementOptions(binaries: .none)))), line: 12),
      Fixture.module("overridden", Fixture.index("overridden==1"), line: 13),
    ])
    environment.overrides = [
      Constraint(
        IndexRequirement(name: Fixture.name("overridden")),
        location: SourceLocation(file: "config.yml", line: 20, column: 5))
    ]
    environment.indexes = [
      PackageIndex(
        name: "foreign", url: RemoteURL(scheme: "https", host: "foreign.example", path: "/simple"),
        location: SourceLocation(file: "config.yml", line: 2, column: 5))
    ]
    var record = ComplaintRecord()
    for implied in [PolicyLevel.warn, .deny] {
      environment.policy = Policy(for: .vconServer)
      environment.policy.impliedPackages = implied
      record.add("impliedPackages: \(implied)", environment.policy.breaches(of: environment))
    }
    environment.policy = Policy(for: .vconServer)
    environment.policy.impliedPackages = .allow
    environment.policy.pinned = .require
    environment.policy.places[.pinned] = SourceLocation(file: "host.yaml", line: 2, column: 5)
    record.add("pinned: require, of the host", environment.policy.breaches(of: environment))
    environment.policy.pinned = .off
    environment.policy.builds = .deny
    record.add("builds: deny", environment.policy.breaches(of: environment))
    environment.policy.builds = .allow
    environment.policy.sources = Self.sources(allow: ["https://git.example.com/*", "https://p.example.com/*"])
    record.add("sources: {allow: [two]}", environment.policy.breaches(of: environment))
    environment.policy.sources = Self.sources(deny: ["loo*", "https://example.org/*"])
    record.add("sources: {deny: [two]}", environment.policy.breaches(of: environment))
    environment.policy.sources.layers[0].location = SourceLocation(file: "host.yaml", line: 3, column: 5)
    record.add("sources: {deny: [two]}, of the host", environment.policy.breaches(of: environment))
    #expect(try record.isOnRecord(as: "policy-manifests", beside: #filePath))
  }

  @Test func policyOverLockfiles() throws {
    let lockfile = Fixture.lockfile(
      [
        Fixture.locked("top", "1.9", needs: ["middle", "native", "repo"]),
        Fixture.locked(
          "middle", "1.0", wheels: [], sdist: Fixture.wheel("middle-1.0.tar.gz"), needs: []),
        Fixture.locked("native", "1.0", wheels: [Fixture.wheel("native-1.0-cp39-cp39-win_amd64.whl")]),
        Fixture.git("repo", "0.1", commit: "66bf48756e72c1219d9dcfdfba7be29d1218567d"),
        LockedDistribution(
          name: Fixture.name("here"), version: "1",
          source: .directory(DirectoryPin(path: "/srv/here", subdirectory: nil, digest: "00")),
          dependencies: []),
        LockedDistribution(
          name: Fixture.name("head"), version: "1",
          source: .git(
            GitPin(
              url: "https://git.example.com/head.git", requestedRevision: nil,
              commit: "66bf48756e72c1219d9dcfdfba7be29d1218567d", subdirectory: nil, isFollowed: true)),
          dependencies: []),
        LockedDistribution(
          name: Fixture.name("young"), version: "1",
          source: .index(
            url: "https://index.example.com/simple",
            wheels: [
              LockedFile(
                name: "young-1-py3-none-any.whl", url: "https://index.example.com/young-1-py3-none-any.whl", size: 1,
                sha256: "aa", uploadTime: 1_800_000_000)
            ], sdist: nil), dependencies: []),
      ], modules: [("one", "top"), ("implied", "implied")])
    var environment = Fixture.environment([
      Fixture.module("one", Fixture.index("top"), line: 3), Fixture.module("implied", .absent, line: 4),
    ])
    var record = ComplaintRecord()
    func judge(_ title: String, _ change: (inout Policy) -> Void) {
      environment.policy = Policy(for: .vconServer)
      change(&environment.policy)
      record.add(
        title,
        environment.policy.breaches(of: lockfile, for: environment, isUsable: { $0.platformTags == ["any"] })
          + environment.policy.downgrades(from: [Fixture.name("top"): "1.10"], to: lockfile, for: environment))
    }
    judge("builds: deny") { $0.builds = .deny }
    judge("pinned: require") { $0.pinned = .require }
    judge("excludeNewer: 2026-01-31") { $0.excludeNewer = ExcludeNewer(moment: 1_769_817_600, written: "2026-01-31") }
    judge("impliedPackages: deny") { $0.impliedPackages = .deny }
    judge("downgrade: deny") { $0.downgrade = .deny }
    judge("sources: {deny: [nat*]}") { $0.sources = Self.sources(deny: ["nat*"]) }
    judge("sources: {allow: [https://index.example.com/*]}") {
      $0.sources = Self.sources(allow: ["https://index.example.com/*"])
    }
    judge("sources: {allow: [https://git.example.com/*]}") {
      $0.sources = Self.sources(allow: ["https://git.example.com/*"])
    }
    #expect(try record.isOnRecord(as: "policy-lockfiles", beside: #filePath))
  }

  @Test func proxiesAndSecrets() throws {
    var record = ComplaintRecord()
    for address in ["socks5://proxy.example.com:1080", "http://:3128", "http://proxy.example.com:port"] {
      for scheme in ["http", "https"] {
        try record.add("\(scheme.uppercased())_PROXY=\(address)") {
          _ = try ProxySettings(variables: ["\(scheme)_proxy": address])
            .proxy(scheme: scheme, host: "example.org", port: nil)
        }
      }
    }
    let place = SourceLocation(file: "pinion.yaml", line: 7, column: 9)
    for content in ["", "two\nlines"] {
      try record.add("a credential file with '\(content)'") {
        _ = try SecretValue.file(path: "/run/secrets/token", place)
          .resolved(with: Variables([:])) { _ throws(Failure) in Array(content.utf8) }
      }
    }
    try record.add("a credential out of a variable") {
      _ = try SecretValue.template(Template([.variable("TOKEN", place)]))
        .resolved(with: Variables([:])) { _ throws(Failure) in [] }
    }
    #expect(try record.isOnRecord(as: "proxies-and-secrets", beside: #filePath))
  }

  @Test func selection() throws {
    var record = ComplaintRecord()
    try record.add("no wheel for this interpreter") {
      let wheels = ["thing-1.0-cp312-cp312-win_amd64.whl", "thing-1.0-cp313-cp313-win_amd64.whl"]
      let locked = Fixture.locked("thing", "1.0", wheels: wheels.map { Fixture.wheel($0) })
      _ = try Selection(Fixture.lockfile([locked]), for: Fixture.interpreter)
    }
    #expect(try record.isOnRecord(as: "selection", beside: #filePath))
  }

  /// Requirements of metadata, where no path, no bare URL and no option may stand.
  @Test func requirements() throws {
    var text = ""
    for requirement in ["./path", "https://example.org/a.whl", "name --pre", "name[a", "name @", "name -i x", "/srv/x"]
    {
      let problem = try #require(throws: RequirementParser.Problem.self) { try RequirementParser.parse(requirement) }
      text += "\(requirement)\n\(String(repeating: " ", count: problem.offset))^\n\(problem.message)\n"
      text += "try: \(problem.hint ?? "-")\n\n"
    }
    #expect(try Snapshot("requirements-of-metadata", beside: #filePath).text(orRecord: text) == text)
  }
}
