import Network
import Platform
import TestSupport
import Testing

@testable import Resolution

/// How long pages of indexes are kept.
@Suite struct PageCacheTests {
  @Test(
    arguments: [
      ("max-age=600, public", nil, 600), ("public,max-age=60", nil, 60), ("max-age=600", "100", 500),
      ("max-age=60", "100", 0), ("max-age=86400", nil, 600), ("no-cache, max-age=60", nil, 0), ("max-age=x", nil, 0),
      ("MAX-AGE=60", nil, 60), (nil, nil, 0), ("no-store", nil, nil), ("max-age=60, no-store", nil, nil),
    ] as [(String?, String?, Int?)])
  func secondsUnasked(_ cacheControl: String?, _ age: String?, _ seconds: Int?) {
    #expect(
      PageCache.seconds(WebDocument(status: 200, bytes: [], cacheControl: cacheControl, age: age)) == seconds)
  }

  @Test func whatMayBeKeptIsKept() async throws {
    try await TemporaryDirectory.with { directory in
      let cache = PageCache(directory: "\(directory)/pages")
      let url = "https://packages.example.com/simple/alpha/"
      let bytes = Array("{}".utf8)
      #expect(cache.page(at: url) == nil)
      #expect(cache.keep(WebDocument(status: 200, bytes: bytes), at: url) == nil)
      #expect(
        cache.keep(WebDocument(status: 200, bytes: bytes, entityTag: "\"1\"", cacheControl: "no-store"), at: url) == nil
      )
      #expect(cache.page(at: url) == nil)

      let tagged = WebDocument(status: 200, bytes: bytes, contentType: "application/json", entityTag: "\"1\"")
      #expect(cache.keep(tagged, at: url) != nil)
      let kept = try #require(cache.page(at: url))
      #expect(kept.entityTag == "\"1\"" && kept.contentType == "application/json" && !cache.isFresh(kept))
      #expect(try cache.bytes(at: url) == bytes)
      #expect(cache.page(at: url + "x") == nil)

      cache.renew(kept, by: WebDocument(status: 304, bytes: [], cacheControl: "max-age=60"), at: url)
      let renewed = try #require(cache.page(at: url))
      #expect(cache.isFresh(renewed) && renewed.digest == kept.digest && renewed.entityTag == kept.entityTag)
    }
  }
}
