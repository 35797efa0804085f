import GitWire
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// What the user has set up outside of manifests: netrc, and git's credential helpers.
@Suite struct UserCredentialTests {
  private static let token = "tok-77e0b3fa12"

  @Test(arguments: [
    ("machine git.example.com login alice password s3cret", "git.example.com", String?.none, "alice", "s3cret"),
    ("machine GIT.example.com\n\tlogin alice\n\tpassword s3cret\n", "git.example.com", nil, "alice", "s3cret"),
    ("machine a login x password y machine b password z login w", "b", nil, "w", "z"),
    ("machine a login x password y machine a login w password z", "a", "w", "w", "z"),
    ("# machine a password no\nmachine a login \"two words\" password \"a\\\"b\"", "a", nil, "two words", "a\"b"),
    ("macdef init\nmachine a password no\n\nmachine a login x password y", "a", nil, "x", "y"),
    ("machine a account z login x password p#q", "a", nil, "x", "p#q"),
    ("machine a password alone", "a", nil, nil, "alone"),
  ])
  func readsNetrc(_ text: String, _ host: String, _ login: String?, _ expected: String?, _ password: String) {
    let entry = Netrc(text).entry(host: host, login: login)
    #expect(entry?.login == expected && entry?.password == password)
  }

  @Test(arguments: [
    ("default login x password y", "a"), ("machine a login x", "a"), ("machine a login x password y", "b"), ("", "a"),
    ("machine", "a"), ("machine a login x password y", "sub.a"),
  ])
  func takesNothingElse(_ text: String, _ host: String) {
    #expect(Netrc(text).entry(host: host) == nil)
    #expect(Netrc("machine a login x password y").entry(host: "a", login: "z") == nil)
  }

