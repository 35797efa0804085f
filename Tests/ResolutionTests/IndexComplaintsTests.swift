import Model
import Platform
import TestSupport
import Testing

@testable import Network
@testable import Resolution

/// Every complaint about package indexes and what comes from them, on record in `Snapshots/indexes.txt`.
@Suite struct IndexComplaintsTests {
  private static let token = "idx_T0pSecretIndexToken4711"

  private func index(_ url: String) throws -> PackageIndex {
    PackageIndex(name: "test", url: try IndexSettings(variables: [:], secrets: SecretRegistry()).parse(url))
  }

  /// What is noted of a name on those routes.
  private func noted(_ routes: IndexRoutes, _ bench: ResolutionBench, name: String = "alpha") async throws
    -> [Diagnostic]
  {
    let credentials = IndexCredentials(indexes: routes.all, variables: Variables([:]))
    let pages = UpstreamPages(routes: routes, credentials: credentials, client: bench.client, cache: bench.pages)
    do { _ = try await pages.page(of: try #require(PackageName(name))) } catch is UpstreamPages.GaveUp {}
    return pages.complaints
  }

  @Test func pages() async throws {
    try await ResolutionBench.with { bench in
      var options = IndexServer.Options()
      options.token = Self.token
      let server = try IndexServer.start(root: "\(bench.directory)/index", options: options)
      defer { server.stop() }
      try server.publish(PythonProject("alpha"))
      let broken = try GitServer.start(root: bench.directory, mode: .fail)
      defer { broken.stop() }
      let alpha = try #require(PackageName("alpha"))
      let good = try index(server.url(userInfo: "user:\(Self.token)"))
      var record = ComplaintRecord()
      record.add("no credentials", try await noted(IndexRoutes(indexes: [index(server.url())]), bench))
      record.add(
        "wrong credentials", try await noted(IndexRoutes(indexes: [index(server.url(userInfo: "user:wrong"))]), bench))
      record.add("a server that fails", try await noted(IndexRoutes(indexes: [index(broken.url("simple"))]), bench))
      record.add(
        "a server that is not there", try await noted(IndexRoutes(indexes: [index("http://127.0.0.1:9/simple")]), bench)
      )
      let hash = try FileHash("sha256", String(repeating: "0", count: 64))
      for (title, rule) in [
        ("other hashes", RequirementOptions(hashes: [hash])), ("--no-binary", RequirementOptions(binaries: .none)),
      ] {
        record.add(title, try await noted(IndexRoutes(indexes: [good], options: [alpha: rule]), bench))
      }
      record.add("all of it too new", try await noted(IndexRoutes(indexes: [good], newest: 0), bench))
      let absent = RemoteURL(scheme: "file", host: "", path: "\(bench.directory)/absent")
      record.add(
        "--find-links to nothing",
        try await noted(
          IndexRoutes(indexes: [good], options: [alpha: RequirementOptions(findLinks: [absent])]), bench))
      let pages = UpstreamPages(
        routes: IndexRoutes(indexes: []), credentials: IndexCredentials(indexes: [], variables: Variables([:])),
        client: bench.client, cache: bench.pages)
      #expect(throws: UpstreamPages.GaveUp.self) {
        try pages.read(
          WebDocument(status: 200, bytes: Array("{".utf8), headers: ["content-type": "application/json"]), of: alpha,
          at: "https://p.example.com/simple/alpha/")
      }
      record.add("a page that is cut off", pages.complaints)
      try record.add("PIP_INDEX_URL=ftp://p.example.com") {
        _ = try IndexSettings(variables: ["PIP_INDEX_URL": "ftp://p.example.com"], secrets: SecretRegistry())
          .configured()
      }
      try Files.makeDirectory("\(bench.directory)/config/uv")
      try Files.write("index-url = https://p.example.com\n", to: "\(bench.directory)/config/uv/uv.toml")
      try record.add("a uv.toml that is no TOML") {
        _ = try IndexSettings(variables: ["XDG_CONFIG_HOME": "\(bench.directory)/config"], secrets: SecretRegistry())
          .configured()
      }
      #expect(!record.text.contains(Self.token) && !record.text.contains("wrong@"))
      #expect(try record.isOnRecord(as: "indexes", beside: #filePath, replacing: bench.replacing()))
    }
  }

  @Test func metadata() async throws {
    try await ResolutionBench.with { bench in
      let server = try IndexServer.start(root: "\(bench.directory)/index")
      defer { server.stop() }
      let name = try #require(PackageName("alpha"))
      func solved(_ file: String?, sha256: String) -> SolvedDistribution {
        let wheels = file.map {
          [LockedFile(name: "alpha-1.0-py3-none-any.whl", url: $0, size: nil, sha256: sha256)]
        }
        return SolvedDistribution(name: name, version: "1.0", index: "", wheels: wheels ?? [], sdist: nil)
      }
      let reader = DependencyReader(
        context: bench.context(), interpreter: bench.interpreter, wheels: bench.wheels(),
        wheelReading: ResolutionBench.Wheels(metadata: "Name: other\nVersion: 1.0\n"),
        credentials: IndexCredentials(indexes: [], variables: Variables([:])))
      try Files.write("x", to: "\(bench.directory)/alpha.whl")
      var record = ComplaintRecord()
      try await record.add("nothing that fits") { _ = try await reader.metadata(of: [solved(nil, sha256: "")]) }
      try await record.add("METADATA of another distribution") {
        let sha256 = try FileDigest.sha256("\(bench.directory)/alpha.whl")
        _ = try await reader.metadata(of: [solved("file://\(bench.directory)/alpha.whl", sha256: sha256)])
      }
      try await record.add("a file without a hash, and without the file") {
        let hashes = Hashes(
          client: bench.client, credentials: IndexCredentials(indexes: [], variables: Variables([:])))
        _ = try await hashes.filled([solved("http://127.0.0.1:\(server.port)/files/absent.whl", sha256: "")])
      }
      try await record.add("a file that is not the one that the entry means") {
        let hash = try FileHash("sha256", String(repeating: "0", count: 64))
        let hashes = Hashes(
          client: bench.client, credentials: IndexCredentials(indexes: [], variables: Variables([:])),
          wanted: [name: [hash]])
        _ = try await hashes.filled([solved("file://\(bench.directory)/alpha.whl", sha256: "")])
      }
      #expect(try record.isOnRecord(as: "metadata", beside: #filePath, replacing: bench.replacing()))
    }
  }
}
