import Network
import Platform
import TestSupport
import Testing

@testable import Resolution

@Suite("What indexes said is kept on disk")
struct PageCacheTests {
  private static let url = "https://p.example.com/simple/alpha/"

  @Test(arguments: [
    (["cache-control": "max-age=60"], 60), (["cache-control": "public, MAX-AGE=60"], 60),
    (["cache-control": "max-age=60", "age": "50"], 10), (["cache-control": "max-age=60", "age": "70"], 0),
    (["cache-control": "max-age=31536000"], 600), (["cache-control": "max-age=31536000", "age": "900"], 0),
    (["cache-control": "no-cache, max-age=60"], 0), (["cache-control": "no-store, max-age=60"], 0),
    (["cache-control": "max-age=-5"], 0), (["cache-control": "max-age=soon"], 0), (["age": "5"], 0), ([:], 0),
  ])
  func freshness(headers: [String: String], seconds: Int) {
    #expect(PageCache.freshness(headers) == seconds)
  }

  @Test func answersAreKept() async throws {
    try await TemporaryDirectory.with { directory in
      let cache = PageCache(directory: "\(directory)/pages", now: { 1000 })
      #expect(cache.entry(Self.url) == nil)
      let headers = [
        "content-type": "application/json", "etag": "\"one\"", "last-modified": "Tue, 24 Nov 2026 10:00:00 GMT",
        "cache-control": "max-age=60",
      ]
      let body = Array("{\"files\": []}\n\nmore\n".utf8)
      let entry = cache.keep(WebDocument(status: 200, bytes: body, headers: headers), of: Self.url)
      let kept = try #require(cache.entry(Self.url))
      #expect(kept.body == nil && cache.body(of: kept) == body && kept.tag == entry.tag)
      #expect(entry.body == body && entry.freshUntil == 1060 && entry.document(body).contentType == "application/json")
      #expect(entry.conditions.map(\.0) == ["if-none-match", "if-modified-since"])
      #expect(cache.entry("https://p.example.com/simple/beta/") == nil)

      // An answer 304 makes it fresh again.
      let later = PageCache(directory: "\(directory)/pages", now: { 2000 })
      let renewed = later.renew(kept, WebDocument(status: 304, bytes: [], headers: ["cache-control": "max-age=60"]))
      #expect(renewed.freshUntil == 2060 && later.body(of: renewed) == body && later.entry(Self.url) == renewed)

      // An absence has no body, and is asked for without conditions.
      let absent = later.keep(WebDocument(status: 404, bytes: body, headers: headers), of: Self.url)
      #expect(absent.conditions.isEmpty && later.entry(Self.url)?.status == 404)
      _ = later.keep(
        WebDocument(status: 200, bytes: body, headers: ["cache-control": "no-store"]), of: "\(Self.url)secret/")
      #expect(later.entry("\(Self.url)secret/") == nil)
    }
  }

  @Test func whatIsDamagedIsNotBelieved() async throws {
    try await TemporaryDirectory.with { directory in
      let cache = PageCache(directory: directory, now: { 0 })
      _ = cache.keep(WebDocument(status: 200, bytes: Array("page".utf8)), of: Self.url)
      #expect(try Files.list(directory).count == 2)
      for name in try Files.list(directory) {
        let file = "\(directory)/\(name)"
        let whole = try Files.read(file)
        /// The page, if it is believed.
        func page() -> [UInt8]? { cache.entry(Self.url).flatMap(cache.body) }
        for length in 0..<whole.count {
          try Files.write(Array(whole[..<length]), to: file)
          #expect(page() == nil, "of \(length) bytes")
        }
        for number in whole.indices {
          var bytes = whole
          bytes[number] ^= 1
          try Files.write(bytes, to: file)
          #expect(page() == nil, "byte \(number)")
        }
        try Files.remove(file)
        #expect(page() == nil)
        try Files.write(whole, to: file)
        #expect(page() == Array("page".utf8))
      }
      // Nothing depends on it: a directory that cannot be made is no error.
      let file = "\(directory)/\(try #require(try Files.list(directory).first))"
      let nowhere = PageCache(directory: "\(file)/below", now: { 0 })
      #expect(nowhere.keep(WebDocument(status: 200, bytes: [1]), of: Self.url).body == [1])
    }
  }
}
