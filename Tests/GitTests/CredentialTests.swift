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

  /// An entry of `spec.git.credentials` for a server.
  private func declared(_ server: GitServer, _ kind: GitCredential.Kind) -> GitCredential {
    GitCredential(
      host: Glob("127.0.0.1:\(server.port)"), pathPrefix: "", kind: kind,
      location: SourceLocation(file: "pinion.yaml", line: 7, column: 9))
  }

  @Test func takesWhatIsDeclaredForTheServer() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      let file = "\(fixture.directory)/token"
      let place = SourceLocation(file: "pinion.yaml", line: 7, column: 20)
      let fromFile = SecretValue.file(path: file, place)
      let fromVariable = SecretValue.template(.variable("TOKEN"))
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        for kind in [
          GitCredential.Kind.token(fromVariable), .token(fromFile),
          .password(username: Template(literal: "robot"), fromFile),
        ] {
          try Files.write("\(Self.token)\n", to: file, mode: 0o600)
          var source = fixture.remote(server)
          source.credential = declared(server, kind)
          let commits = try await client.commits(for: [source])
          #expect(commits.count == 1)
        }
        #expect(fixture.secrets.redact("see \(Self.token)") == "see ****")
        #expect(fixture.secrets.redact("robot") == "robot")
        // The file is read each time, so that it can be rotated.
        try Files.write("another-token", to: file, mode: 0o600)
        var source = fixture.remote(server)
        source.credential = declared(server, .token(fromFile))
        let refused = try await failure { _ = try await client.commits(for: [source]) }
        #expect(refused.diagnostics.map(\.code) == [.gitRefused])
        #expect(refused.diagnostics[0].hint?.contains("is \(file) (pinion.yaml:7:9) still valid") == true)
        #expect(!"\(refused)".contains("another-token"))
        try Files.remove(file)
        let absent = try await failure { _ = try await client.commits(for: [source]) }
        #expect(absent.diagnostics.map(\.message) == ["the credential file could not be read"])
        #expect(absent.diagnostics.map(\.place) == [.path(file)])
        source.credential = declared(server, .token(.template(.variable("UNSET"))))
        let unset = try await failure { _ = try await client.commits(for: [source]) }
        #expect(unset == Failure.unsetVariable("UNSET", at: nil))
      }
    }
  }

  @Test func oneRepositoryIsAskedAboutOnceForEachWhoAsks() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token, log: "\(fixture.directory)/log")
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token, "WRONG": "wrong-token-1"]) { client in
        var sources = [fixture.remote(server), fixture.remote(server, "main"), fixture.remote(server, "absent")]
        for index in 0..<2 {
          sources[index].credential = declared(server, .token(.template(.variable("TOKEN"))))
        }
        sources[2].credential = declared(server, .token(.template(.variable("WRONG"))))
        let failure = try await failure { _ = try await client.commits(for: sources) }
        #expect(failure.diagnostics.map(\.code) == [.gitRefused])
      }
      // Two conversations, of two requests each.
      #expect(try await log(fixture).count == 4)
    }
  }

  @Test(arguments: [false, true], ["127.0.0.1", "localhost"])
  func declaredCredentialsDoNotFollowARedirect(afterToken: Bool, to host: String) async throws {
    try await GitFixture.with { fixture in
      let other = try GitServer.start(root: fixture.root, token: Self.token, log: "\(fixture.directory)/log")
      defer { other.stop() }
      let target = other.url(host: host)
      let server = try GitServer.start(
        root: fixture.root, token: Self.token, mode: afterToken ? .redirectAfterToken(target) : .redirect(target))
      defer { server.stop() }
      try await fixture.withClient(["TOKEN": Self.token]) { client in
        var source = fixture.remote(server)
        source.credential = declared(server, .token(.template(.variable("TOKEN"))))
        let failure = try await failure { _ = try await client.commits(for: [source]) }
        #expect(failure.diagnostics.map(\.code) == [.gitRefused])
        #expect(failure.diagnostics[0].message.contains("another origin"))
      }
      #expect(Files.kind("\(fixture.directory)/log") == nil)
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

  @Test func plainHTTPBehindAProxyIsRefusedBeforeAnythingIsSent() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, log: "\(fixture.directory)/log")
      defer { server.stop() }
      let nowhere = ["HTTP_PROXY": "http://127.0.0.1:9"]
      var record = ComplaintRecord()
      try await fixture.withClient(proxies: ProxySettings(variables: nowhere)) { client in
        try await record.add(
          "plain http behind a proxy", waitingFor: { _ = try await client.commits(for: [fixture.remote(server)]) })
        #expect(client.helperProcessIDs.isEmpty)
      }
      #expect(Files.kind("\(fixture.directory)/log") == nil)
      let straight = nowhere.merging(["NO_PROXY": "127.0.0.1"]) { $1 }
      try await fixture.withClient(proxies: ProxySettings(variables: straight)) { client in
        let commits = try await client.commits(for: [fixture.remote(server)])
        #expect(commits.count == 1)
      }
      #expect(try record.isOnRecord(as: "plain-proxy", beside: #filePath))
    }
  }
}
