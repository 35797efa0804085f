import GitWire
import Model
import TestSupport
import Testing

@testable import Git

@Suite struct ReferenceTests {
  private static let token = "tok-5c7e0d2b91"

  @Test func resolvesEveryKindOfReferenceOverHTTP() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let first = try await repository.id(of: "main")
      try await repository.tag("light", at: first)
      try await repository.annotatedTag("v1.0", at: first)
      let second = try await repository.commit(["README.md": "Two\n"])
      try await repository.branch("topic/one", at: first)
      try await repository.git("update-ref", "refs/pull/7/head", second)
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      let expected: [String?: ResolvedReference] = [
        nil: ResolvedReference(commit: second, isFollowed: true),
        "HEAD": ResolvedReference(commit: second, isFollowed: true),
        "main": ResolvedReference(commit: second, isFollowed: true),
        "topic/one": ResolvedReference(commit: first, isFollowed: true),
        "refs/heads/main": ResolvedReference(commit: second, isFollowed: true),
        "refs/pull/7/head": ResolvedReference(commit: second, isFollowed: true),
        "light": ResolvedReference(commit: first, isFollowed: false),
        "v1.0": ResolvedReference(commit: first, isFollowed: false),
        "refs/tags/v1.0": ResolvedReference(commit: first, isFollowed: false),
        first: ResolvedReference(commit: first, isFollowed: false),
        String(first.prefix(8)): ResolvedReference(commit: first, isFollowed: false),
      ]
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        let sources = expected.keys.map { fixture.remote(server, $0, token: .variable("TOKEN")) }
        let commits = try await client.commits(for: sources)
        #expect(commits.count == expected.count)
        for source in sources { #expect(commits[source] == expected[source.reference], "\(source)") }

        let third = try await repository.commit(["README.md": "Three\n"])
        let main = fixture.remote(server, "main", token: .variable("TOKEN"))
        #expect(try await client.commits(for: [main])[main]?.commit == third)
      }
    }
  }

  @Test func aRangeFollowsTheNewestTag() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let first = try await repository.id(of: "main")
      try await repository.annotatedTag("v1.2.0", at: first)
      let second = try await repository.commit(["README.md": "Two\n"])
      try await repository.tag("v2.0", at: second)
      let url = fixture.local().url
      let range = GitSource(url: url, range: VersionSpecifiers(">=1.2,<2"))
      let absent = GitSource(url: url, range: VersionSpecifiers(">=3"))
      try await fixture.withClient { client in
        let before = try await client.commits(for: [range])
        #expect(before[range] == ResolvedReference(commit: first, isFollowed: true))
        try await client.export(range, commit: first, to: try fixture.emptyDirectory())
        let failure = try await failure { _ = try await client.commits(for: [absent]) }
        #expect(failure.diagnostics.map(\.code) == [.gitReferenceAbsent])
        #expect(failure.diagnostics[0].message == "no tag of the repository is a version in the range >=3")
        #expect(failure.diagnostics[0].cause == "the newest are v2.0, v1.2.0")
        try await repository.tag("1.10", at: second)
        #expect(try await client.commits(for: [range])[range]?.commit == second)
      }
    }
  }

  @Test func asksEachRepositoryOnce() async throws {
    try await GitFixture.with { fixture in
      let log = "\(fixture.directory)/log"
      let server = try GitServer.start(root: fixture.root, log: log)
      defer { server.stop() }
      try await fixture.repository.tag("v1", at: "main")
      try await fixture.withClient { client in
        _ = try await client.commits(for: ["main", "v1", nil].map { fixture.remote(server, $0) })
      }
      let lines = try await fixture.output(of: "cat", [log]).text.split(separator: "\n")
      #expect(lines == ["GET /link.git/info/refs?service=git-upload-pack without-credentials"])
    }
  }

  @Test func aFullCommitNeedsNoServerAndNoToken() async throws {
    try await GitFixture.with { fixture in
      let commit = String(repeating: "0a", count: 20)
      let url = RemoteURL(
        scheme: "https", host: "nowhere.invalid", path: "/x", userInfo: UserInfo(username: .variable("UNSET")))
      let source = GitSource(url: url, reference: commit)
      try await fixture.withClient { client in
        let commits = try await client.commits(for: [source])
        #expect(commits == [source: ResolvedReference(commit: commit, isFollowed: false)])
        #expect(client.helperProcessIDs.isEmpty)
      }
    }
  }

  @Test func readsARepositoryOnDisk() async throws {
    try await GitFixture.with { fixture in
      try await fixture.withClient { client in
        let source = fixture.local("main")
        let commit = try await fixture.repository.id(of: "main")
        #expect(try await client.commits(for: [source])[source]?.commit == commit)
      }
    }
  }

  @Test func reportsEverythingThatIsWrongAtOnce() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      try await repository.branch("both", at: "main")
      try await repository.tag("both", at: "main")
      try await repository.tag("v1.2.3", at: "main")
      _ = try await GitRepository.create("\(fixture.root)/empty.git")
      let sources = [
        fixture.local("both"), fixture.local("v1.2.4"), fixture.local("0123456"), fixture.local("main"),
        fixture.local(repository: "empty.git"), fixture.local(repository: "absent.git"),
        GitSource(
          url: RemoteURL(scheme: "http", host: "a.invalid", path: "/", userInfo: UserInfo(username: .variable("UNSET")))
        ),
        GitSource(url: RemoteURL(scheme: "ftp", host: "example.com", path: "/x")),
      ]
      try await fixture.withClient { client in
        let failure = try await failure { _ = try await client.commits(for: sources) }
        let found = failure.diagnostics
        #expect(
          found.map(\.code) == [
            .gitReferenceAbsent, .gitReferenceAbsent, .gitReferenceAbsent, .gitReferenceAbsent, .gitFailed,
            .variableUnset, .requirementInvalid,
          ])
        let place = Place.url("file://\(fixture.root)/link.git")
        #expect(found.prefix(3).allSatisfy { $0.place == place })
        #expect(found[0].hint == "write @refs/heads/both for the branch, or @refs/tags/both for the tag")
        #expect(found[1].message == "there is no branch, tag or commit 'v1.2.4' in the repository")
        #expect(found[1].cause == "it has 2 branches and 2 tags")
        #expect(found[1].hint == "did you mean 'v1.2.3'?")
        #expect(found[2].message == "there is no branch, tag or commit '0123456' in the repository")
        #expect(found[3].message == "the repository is empty")
        #expect(found[4].message == "there is no such repository")
      }
    }
  }

  @Test func anAbbreviationThatTwoCommitsShareIsAnError() async throws {
    try await GitFixture.with { fixture in
      // 300 commits make a shared beginning of four characters near certain, but ids that short are not taken: the
      // mirror is asked directly.
      var stream = ""
      for index in 0..<700 {
        stream += "commit refs/heads/many\ncommitter A <a@example.com> \(1_700_000_000 + index) +0000\ndata 1\nx\n"
      }
      try await fixture.repository.git("fast-import", "--quiet", input: stream)
      let ids = try await fixture.repository.git("rev-list", "many").split(separator: "\n").map(String.init)
      let byPrefix = Dictionary(grouping: ids) { $0.prefix(4) }
      let shared = try #require(byPrefix.first { $0.value.count > 1 }?.key)
      let alone = try #require(byPrefix.first { $0.value.count == 1 })
      let helper = Helper(path: GitFixture.helper, environment: [:])
      defer { helper.shutdown() }
      let mirror = fixture.repository.path
      guard case .lookup(let many) = try await helper.perform(.lookup(mirror: mirror, prefix: String(shared))),
        case .lookup(let one) = try await helper.perform(.lookup(mirror: mirror, prefix: String(alone.key)))
      else {
        Issue.record("another answer than a lookup's")
        return
      }
      #expect(many == .ambiguous)
      #expect(one == .present(commit: alone.value[0]))
    }
  }
}
