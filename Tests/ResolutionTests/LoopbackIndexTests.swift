import Model
import Network
import Platform
import TestSupport
import Testing

@testable import Resolution

@Suite("The loopback index between uv and real indexes")
struct LoopbackIndexTests {
  private static let token = "idx_T0pSecretIndexToken4711"

  private static func with(
    _ projects: [PythonProject], token: String? = nil,
    _ body: @Sendable @escaping (LoopbackIndex, IndexServer, WebClient) async throws -> Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      var options = IndexServer.Options()
      options.token = token
      let server = try IndexServer.start(root: "\(directory)/index", options: options)
      defer { server.stop() }
      try server.publish(projects)
      let url = try IndexSettings(variables: [:], secrets: SecretRegistry()).parse(
        server.url(userInfo: token.map { "user:\($0)" }))
      let client = WebClient()
      do {
        try await LoopbackIndex.serve(
          LoopbackIndex.Sources(
            routes: IndexRoutes(indexes: [PackageIndex(name: "test", url: url)]), base: [],
            credentials: IndexCredentials(
              indexes: [PackageIndex(name: "test", url: url)], variables: Variables([:]))),
          client: client, portFile: "\(directory)/port"
        ) { index in try await body(index, server, client) }
      } catch {
        await client.shutdown()
        throw error
      }
      await client.shutdown()
    }
  }

  @Test func onlyFilesOfPagesThatWereSeenAreFetched() async throws {
    try await Self.with([PythonProject("alpha"), PythonProject("beta")], token: Self.token) { index, server, client in
      func file(_ name: String) -> String {
        "\(index.location.root)/files/http/127.0.0.1:\(server.port)/files/\(name)-1.0-py3-none-any.whl"
      }
      #expect(try await client.getAll(file("alpha")).status == 404)
      let page = try await client.getAll("\(index.location.root)/simple/alpha/")
      #expect(page.status == 200)
      #expect(!String(decoding: page.bytes, as: UTF8.self).contains("T0pSecret"))
      let wheel = try await client.getAll(file("alpha"))
      #expect(wheel.status == 200 && wheel.bytes.starts(with: "PK".utf8))
      #expect(try await client.getAll(file("alpha").replacing("-py3", with: "%2Dpy3")).bytes == wheel.bytes)
      #expect(try await client.getAll("\(file("alpha")).metadata").status == 200)
      for other in [file("beta"), "\(file("beta")).metadata", "\(file("alpha")).other", file("alpha") + "?x=1"] {
        #expect(try await client.getAll(other).status == 404, "\(other)")
      }
      // Nobody but us asked the index for it, credentials or not.
      #expect(try server.requests().allSatisfy { !$0.contains("beta") })
    }
  }

  @Test func aBodyThatBreaksOffBreaksOffHereToo() async throws {
    var project = PythonProject("alpha")
    project.isCutOff = true
    try await Self.with([project]) { index, server, client in
      _ = try await client.getAll("\(index.location.root)/simple/alpha/")
      let file = "\(index.location.root)/files/http/127.0.0.1:\(server.port)/files/alpha-1.0-py3-none-any.whl"
      await #expect(throws: Failure.self) { _ = try await client.getAll(file) }
      let complaint = try #require(index.complaints.first)
      #expect(complaint.code == .downloadFailed && complaint.message == "the download broke off")
      #expect(complaint.place == .url("http://127.0.0.1:\(server.port)/files/alpha-1.0-py3-none-any.whl"))
    }
  }

  @Test func aFileOfAServerThatIsGoneIsSaidToBeSo() async throws {
    try await Self.with([PythonProject("alpha")]) { index, server, client in
      _ = try await client.getAll("\(index.location.root)/simple/alpha/")
      server.stop()
      let file = "\(index.location.root)/files/http/127.0.0.1:\(server.port)/files/alpha-1.0-py3-none-any.whl"
      #expect(try await client.getAll(file).status == 424)
      #expect(index.complaints.map(\.code) == [.indexUnreachable])
    }
  }
}
