import GitWire
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// What of a repository's history is fetched and written: all of it, or, where nobody needs it and libgit2 can, none.
@Suite struct HistoryTests {
  private func canBeShallow(_ client: GitClient) async throws -> Bool {
    guard case .abilities(let canBeShallow) = try await client.helper.perform(.abilities) else {
      throw Failure(.internal, "the helper does not say what it can")
    }
    return canBeShallow
  }

  /// libgit2 1.5 brings everything whatever is asked; from 1.7 on, history is left out, and comes when it is asked for.
  @Test func isLeftOutWhereNobodyNeedsItAndLibgit2Can() async throws {
    try await GitFixture.with { fixture in
      for number in 1...3 { try await fixture.repository.commit(["README.md": "\(number)\n"]) }
      try await fixture.repository.annotatedTag("v1", at: "main")
      try await fixture.repository.commit(["README.md": "last\n"])
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let isShallow = try await canBeShallow(client)
        for (number, reference) in ["v1", "main"].enumerated() {
          let source = fixture.remote(server, reference)
          let commit = try #require(try await client.commits(for: [source])[source]?.commit)
          let one = try fixture.emptyDirectory("one-\(number)")
          let exported = try await client.export(source, commit: commit, to: one, history: .unneeded)
          #expect(exported.hasHistory == !isShallow)
          let count = try await fixture.git(one, "rev-list", "--count", "HEAD")
          #expect(count == (isShallow ? "1" : reference == "v1" ? "4" : "5"))
          let status = try await fixture.git(one, "status", "--porcelain")
          #expect(status == "")
        }
        let source = fixture.remote(server, "main")
        let commit = try #require(try await client.commits(for: [source])[source]?.commit)
        let two = try fixture.emptyDirectory("two")
        let exported = try await client.export(source, commit: commit, to: two, history: .needed)
        #expect(exported.hasHistory && exported.time == 1_700_000_000)
        let described = try await fixture.git(two, "describe", "--tags")
        #expect(described.hasPrefix("v1-1-g"))
        // What is here whole is not fetched again without its history.
        let three = try fixture.emptyDirectory("three")
        let again = try await client.export(source, commit: commit, to: three, history: .unneeded)
        #expect(again.hasHistory && again.time == exported.time)
      }
    }
  }

  /// A server that shows a commit by none of its references, and gives none by its id, gives it with all that leads there.
  @Test(arguments: [false, true])
  func comesAfterAllWhereTheServerGivesNoCommitAlone(_ givesByID: Bool) async throws {
    try await GitFixture.with { fixture in
      let commit = try await fixture.repository.id(of: "main")
      try await fixture.repository.commit(["README.md": "Two\n"])
      if givesByID { try await fixture.repository.git("config", "uploadpack.allowAnySHA1InWant", "true") }
      let server = try GitServer.start(root: fixture.root)
      defer { server.stop() }
      try await fixture.withClient { client in
        let canBeShallow = try await canBeShallow(client)
        let source = fixture.remote(server, "main")
        let directory = try fixture.emptyDirectory()
        let exported = try await client.export(source, commit: commit, to: directory, history: .unneeded)
        #expect(exported.hasHistory == !(canBeShallow && givesByID))
        #expect(try await fixture.git(directory, "rev-parse", "HEAD") == commit)
        #expect(try await fixture.git(directory, "status", "--porcelain") == "")
      }
    }
  }
}
