import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// A fixture with an ssh server that lets in whoever holds `keys/good`, and a home whose known_hosts knows it.
struct SSHFixture {
  let fixture: GitFixture
  let server: SSHServer

  var home: String { "\(fixture.directory)/home" }
  var good: String { "\(fixture.directory)/keys/good" }
  var variables: [String: String] { ["HOME": home, "PATH": "/usr/bin:/bin"] }

  /// Runs a test, and ends the server.
  static func with(
    hostKeys: [String] = ["ed25519"], mode: SSHServer.Mode = .normal, _ test: (SSHFixture) async throws -> Void
  ) async throws {
    try await GitFixture.with { fixture in
      for name in ["home/.ssh", "keys"] { try Files.makeDirectory("\(fixture.directory)/\(name)") }
      let line = try await SSHServer.makeKey("\(fixture.directory)/keys/good")
      let server = try await SSHServer.start(
        root: fixture.root, state: "\(fixture.directory)/sshd", hostKeys: hostKeys, mode: mode,
        log: "\(fixture.directory)/log")
      defer { server.stop() }
      try server.authorize(line)
      let ssh = SSHFixture(fixture: fixture, server: server)
      try ssh.writeKnownHosts(hostKeys.map { try server.knownHost($0) }.joined())
      try await test(ssh)
    }
  }

  func writeKnownHosts(_ text: String) throws { try Files.write(text, to: "\(home)/.ssh/known_hosts") }

  /// A source on the server.
  func source(
    _ repository: String = "link.git", user: String? = SSHServer.username, credential: GitCredential? = nil
  ) -> GitSource {
    GitSource(
      url: RemoteURL(
        scheme: "ssh", host: server.address, port: server.port, path: "/\(repository)",
        userInfo: user.map { UserInfo(username: Template(literal: $0)) }), credential: credential)
  }

  private static let place = SourceLocation(file: "pinion.yaml", line: 7, column: 9)

  /// A declared key.
  func credential(
    _ path: String? = nil, knownHosts: String? = nil, passphrase: SecretValue? = nil
  ) -> GitCredential {
    GitCredential(
      host: Glob("\(server.address):\(server.port)"), pathPrefix: "",
      kind: .sshKey(
        .file(path: path ?? good, Self.place), knownHosts: knownHosts, passphrase: passphrase), location: Self.place)
  }

  /// The failure of asking for references.
  func refusal(
    _ source: GitSource, _ variables: [String: String] = [:], timeout: Double = 30
  ) async throws -> Diagnostic {
    try await fixture.withClientResult(self.variables.merging(variables) { $1 }, timeout: timeout) { client in
      let failure = try await failure { _ = try await client.commits(for: [source]) }
      return try #require(failure.diagnostics.first)
    }
  }

  /// Asks for references; the test fails with what goes wrong.
  func succeeds(_ source: GitSource, _ variables: [String: String] = [:]) async throws {
    try await fixture.withClient(self.variables.merging(variables) { $1 }) { client in
      let found = try await client.commits(for: [source])
      #expect(found[source]?.commit.isEmpty == false)
    }
  }

  /// What was asked for after a login.
  var log: String {
    (try? Files.read("\(fixture.directory)/log")).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

extension GitFixture {
  func withClientResult<Result>(
    _ variables: [String: String], timeout: Double, _ body: (GitClient) async throws -> Result
  ) async throws -> Result {
    var result: Result?
    try await withClient(variables, timeout: timeout) { result = try await body($0) }
    return try #require(result)
  }
}
