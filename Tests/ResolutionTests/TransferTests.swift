import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Network

@Suite("A download that breaks off is taken up where it broke off")
struct TransferTests {
  /// An index whose wheel of some 40 KiB comes in parts.
  private static func with(
    crumb: Int, ignoresRanges: Bool = false,
    _ body: (_ index: IndexServer, _ downloader: WebDownloader, _ directory: String, _ file: LockedFile) async throws ->
      Void
  ) async throws {
    try await TemporaryDirectory.with { directory in
      let index = try IndexServer.start(root: "\(directory)/index")
      defer { index.stop() }
      var project = PythonProject(
        "alpha", files: ["alpha.py": String(repeating: "# a line of the module\n", count: 1700)])
      try index.publish(project)
      let client = WebClient()
      do {
        let url = "http://127.0.0.1:\(index.port)/files/alpha-1.0-py3-none-any.whl"
        let whole = try await client.getAll(url)
        #expect(whole.bytes.count > 39_000 && whole.bytes.count < 41_000)
        let file = LockedFile(
          name: "alpha.whl", url: url, size: whole.bytes.count, sha256: Digest.sha256(whole.bytes))
        (project.crumb, project.ignoresRanges) = (crumb, ignoresRanges)
        try index.publish(project)
        try await body(index, WebDownloader(client: client) { _ in nil }, directory, file)
      } catch {
        await client.shutdown()
        throw error
      }
      await client.shutdown()
    }
  }

  @Test func everyRequestAsksForTheRest() async throws {
    try await Self.with(crumb: 15_000) { index, downloader, directory, file in
      let counted = Mutex(0)
      let path = "\(directory)/alpha.whl"
      try await downloader.download(file, to: path) { bytes in counted.withLock { $0 += bytes } }
      let found = try FileDigest.sha256(path)
      #expect(found == file.sha256)
      #expect(counted.withLock(\.self) == file.size)
      let requests = try index.requests().compactMap { $0.firstMatch(of: #/ (\d+) from=(\d+) /#) }.map {
        "\($0.1) \($0.2)"
      }
      #expect(requests == ["200 0", "206 15000", "206 30000"])
    }
  }

  @Test func aServerWithoutRangesIsGivenUp() async throws {
    try await Self.with(crumb: 15_000, ignoresRanges: true) { index, downloader, directory, file in
      let counted = Mutex(0)
      let path = "\(directory)/alpha.whl"
      let failure = await #expect(throws: Failure.self) {
        try await downloader.download(file, to: path) { bytes in counted.withLock { $0 += bytes } }
      }
      #expect(failure?.diagnostics.first?.message == "the download of alpha.whl broke off")
      #expect(!Files.exists(path))
      // What came again is not counted twice.
      #expect(counted.withLock(\.self) == 15_000)
      let seen = try index.requests()
      #expect(seen.count { $0.contains("from=0") } == 1 + Patience.mostInVain)
    }
  }

  @Test func crumbsWithoutEndAreGivenUp() async throws {
    try await Self.with(crumb: 100) { index, downloader, directory, file in
      let failure = await #expect(throws: Failure.self) {
        try await downloader.download(file, to: "\(directory)/alpha.whl", progress: { _ in })
      }
      #expect(failure?.diagnostics.first?.code == .downloadFailed)
      let seen = try index.requests()
      #expect(seen.count { $0.contains("from=") } == Patience.most)
    }
  }

  @Test func anotherFileUnderTheNameIsFetchedWhole() async throws {
    try await Self.with(crumb: 25_000) { index, downloader, directory, file in
      // It is replaced once the first part came.
      let isReplaced = Atomic(false)
      let path = "\(directory)/alpha.whl"
      let failure = await #expect(throws: Failure.self) {
        try await downloader.download(file, to: path) { _ in
          guard isReplaced.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
          var other = PythonProject(
            "alpha", files: ["alpha.py": String(repeating: "# another line, just as long", count: 1300)])
          other.crumb = 25_000
          try? index.publish(other)
        }
      }
      #expect(failure?.diagnostics.first?.code == .hashMismatch)
      #expect(!Files.exists(path))
      let seen = try index.requests()
      #expect(seen.contains { $0.contains(" 200 from=0") })
    }
  }

  @Test func patienceEnds() {
    var patience = Patience()
    let first = patience.pause(hasGrown: false, chance: 0) ?? 0
    let second = patience.pause(hasGrown: false, chance: 1) ?? 0
    #expect((0.29...0.31).contains(first) && (1.79...1.81).contains(second))
    #expect(patience.pause(hasGrown: false, chance: 0) == nil)
    patience = Patience()
    var pauses: [Double] = []
    while let pause = patience.pause(hasGrown: true, chance: 0) { pauses.append(pause) }
    #expect(pauses.count == Patience.most - 1 && pauses.allSatisfy { $0 > 0 && $0 < 0.2 })
    patience = Patience()
    for _ in 0..<5 {
      #expect(patience.pause(hasGrown: false, chance: 0.5) != nil)
      #expect(patience.pause(hasGrown: false, chance: 0.5) != nil)
      #expect(patience.pause(hasGrown: true, chance: 0.5) != nil)
    }
  }

  @Test(arguments: [
    ("bytes 100-199/200", 100), ("Bytes 0-1/*", 0), ("bytes */200", nil), ("items 1-2/3", nil), ("bytes 5", 5),
    (nil, nil),
  ])
  func ranges(text: String?, start: Int?) {
    #expect(Transfer.start(ofRange: text) == start)
  }
}
