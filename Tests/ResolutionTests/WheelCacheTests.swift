import Model
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Resolution

@Suite struct WheelCacheTests {
  /// Counts its builds, which do not end before both who want one have asked.
  private final class Counting: Builder {
    let count = Mutex(0)
    let asked: AsyncStream<Void>

    init(asked: AsyncStream<Void>) { self.asked = asked }

    func buildWheel(
      from source: String, dated sourceDate: Int, for interpreter: Interpreter, into directory: String
    ) async throws -> String {
      count.withLock { $0 += 1 }
      var number = 0
      for await _ in asked {
        number += 1
        if number == 2 { break }
      }
      try Files.write("\(sourceDate)", to: "\(directory)/slow-1.0-py3-none-any.whl")
      return "\(directory)/slow-1.0-py3-none-any.whl"
    }
  }

  private struct Empty: Downloader {
    func download(_ file: LockedFile, to path: String, progress: @escaping @Sendable (Int) -> Void) async throws {
      try Files.write("", to: path)
    }
  }

  /// As two commands do that lock two environments of one state directory at the same time.
  @Test func buildsOnceForAllWhoWantIt() async throws {
    try await ResolutionBench.with { bench in
      let (asked, ask) = AsyncStream.makeStream(of: Void.self)
      let builder = Counting(asked: asked)
      let cache = WheelCache(
        state: bench.state, sources: ResolutionBench.Repositories(), builder: { builder }, announce: { _ in })
      let sdist = LockedFile(
        name: "slow-1.0.tar.gz", url: "https://example.com/slow-1.0.tar.gz", size: nil,
        sha256: String(repeating: "0", count: 64))
      let interpreter = bench.interpreter
      let paths = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<2 {
          group.addTask {
            ask.yield()
            return try await cache.wheel(ofSdist: sdist, for: interpreter, downloader: Empty())
          }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(builder.count.withLock { $0 } == 1)
      // What has no time of its own gets that of the first ZIP archives.
      let path = try #require(paths.first)
      let date = String(decoding: try Files.read(path), as: UTF8.self)
      #expect(paths.count == 1 && date == "315532800")
    }
  }
}
