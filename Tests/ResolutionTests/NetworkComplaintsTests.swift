import Model
import Network
import Platform
import TestSupport
import Testing

/// Every complaint about servers and downloads, on record in `Snapshots/network.txt`: real servers, each bad in its way.
@Suite struct NetworkComplaintsTests {
  private func file(_ name: String, _ url: String, size: Int? = nil, sha256: String? = nil) -> LockedFile {
    LockedFile(name: name, url: url, size: size, sha256: sha256 ?? String(repeating: "0", count: 64))
  }

  @Test func areOnRecord() async throws {
    try await TemporaryDirectory.with { directory in
      var cut = PythonProject("cut")
      cut.isCutOff = true
      var options = IndexServer.Options()
      options.token = "idx_T0pSecretIndexToken4711"
      let index = try IndexServer.start(root: "\(directory)/index", options: options)
      defer { index.stop() }
      try index.publish(PythonProject("alpha"), cut)
      let circle = try GitServer.start(root: directory, mode: .redirect(""))
      defer { circle.stop() }
      let broken = try GitServer.start(root: directory, mode: .fail)
      defer { broken.stop() }
      let gone = try GitServer.start(root: directory)
      gone.stop()
      let proxies = ProxySettings(variables: ["http_proxy": gone.url(), "no_proxy": "127.0.0.1"])
      var settings = WebClient.Settings()
      settings.attempts = 1
      let client = WebClient(settings: settings, proxies: proxies)
      let credentials = Credentials(username: "user", password: options.token ?? "")
      let downloader = WebDownloader(client: client) { $0.contains("open") ? nil : credentials }
      let files = "http://127.0.0.1:\(index.port)/files"
      let path = "\(directory)/download"
      var record = ComplaintRecord()
      func download(_ title: String, _ file: LockedFile) async throws {
        try await record.add(title) { try await downloader.download(file, to: path, progress: { _ in }) }
        #expect(!Files.exists(path))
      }

      try await record.add("a server that is not there") { _ = try await client.getAll(gone.url("simple/")) }
      try await record.add("a proxy that is not there") { _ = try await client.getAll("http://p.example.com/simple/") }
      try await record.add("a circle") { _ = try await client.getAll(circle.url("simple/")) }
      try await record.add("an answer without an end") {
        _ = try await client.getAll("\(index.url())/alpha/", credentials: credentials, limit: 10)
      }
      try await record.add("an answer that breaks off") {
        let url = "\(files)/cut-1.0-py3-none-any.whl"
        do {
          try await client.get(url, credentials: credentials) { try await $0.forEachChunk { _ in } }
        } catch { throw WebClient.brokenOff(url, error) ?? error }
      }
      try await download("a file that breaks off", file("cut.whl", "\(files)/cut-1.0-py3-none-any.whl"))
      try await record.add("a file of unknown content that breaks off") {
        _ = try await downloader.fetchUnknown(file("cut.whl", "\(files)/cut-1.0-py3-none-any.whl"), to: path)
      }
      try await download("another file", file("alpha.whl", "\(files)/alpha-1.0-py3-none-any.whl"))
      try await download("a longer file", file("alpha.whl", "\(files)/alpha-1.0-py3-none-any.whl", size: 7))
      try await download("no file", file("absent.whl", "\(files)/absent-1.0-py3-none-any.whl"))
      try await download("no credentials", file("alpha.whl", "\(files)/open/alpha-1.0-py3-none-any.whl"))
      try await download("a server that fails", file("alpha.whl", broken.url("alpha.whl")))
      try await download("a file of this machine that is gone", file("alpha.whl", "file://\(directory)/absent.whl"))
      try Files.write("other", to: "\(directory)/other.whl")
      try await download("another file of this machine", file("alpha.whl", "file://\(directory)/other.whl"))
      await client.shutdown()
      #expect(!record.text.contains(credentials.password))
      #expect(try record.isOnRecord(as: "network", beside: #filePath, replacing: [(directory, "DIR")]))
    }
  }
}
