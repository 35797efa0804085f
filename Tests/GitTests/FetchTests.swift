import GitWire
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// What of a repository comes into its mirror.
@Suite struct FetchTests {
  private static let token = "tok-3b1c9d"

  /// What a mirror knows of a commit.
  private func lookup(_ commit: String, _ source: GitSource, _ fixture: GitFixture, _ client: GitClient) async throws
    -> GitLookup
  {
    let mirror = MirrorDirectory(of: source.url, in: fixture.mirrors)
    guard case .lookup(let found) = try await client.helper.perform(.lookup(mirror: mirror.path, prefix: commit)) else {
      throw Failure(.internal, "another answer than a lookup's")
    }
    return found
  }

  /// Names and ids of the tags of a clone.
  private func tags(_ fixture: GitFixture, _ directory: String) async throws -> String {
    try await fixture.git(directory, "for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
  }

  @Test func onlyWhatLeadsToTheCommit() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let first = try await repository.id(of: "main")
      try await repository.branch("side", at: first)
      let side = try await repository.commit(["large.txt": "Large\n"], on: "side")
      try await repository.annotatedTag("side-1", at: side)
      try await repository.tag("v1", at: first)
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let main = fixture.remote(server, "main")
        try await client.export(main, commit: first, to: try fixture.emptyDirectory("one"))
        #expect(try await tags(fixture, "\(fixture.directory)/one") == "refs/tags/v1 \(first)")
        #expect(try await lookup(side, main, fixture, client) == .absent)
        // It comes when it is asked for.
        let tag = fixture.remote(server, "side-1")
        try await client.export(tag, commit: side, to: try fixture.emptyDirectory("two"))
        #expect(try await fixture.git("\(fixture.directory)/two", "describe", "--tags") == "side-1")
      }
    }
  }

  /// The tags that a clone of the same commit has, whenever and wherever they came.
  @Test(arguments: [false, true])
  func tagsAreThoseOfTheServer(_ isOnDisk: Bool) async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let first = try await repository.id(of: "main")
      try await repository.annotatedTag("v1", at: first)
      try await repository.tag("moves", at: first)
      try await repository.tag("goes", at: first)
      try await repository.tag("a", at: first)
      let second = try await repository.commit(["README.md": "Two\n"])
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let source = isOnDisk ? fixture.local("main") : fixture.remote(server, "main")
        try await client.export(source, commit: second, to: try fixture.emptyDirectory("one"))
        let all = try await repository.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
        #expect(try await tags(fixture, "\(fixture.directory)/one") == all)
        #expect(try await fixture.git("\(fixture.directory)/one", "describe", "--long").hasPrefix("v1-1-g"))

        // Later: one at a commit that is here, of both kinds; one that moved to what is not here; and some that are gone.
        try await repository.annotatedTag("v2", at: second)
        try await repository.tag("v2-light", at: second)
        try await repository.delete("refs/tags/goes")
        try await repository.delete("refs/tags/a")
        try await repository.annotatedTag("a/b", at: first)
        let elsewhere = try await repository.commit(["other.txt": "Other\n"], on: "elsewhere")
        try await repository.tag("moves", at: elsewhere)
        let third = try await repository.commit(["README.md": "Three\n"])
        try await client.export(source, commit: third, to: try fixture.emptyDirectory("two"))
        // A repository on disk is read whole.
        let kept = try await repository.git(
          "for-each-ref", "--format=%(refname) %(objectname)",
          isOnDisk ? "--sort=refname" : "--merged=refs/heads/main", "refs/tags")
        #expect(try await tags(fixture, "\(fixture.directory)/two") == kept)
        #expect(try await fixture.git("\(fixture.directory)/two", "describe", "--long").hasPrefix("v2-1-g"))

        // A tag that comes after its commit is fetched when it is asked for, and brings the others along.
        try await repository.annotatedTag("v3", at: third)
        try await repository.annotatedTag("v3-too", at: third)
        var tag = source
        tag.reference = "v3"
        try await client.export(tag, commit: third, to: try fixture.emptyDirectory("three"))
        let now = try await tags(fixture, "\(fixture.directory)/three")
        #expect(now.contains("refs/tags/v3 ") && now.contains("refs/tags/v3-too "))
      }
    }
  }

  @Test func aCommitThatItsBranchHasLeftBehindComesByTheBranch() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let first = try await repository.id(of: "main")
      let second = try await repository.commit(["README.md": "Two\n"])
      try await repository.branch("side", at: first)
      let side = try await repository.commit(["side.txt": "Side\n"], on: "side")
      let log = "\(fixture.directory)/log"
      let server = try GitServer.start(root: fixture.root, log: log)
      defer { server.stop() }
      for (number, reference) in ["main", nil].enumerated() {
        try await fixture.withClient { client in
          let source = fixture.remote(server, reference)
          try await client.export(source, commit: first, to: try fixture.emptyDirectory("\(number)"))
          #expect(try await lookup(second, source, fixture, client) == .present(commit: second))
          #expect(try await lookup(side, source, fixture, client) == .absent)
        }
        try Files.remove(fixture.mirrors)
      }
      let lines = try await fixture.output(of: "cat", [log]).text.split(separator: "\n")
      #expect(lines.count == 4, "each time one list and one pack: \(lines)")
    }
  }

  @Test func aCommitOfAnotherBranchThanTheOneThatWasAskedForIsFoundInTheEnd() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let first = try await repository.id(of: "main")
      try await repository.branch("side", at: first)
      let middle = try await repository.commit(["side.txt": "Side\n"], on: "side")
      try await repository.commit(["side.txt": "Side again\n"], on: "side")
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        for (number, reference) in ["main", "gone", middle].enumerated() {
          let source = fixture.remote(server, reference)
          try await client.export(source, commit: middle, to: try fixture.emptyDirectory("\(number)"))
          #expect(Files.exists("\(fixture.directory)/\(number)/side.txt"))
          try Files.remove(fixture.mirrors)
        }
      }
    }
  }

  /// Each of several connections to one server is asked for the credentials.
  @Test func aCommitComesByItsIdAlsoWithCredentials() async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let commit = try await repository.commit(["gone.txt": "Gone\n"], on: "work")
      try await repository.delete("refs/heads/work")
      try await repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        let source = fixture.remote(server, "main", token: .variable("TOKEN"))
        try await client.export(source, commit: commit, to: try fixture.emptyDirectory())
        #expect(Files.exists("\(fixture.directory)/export/gone.txt"))
      }
    }
  }

  /// A locked commit that is here is built without its server, whatever became of its branch or tag there.
  @Test(arguments: ["topic", "v1", "refs/pull/7/head"])
  func whatIsHereNeedsNoServerThoughItsReferenceIsGone(_ reference: String) async throws {
    try await GitFixture.with { fixture in
      let repository = fixture.repository
      let name = ["topic": "refs/heads/topic", "v1": "refs/tags/v1"][reference] ?? reference
      try await repository.branch("topic", at: "main")
      let commit = try await repository.commit(["topic.txt": "Topic\n"], on: "topic")
      if name != "refs/heads/topic" {
        try await repository.git("update-ref", name, commit)
        try await repository.delete("refs/heads/topic")
      }
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let source = fixture.remote(server, reference)
        try await client.export(source, commit: commit, to: try fixture.emptyDirectory("one"))
        // It goes, and a later fetch sees that.
        try await repository.delete(name)
        let main = try await repository.commit(["README.md": "Two\n"])
        try await client.export(fixture.remote(server, "main"), commit: main, to: try fixture.emptyDirectory("two"))
        // Where it was gone before the mirror was asked for it, it is asked for once.
        let other = fixture.remote(server, "another")
        try await client.export(other, commit: commit, to: try fixture.emptyDirectory("three"))
        if reference == "v1" {
          try await client.export(source, commit: commit, to: try fixture.emptyDirectory("four"))
        }
        server.stop()
        for (number, source) in [source, other].enumerated() {
          try await client.export(source, commit: commit, to: try fixture.emptyDirectory("last-\(number)"))
          #expect(Files.exists("\(fixture.directory)/last-\(number)/topic.txt"))
        }
      }
    }
  }
}
