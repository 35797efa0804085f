import GitWire
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// `git http-backend` behind TLS and basic authentication. The certificate is for `localhost`: libgit2's TLS knows no addresses.
@Suite("Git over https", .enabled(if: TestCertificate.isAvailable, Comment(rawValue: TestCertificate.absence)))
struct TLSTests {
  private static let token = "tok-0b6fa7c4d1"

  /// Runs a test with a server, and the variables that make its certificate a trusted one.
  private static func with(
    _ mode: GitServer.Mode = .normal, token: String? = token,
    _ test: (GitFixture, GitServer, [String: String]) async throws -> Void
  ) async throws {
    try await GitFixture.with { fixture in
      let certificate = "\(fixture.directory)/certificate.pem"
      try await TestCertificate.make(for: ["localhost"], at: certificate)
      let server = try GitServer.start(
        root: fixture.root, token: token, mode: mode, certificate: certificate, log: "\(fixture.directory)/log")
      defer { server.stop() }
      try await test(fixture, server, ["SSL_CERT_FILE": "\(certificate).crt"])
    }
  }

  private static func source(_ fixture: GitFixture, _ server: GitServer, token: Template? = nil) -> GitSource {
    fixture.remote(server, token: token, host: "localhost")
  }

  @Test func theRightTokenAsksFetchesAndExports() async throws {
    try await Self.with { fixture, server, variables in
      try await fixture.withClient(variables.merging(["TOKEN": Self.token]) { $1 }) { client in
        let source = Self.source(fixture, server, token: .variable("TOKEN"))
        let commit = try #require(try await client.commits(for: [source])[source]?.commit)
        let directory = try fixture.emptyDirectory()
        try await client.export(source, commit: commit, to: directory)
        #expect(String(decoding: try Files.read("\(directory)/README.md"), as: UTF8.self) == "One\n")
      }
    }
  }

  @Test func aWrongTokenAndNoneAreRefused() async throws {
    try await Self.with { fixture, server, variables in
      try await fixture.withClient(variables.merging(["TOKEN": "wrong-token-1"]) { $1 }) { client in
        let wrong = try await failure {
          _ = try await client.commits(for: [Self.source(fixture, server, token: .variable("TOKEN"))])
        }
        #expect(wrong.diagnostics.map(\.message) == ["the git server refused access"])
        #expect(wrong.diagnostics[0].hint?.contains("${TOKEN}") == true && !"\(wrong)".contains("wrong-token-1"))
        let missing = try await failure { _ = try await client.commits(for: [Self.source(fixture, server)]) }
        #expect(
          missing.diagnostics.map(\.message) == ["the git server asks for credentials, and there are none for it"])
        #expect(missing.diagnostics[0].hint?.contains("git+https://${TOKEN}@localhost:\(server.port)/link.git") == true)
      }
    }
  }

  @Test func anUntrustedCertificateEndsItBeforeAnythingIsShown() async throws {
    try await Self.with { fixture, server, _ in
      try await fixture.withClient(["TOKEN": Self.token], retry: RetryPolicy(pause: 0.01)) { client in
        let source = Self.source(fixture, server, token: .variable("TOKEN"))
        let failed = try await failure { _ = try await client.commits(for: [source]) }
        #expect(failed.diagnostics.map(\.message) == ["the git server's certificate is not trusted"])
        #expect(failed.diagnostics[0].hint?.contains("SSL_CERT_FILE") == true && !failed.isRetryable)
        // Nor is one that is for another name.
        let certificate = "\(fixture.directory)/certificate.pem"
        try await fixture.withClient(["TOKEN": Self.token, "SSL_CERT_FILE": "\(certificate).crt"]) { client in
          let other = fixture.remote(server, token: .variable("TOKEN"), host: "127.0.0.1")
          let failed = try await failure { _ = try await client.commits(for: [other]) }
          #expect(failed.diagnostics.map(\.message) == ["the git server's certificate is not trusted"])
        }
      }
      #expect(Files.kind("\(fixture.directory)/log") == nil)
    }
  }

  @Test(arguments: [
    (GitServer.Mode.spoils(.references, .drip), "the git server sends too slowly"),
    (.spoils(.references, .cut), "the git server hung up in the middle"),
    (.spoils(.pack, .stall), "the git server fell silent in the middle"),
    (.spoils(.pack, .cut), "the git server hung up in the middle"),
  ])
  func aBadServerIsGivenUp(_ mode: GitServer.Mode, _ message: String) async throws {
    try await Self.with(mode, token: nil) { fixture, server, variables in
      let commit = try await fixture.repository.id(of: "main")
      try await fixture.withClient(variables, limits: GitLimits(idle: 5)) { client in
        let source = Self.source(fixture, server)
        let failed = try await failure {
          try await client.export(source, commit: commit, to: fixture.emptyDirectory())
        }
        #expect(failed.diagnostics.map(\.message) == [message])
        #expect(Files.kind(MirrorDirectory(of: source.url, in: fixture.mirrors).path) == nil)
      }
    }
  }
}
