import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// Authorities that manifests name: whose certificates are taken, and who is let in.
@Suite struct AuthorityTests {
  private static let token = "tok-5c11a0e97d"
  private static let place = SourceLocation(file: "pinion.yaml", line: 5, column: 9)

  private struct Bench {
    let fixture: GitFixture
    let server: GitServer
    /// A PEM file with the server's certificate: what a client is given as the authority.
    let authority: String

    func source(_ check: GitTLS.Check?, host: String = "localhost", token: Template? = .variable("TOKEN")) -> GitSource
    {
      GitSource(
        url: RemoteURL(
          scheme: "https", host: host, port: server.port, path: "/link.git",
          userInfo: token.map { UserInfo(username: $0) }),
        tls: check.map { GitTLS(host: Glob("\(host):\(server.port)"), check: $0, location: AuthorityTests.place) })
    }

    func refusal(_ source: GitSource, _ variables: [String: String] = ["TOKEN": AuthorityTests.token]) async throws
      -> Diagnostic
    {
      try await fixture.withClientResult(variables, timeout: 30) { client in
        let failure = try await failure { _ = try await client.commits(for: [source]) }
        #expect(!"\(failure)".contains(AuthorityTests.token) && !"\(failure)".contains("wrong-token"))
        return try #require(failure.diagnostics.first)
      }
    }
  }

  private func with(_ test: (Bench) async throws -> Void) async throws {
    try await GitFixture.with { fixture in
      let identity = "\(fixture.directory)/server.pem"
      try await TestCertificate.make(for: ["localhost"], at: identity)
      let server = try GitServer.start(root: fixture.root, token: Self.token, certificate: identity)
      defer { server.stop() }
      try await test(Bench(fixture: fixture, server: server, authority: identity + ".crt"))
    }
  }

  @Test func aDeclaredAuthorityIsTrusted() async throws {
    try await with { bench in
      try await bench.fixture.withClient(["TOKEN": Self.token]) { client in
        let source = bench.source(.authorities(bench.authority))
        let commit = try #require(try await client.commits(for: [source])[source]?.commit)
        try await client.export(source, commit: commit, to: try bench.fixture.emptyDirectory())
      }
    }
  }

  @Test func anAuthorityVouchesForItsOwnHostAlone() async throws {
    try await with { bench in
      let other = "\(bench.fixture.directory)/other.pem"
      try await TestCertificate.make(for: ["localhost"], at: other)
      try await bench.fixture.withClient(["TOKEN": Self.token]) { client in
        let good = bench.source(.authorities(bench.authority))
        _ = try await client.commits(for: [good])
        // The same client, and so the same processes, know nothing of it elsewhere.
        for check in [GitTLS.Check.authorities(other), nil] {
          let failure = try await failure { _ = try await client.commits(for: [bench.source(check)]) }
          #expect(failure.diagnostics.map(\.message) == ["the git server's certificate is not trusted"])
        }
      }
    }
  }

  /// What is said of one host's certificates is not taken along to where it sends on.
  @Test(arguments: [true, false])
  func whatHoldsForOneServerIsNotTakenToTheNext(isChecked: Bool) async throws {
    try await GitFixture.with { fixture in
      let identity = "\(fixture.directory)/server.pem"
      try await TestCertificate.make(for: ["localhost"], at: identity)
      let log = "\(fixture.directory)/next.log"
      let next = try GitServer.start(root: fixture.root, certificate: identity, log: log)
      defer { next.stop() }
      let first = try GitServer.start(
        root: fixture.root, mode: .redirect(next.url(host: "localhost")), certificate: identity)
      defer { first.stop() }
      let check: GitTLS.Check = isChecked ? .authorities(identity + ".crt") : .nothing
      let source = GitSource(
        url: RemoteURL(scheme: "https", host: "localhost", port: first.port, path: "/link.git"),
        tls: GitTLS(host: Glob("localhost:\(first.port)"), check: check, location: Self.place))
      try await fixture.withClient(timeout: 30) { client in
        let failure = try await failure { _ = try await client.commits(for: [source]) }
        #expect(
          failure.diagnostics.map(\.message) == [
            "the git server sends on to another address, which is not followed here"
          ])
        #expect(failure.diagnostics.first?.cause?.contains("`git.tls`") == true)
      }
      let asked = try Files.readIfPresent(log) ?? []
      #expect(asked.isEmpty)
    }
  }

  @Test func nobodyHasToVouchWhereTheManifestSaysSo() async throws {
    try await with { bench in
      try await bench.fixture.withClient(["TOKEN": Self.token]) { client in
        let source = bench.source(.nothing)
        _ = try await client.commits(for: [source])
      }
      // A name that the certificate does not have is one more reason not to take it.
      let named = bench.source(.authorities(bench.authority), host: "127.0.0.1")
      let refused = try await bench.refusal(named)
      #expect(refused.message == "the git server's certificate is not trusted")
    }
  }

  @Test func complaintsAreOnRecord() async throws {
    try await with { bench in
      let trusted = GitTLS.Check.authorities(bench.authority)
      var record = ComplaintRecord()
      record.add("an unknown authority", [try await bench.refusal(bench.source(nil))])
      record.add("no credentials", [try await bench.refusal(bench.source(trusted, token: nil))])
      record.add("a wrong token", [try await bench.refusal(bench.source(trusted), ["TOKEN": "wrong-token-1"])])
      record.add(
        "a file of authorities that is not there",
        [try await bench.refusal(bench.source(.authorities("\(bench.fixture.directory)/absent.pem")))])
      #expect(
        try record.isOnRecord(
          as: "authorities", beside: #filePath,
          replacing: [
            (bench.fixture.directory, "DIR"), (":\(bench.server.port)", ":PORT"),
            // Which library speaks TLS for libgit2 shows in its words.
            (": 0x08 - The certificate is not correctly signed by the trusted CA", ""),
          ]))
    }
  }
}
