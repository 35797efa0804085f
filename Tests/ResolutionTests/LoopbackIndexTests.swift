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
              indexes: [PackageIndex(name: "test", url: url)], variables: Variables([:])),
            cache: PageCache(directory: "\(directory)/pages", now: { 0 })),
          client: client, portFile: "\(directory)/port"
        ) { index in try await body(index, server, client) }
      } catch {
        await client.shutdown()
        throw error
      }
      await client.shutdown()
    }
  }

  @Test func onlyFilesOfPagesAreFetched() async throws {
    try await Self.with([PythonProject("alpha"), PythonProject("beta")], token: Self.token) { index, server, client in
      let files = "\(index.location.root)/files/http/127.0.0.1:\(server.port)/files"
      let alpha = "\(files)/alpha-1.0-py3-none-any.whl"
      let page = try await client.getAll("\(index.location.root)/simple/alpha/")
      #expect(page.status == 200)
      #expect(!String(decoding: page.bytes, as: UTF8.self).contains("T0pSecret"))
      let wheel = try await client.getAll(alpha)
      #expect(wheel.status == 200 && wheel.bytes.starts(with: "PK".utf8))
      #expect(try await client.getAll(alpha.replacing("-py3", with: "%2Dpy3")).bytes == wheel.bytes)
      #expect(try await client.getAll("\(alpha).metadata").status == 200)
      // uv has the page of an earlier run.
      #expect(try await client.getAll(alpha.replacing("alpha", with: "beta")).status == 200)
      let asked = try server.requests().count
      for other in [
        "\(alpha).other", alpha + "?x=1", alpha.replacing("1.0", with: "2.0"), alpha.replacing("alpha", with: "gamma"),
        "\(files)/beta-9.tar.gz", "\(files)/notes", alpha.replacing("/files/alpha", with: "/simple/alpha"),
        alpha.replacing("127.0.0.1:\(server.port)", with: "localhost:\(server.port)"),
      ] {
        #expect(try await client.getAll(other).status == 404, "\(other)")
      }
      // Nobody but us asked the index for a file, credentials or not.
      #expect(try server.requests().dropFirst(asked).allSatisfy { !$0.contains("/files/") })
    }
  }

  @Test func aPageThatIsKnownIsNotSentAgain() async throws {
    try await Self.with([PythonProject("alpha"), PythonProject("beta")]) { index, server, client in
      let url = "\(index.location.root)/simple/alpha/"
      let first = try await client.getAll(url)
      let mark = try #require(first.headers["etag"])
      #expect(try await client.getAll(url, headers: [("if-none-match", "\"another\"")]).bytes == first.bytes)
      let again = try await client.getAll(url, headers: [("if-none-match", mark)])
      #expect(again.status == 304 && again.bytes.isEmpty && again.headers["etag"] == mark)
      let other = try await client.getAll(
        "\(index.location.root)/simple/beta/", headers: [("if-none-match", mark)])
      #expect(other.status == 200)
      try server.publish([PythonProject("alpha", "2.0")])
      #expect(try await client.getAll(url, headers: [("if-none-match", mark)]).status == 200)
    }
  }

  @Test func filesOfAPageThatWasNotSentAgainAreFetched() async throws {
    try await TemporaryDirectory.with { directory in
      let server = try IndexServer.start(root: "\(directory)/index")
      defer { server.stop() }
      try server.publish(PythonProject("alpha-one"))
      var source = PythonProject("beta")
      source.isSdist = true
      try server.publish(source)
      let url = try IndexSettings(variables: [:], secrets: SecretRegistry()).parse(server.url())
      let package = PackageIndex(name: "test", url: url)
      let sources = LoopbackIndex.Sources(
        routes: IndexRoutes(indexes: [package]), base: [],
        credentials: IndexCredentials(indexes: [package], variables: Variables([:])),
        cache: PageCache(directory: "\(directory)/pages", now: { 0 }))
      // With connections of its own: those of an index that has ended are no good to the next.
      func run(
        _ body: @Sendable @escaping (LoopbackIndex, WebClient) async throws -> [String]
      ) async throws -> [String] {
        let (client, behind) = (WebClient(), WebClient())
        let result: Result<[String], any Error>
        do {
          result = .success(
            try await LoopbackIndex.serve(sources, client: behind, portFile: "\(directory)/port") {
              try await body($0, client)
            })
        } catch { result = .failure(error) }
        for one in [client, behind] { await one.shutdown() }
        return try result.get()
      }
      let names = ["alpha-one", "beta"]
      var isDone = false
      // Somebody else may take the port in between; then nothing is known at the new one, and it is tried again.
      for _ in 0..<20 where !isDone {
        let known = try await run { index, client in
          var known = [index.location.root]
          for name in names {
            known.append(try await client.getAll("\(index.location.root)/simple/\(name)/").headers["etag"] ?? "")
          }
          return known
        }
        let seen = try await run { index, client in
          guard index.location.root == known[0] else { return [] }
          let files = "\(index.location.root)/files/http/127.0.0.1:\(server.port)/files"
          let paths = ["alpha_one-1.0-py3-none-any.whl", "alpha_one-1.0-py3-none-any.whl.metadata", "beta-1.0.tar.gz"]
          var seen: [String] = []
          func look(_ paths: [String]) async throws {
            for path in paths { seen.append("\(try await client.getAll("\(files)/\(path)").status) \(path)") }
          }
          try await look(paths)
          for (name, mark) in zip(names, known.dropFirst()) {
            let page = "\(index.location.root)/simple/\(name)/"
            seen.append("\(try await client.getAll(page, headers: [("if-none-match", mark)]).status) \(name)")
          }
          try await look(paths + ["alpha_one-2.0-py3-none-any.whl"])
          return seen
        }
        guard !seen.isEmpty else { continue }
        isDone = true
        #expect(
          seen == [
            "200 alpha_one-1.0-py3-none-any.whl", "200 alpha_one-1.0-py3-none-any.whl.metadata",
            "200 beta-1.0.tar.gz", "304 alpha-one", "304 beta", "200 alpha_one-1.0-py3-none-any.whl",
            "200 alpha_one-1.0-py3-none-any.whl.metadata", "200 beta-1.0.tar.gz",
            "404 alpha_one-2.0-py3-none-any.whl",
          ])
      }
      #expect(isDone)
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
