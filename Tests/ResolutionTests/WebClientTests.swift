import Model
import Network
import Platform
import TestSupport
import Testing

@Suite("Redirects: followed, and credentials do not follow to another origin")
struct WebClientTests {
  private static let credentials = Credentials(username: "user", password: "idx_T0pSecretIndexToken4711")

  private static func with(
    _ body: (_ directory: String, _ index: IndexServer, _ client: WebClient) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      var options = IndexServer.Options()
      options.token = credentials.password
      let index = try IndexServer.start(root: "\(directory)/index", options: options)
      defer { index.stop() }
      try index.publish(PythonProject("alpha"))
      let client = WebClient()
      do { try await body(directory, index, client) } catch {
        await client.shutdown()
        throw error
      }
      await client.shutdown()
    }
  }

  @Test func anotherOriginSeesNoCredentials() async throws {
    try await Self.with { directory, index, client in
      let log = "\(directory)/front.log"
      let front = try GitServer.start(
        root: directory, mode: .redirect("http://127.0.0.1:\(index.port)"), log: log)
      defer { front.stop() }
      let url = "\(front.url())/simple/alpha/"
      #expect(try await client.getAll(url, credentials: Self.credentials).status == 401)
      #expect(String(decoding: try Files.read(log), as: UTF8.self) == "GET /simple/alpha/ with-credentials\n")
      #expect(try index.requests() == ["GET /simple/alpha/ 401 without-credentials"])
      #expect(try await client.getAll("\(index.url())/alpha/", credentials: Self.credentials).status == 200)
    }
  }

  @Test func aCircleIsLeft() async throws {
    try await Self.with { directory, _, client in
      let log = "\(directory)/circle.log"
      // A relative target: the same origin, where credentials stay.
      let server = try GitServer.start(root: directory, mode: .redirect(""), log: log)
      defer { server.stop() }
      let failure = await #expect(throws: Failure.self) {
        _ = try await client.getAll("\(server.url())/simple/alpha/", credentials: Self.credentials)
      }
      let complaint = try #require(failure?.diagnostics.first)
      #expect(complaint.message == "the server sends on and on")
      #expect(complaint.place == .url("\(server.url())/simple/alpha/"))
      let requests = String(decoding: try Files.read(log), as: UTF8.self).split(separator: "\n")
      #expect(requests.count == 6 && requests.allSatisfy { $0.hasSuffix(" with-credentials") })
    }
  }
}