  @Test func asksHelpersInTheirOwnWords() {
    let url = RemoteURL(scheme: "https", host: "git.example.com", port: 8443, path: "/org/a%20b.git")
    #expect(
      CredentialHelper.question(url, username: "alice")
        == "protocol=https\nhost=git.example.com:8443\npath=org/a b.git\nusername=alice\n\n")
    let broken = RemoteURL(scheme: "https", host: "git.example.com", path: "/a%0Ahost=evil.example")
    #expect(CredentialHelper.question(broken, username: nil) == nil)
    let answer = CredentialHelper.credentials(in: "protocol=https\nhost=h\nusername=u\npassword=p=q\n")
    #expect(answer?.username == "u" && answer?.password == "p=q")
    #expect(CredentialHelper.credentials(in: "username=u\n") == nil)
  }

  // MARK: Against a server

  private func home(_ fixture: GitFixture, _ files: [String: String]) throws -> [String: String] {
    let home = "\(fixture.directory)/home"
    try Files.makeDirectory(home)
    for (name, text) in files { try Files.write(text, to: "\(home)/\(name)", mode: 0o600) }
    return ["HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"]
  }

  private func log(_ fixture: GitFixture) throws -> [Substring] {
    String(decoding: try Files.read("\(fixture.directory)/log"), as: UTF8.self).split(separator: "\n")
  }

  @Test func netrcAnswersAServerThatAsks() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      let variables = try home(fixture, [".netrc": "machine 127.0.0.1 login alice password \(Self.token)\n"])
      try await fixture.withClient(variables) { client in
        let source = fixture.remote(server)
        let commit = try #require(try await client.commits(for: [source])[source]?.commit)
        try await client.export(source, commit: commit, to: try fixture.emptyDirectory())
        #expect(fixture.secrets.redact("see \(Self.token)") == "see ****")
      }
    }
  }

  @Test func aPublicRepositoryIsShownNothing() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, log: "\(fixture.directory)/log")
      defer { server.stop() }
      let variables = try home(fixture, [".netrc": "machine 127.0.0.1 login alice password \(Self.token)\n"])
      try await fixture.withClient(variables) { client in
        _ = try await client.commits(for: [fixture.remote(server)])
      }
      #expect(try log(fixture).allSatisfy { $0.hasSuffix("without-credentials") })
    }
  }

  @Test func gitsOwnHelpersAreAsked() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      let variables = try home(
        fixture,
        [
          ".gitconfig": "[credential]\n\thelper = store\n",
          ".git-credentials": "http://alice:\(Self.token)@127.0.0.1%3a\(server.port)\n",
        ])
      try await fixture.withClient(variables) { client in
        _ = try await client.commits(for: [fixture.remote(server)])
        // A user's name in the URL says whose credential is meant.
        _ = try await client.commits(for: [fixture.remote(server, token: Template(literal: "alice"))])
      }
    }
  }

  @Test func whatIsDeclaredGoesFirst() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token)
      defer { server.stop() }
      var variables = try home(fixture, [".netrc": "machine 127.0.0.1 login alice password wrong-token-1\n"])
      variables["TOKEN"] = Self.token
      try await fixture.withClient(variables) { client in
        _ = try await client.commits(for: [fixture.remote(server, token: .variable("TOKEN"))])
      }
    }
  }

  @Test func aRefusedLoginNamesItsOriginAndIsNotRepeated() async throws {
    try await GitFixture.with { fixture in
      let server = try GitServer.start(root: fixture.root, token: Self.token, log: "\(fixture.directory)/log")
      defer { server.stop() }
      let variables = try home(fixture, [".netrc": "machine 127.0.0.1 login alice password wrong-token-1\n"])
      var record = ComplaintRecord()
      try await fixture.withClient(variables) { client in
        try await record.add("a wrong password in netrc") {
          _ = try await client.commits(for: [fixture.remote(server)])
        }
      }
      #expect(!record.text.contains("wrong-token-1"))
      // Without credentials, again as libgit2 begins, and once with them.
      #expect(try log(fixture).count { $0.hasSuffix("with-credentials") } == 1)
      try Files.remove("\(fixture.directory)/home/.netrc")
      try Files.makeDirectory("\(fixture.directory)/home/.netrc")
      try await fixture.withClient(variables) { client in
        try await record.add("a netrc that is a directory") {
          _ = try await client.commits(for: [fixture.remote(server)])
        }
      }
      let replacements = [(fixture.directory, "DIR")]
      #expect(try record.isOnRecord(as: "user-credentials", beside: #filePath, replacing: replacements))
    }
  }

  @Test func aRedirectDoesNotGetThem() async throws {
    try await GitFixture.with { fixture in
      let other = try GitServer.start(root: fixture.root, token: Self.token, log: "\(fixture.directory)/log")
      defer { other.stop() }
      let server = try GitServer.start(root: fixture.root, mode: .redirect(other.url(host: "localhost")))
      defer { server.stop() }
      let variables = try home(fixture, [".netrc": "machine 127.0.0.1 login alice password \(Self.token)\n"])
      try await fixture.withClient(variables) { client in
        let failure = try await failure { _ = try await client.commits(for: [fixture.remote(server)]) }
        #expect(failure.diagnostics.map(\.code) == [.gitRefused])
      }
      #expect(try log(fixture).allSatisfy { $0.hasSuffix("without-credentials") })
    }
  }

  @Test(arguments: [
    ("github.com", "x-access-token"), ("api.github.com", "x-access-token"), ("gitlab.com", "oauth2"),
    ("gitlab.example.com", "oauth2"), ("bitbucket.org", "x-token-auth"), ("git.example.com", "x-access-token"),
    ("notgithub.com", "x-access-token"), ("gitlab-mirror.example.com", "x-access-token"),
  ])
  func forgesGetTheNameTheyWant(_ host: String, _ username: String) throws {
    #expect(GitCredential.username(besideTokenOf: host) == username)
    let url = RemoteURL(
      scheme: "https", host: host, path: "/a.git", userInfo: UserInfo(username: .variable("TOKEN")))
    let access = try RepositoryAccess(
      Repository(url), variables: Variables(["TOKEN": Self.token]), secrets: SecretRegistry())
    // Where no forge is known the token goes alone, as git sends it.
    let isForge = GitCredential.forgeUsername(host) != nil
    #expect(access.remote.credentials?.username == (isForge ? username : Self.token))
    #expect(access.remote.credentials?.password == (isForge ? Self.token : ""))
  }
}
