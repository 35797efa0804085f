import Model
import Platform
import TestSupport
import Testing

@testable import Git

@Suite struct CredentialTests {
  private static let token = "tok-91d3f7aa04"

  private func log(_ fixture: GitFixture) async throws -> [Substring] {
    try await fixture.output(of: "cat", ["\(fixture.directory)/log"]).text.split(separator: "\n")
  }

  @Test(arguments: [
    UserInfo(username: .variable("TOKEN")),
    UserInfo(username: Template(literal: "user"), password: .variable("TOKEN")),
    UserInfo(username: .variable("TOKEN"), password: Template(literal: "x-oauth-basic")),
  ])
  func takesATokenAsUserNameOrPassword(_ userInfo: UserInfo) async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        var source = fixture.remote(server)
        source.url.userInfo = userInfo
        let commits = try await client.commits(for: [source])
        #expect(commits.count == 1)
        #expect(fixture.secrets.redact("see \(Self.token)") == "see ****")
      }
    }
  }

  @Test func aWrongTokenIsRefusedWithoutBeingShown() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token, log: "\(fixture.directory)/log")
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": "wrong-token-1"]) { client in
        let source = fixture.remote(server, token: .variable("TOKEN"))
        let failure = try await failure { _ = try await client.commits(for: [source]) }
        #expect(failure.diagnostics.map(\.code) == [.gitRefused])
        #expect(failure.diagnostics[0].place == .url(server.url("link.git")))
        #expect(failure.diagnostics[0].hint?.contains("${TOKEN}") == true)
        #expect(!failure.isRetryable)
        #expect(!"\(failure)".contains("wrong-token-1"))
      }
      // Asked without, and once with: a server that refuses is not asked on and on.
      #expect(
        try await log(fixture).map { $0.split(separator: " ").last } == ["without-credentials", "with-credentials"])
    }
  }

  @Test func withoutATokenTheHintSaysHowToGiveOne() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      try await fixture.withClient { client in
        let failure = try await failure { _ = try await client.commits(for: [fixture.remote(server)]) }
        #expect(failure.diagnostics.map(\.code) == [.gitRefused])
        #expect(
          failure.diagnostics[0].hint?.contains("git+http://${TOKEN}@127.0.0.1:\(server.port)/link.git") == true)
      }
    }
  }

  @Test func anUnsetVariableIsNamed() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      try await fixture.withClient { client in
        let source = fixture.remote(server, token: .variable("GITHUB_TOKEN"))
        let failure = try await failure { _ = try await client.commits(for: [source]) }
        #expect(failure == Failure.unsetVariable("GITHUB_TOKEN", at: nil))
        #expect(client.helperProcessIDs.isEmpty)
      }
    }
  }

  @Test(arguments: [false, true], ["127.0.0.1", "localhost"])
  func credentialsDoNotFollowARedirect(afterToken: Bool, to host: String) async throws {
    try await GitFixture.with { fixture in
      let other = try GitServer.start(root: fixture.root, token: Self.token, log: "\(fixture.directory)/log")
      defer { other.stop() }
      let target = other.url(host: host)
      let server = try GitServer.start(
        root: fixture.root, token: Self.token, mode: afterToken ? .redirectAfterToken(target) : .redirect(target))
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        let source = fixture.remote(server, token: .variable("TOKEN"))
        let failure = try await failure { _ = try await client.commits(for: [source]) }
        #expect(failure.diagnostics.map(\.code) == [.gitRefused])
        #expect(failure.diagnostics[0].message.contains("another origin"))
        #expect(failure.diagnostics[0].cause?.contains(host) == true)
      }
      #expect(Files.kind("\(fixture.directory)/log") == nil)
    }
  }

  @Test func aRedirectIsFollowedWithoutCredentials() async throws {
    try await GitFixture.with { fixture in
      let other = try GitServer.start(root: fixture.root)
      defer { other.stop() }
      let server = try GitServer.start(root: fixture.root, mode: .redirect(other.url()))
      defer { server.stop() }
      try await fixture.withClient { client in
        let commits = try await client.commits(for: [fixture.remote(server)])
        #expect(commits.count == 1)
      }
    }
  }

  @Test func theTokenIsNeitherInArgumentsNorInTheEnvironmentNorOnDisk() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      let silent = try GitServer.start(root: fixture.root, token: Self.token, mode: .silent)
      defer { silent.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        let source = fixture.remote(server, token: .variable("TOKEN"))
        let commit = try #require(try await client.commits(for: [source])[source]?.commit)
        let directory = try fixture.emptyDirectory()
        try await client.export(source, commit: commit, to: directory)
        // Looked at while a request with the token is under way.
        let pending = Task { try await client.commits(for: [fixture.remote(silent, token: .variable("TOKEN"))]) }
        defer { pending.cancel() }
        let pid = try #require(client.helperProcessIDs.first)
        for processes in ["\(pid)", "\(server.pid)"] {
          let words = try await fixture.output(of: "ps", ["eww", "-o", "args=", "-p", processes]).text
          #expect(words.contains("pinion-git") || words.contains("git-server.py"))
          #expect(!words.contains(Self.token))
        }
        let (status, found) = try await fixture.output(of: "grep", ["-r", Self.token, fixture.directory])
        #expect(status == 1 && found.isEmpty)
      }
    }
  }
}
