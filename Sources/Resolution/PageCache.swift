internal import Model
internal import Network
internal import Platform

/// What indexes said of names, kept on disk: a page is asked for again only when it may have changed, and what is kept serves where
/// no server is to be asked.
///
/// Source: RFC 9111 (freshness by `max-age`, validation by `ETag` and `Last-Modified`, `no-store`).
struct PageCache: Sendable {
  /// Where pages are kept.
  var directory: String
  /// The time, in seconds since 1970.
  var now: @Sendable () -> Int

  /// No page is believed for longer unasked, whatever its server says: uv's users wait as long for a release, 10 minutes.
  static let longestFreshness = 600

  /// One answer.
  struct Entry: Sendable, Equatable {
    /// The page's address, without user info.
    var url: String
    /// The HTTP status: 200, or 404 and 410, which say that the index has no such name.
    var status: Int
    /// Until when nobody need be asked, in seconds since 1970.
    var freshUntil: Int
    /// What tells the body from any other: its SHA-256.
    var tag: String
    /// The server's own mark of the body; empty without one.
    var etag = ""
    /// When the server says that the body was last changed; empty where it does not.
    var lastModified = ""
    /// What the server says the body is; empty where it does not.
    var contentType = ""
    /// The page, where it is at hand; else `PageCache.body(of:)` reads it.
    var body: [UInt8]?

    /// What is sent along when the server is asked whether the page is still the same; empty where it can only be sent anew.
    var conditions: [(String, String)] {
      guard status == 200 else { return [] }
      return [("if-none-match", etag), ("if-modified-since", lastModified)].filter { !$0.1.isEmpty }
    }

    /// Whether the page is in JSON (PEP 691).
    var isJSON: Bool { contentType.contains("json") }

    /// The page, as an answer.
    func document(_ body: [UInt8]) -> WebDocument {
      WebDocument(status: status, bytes: body, headers: contentType.isEmpty ? [:] : ["content-type": contentType])
    }
  }

  /// What is kept of a page, itself left on disk: megabytes that nobody may need. Nil where nothing is, or what is cannot be read.
  func entry(_ url: String) -> Entry? {
    guard let bytes = try? Files.readIfPresent(path(of: url)), let entry = PageCache.decode(bytes), entry.url == url
    else { return nil }
    return entry
  }

  /// The page of an entry; nil where it is not what it was.
  func body(of entry: Entry) -> [UInt8]? {
    if let body = entry.body { return body }
    guard let bytes = try? Files.readIfPresent(pagePath(of: entry.url)), Digest.sha256(bytes) == entry.tag else {
      return nil
    }
    return bytes
  }

  /// Keeps an answer, and returns it as it is kept. A cache that cannot be written to is none: nothing depends on it.
  func keep(_ document: WebDocument, of url: String) -> Entry {
    let body = document.status == 200 ? document.bytes : []
    let entry = Entry(
      url: url, status: document.status, freshUntil: now() + PageCache.freshness(document.headers),
      tag: Digest.sha256(body), etag: document.headers["etag"] ?? "",
      lastModified: document.headers["last-modified"] ?? "", contentType: document.contentType ?? "",
      body: body)
    if !PageCache.directives(document.headers).contains("no-store") { write(entry) }
    return entry
  }

  /// Keeps that a page is still what it was, as an answer 304 says.
  func renew(_ entry: Entry, _ answer: WebDocument) -> Entry {
    var entry = entry
    let freshUntil = now() + PageCache.freshness(answer.headers)
    guard freshUntil > entry.freshUntil else { return entry }
    entry.freshUntil = freshUntil
    write(entry)
    return entry
  }

  /// The page first: what is said of it must never be said of another. A head whose page is not there is none.
  private func write(_ entry: Entry) {
    // For this user's eyes alone: an index may be private.
    try? Files.makeDirectory(directory, mode: 0o700)
    if let body = entry.body, entry.status == 200 {
      try? Files.replace(pagePath(of: entry.url), with: body, mode: 0o600, isDurable: false)
    }
    try? Files.replace(path(of: entry.url), with: PageCache.encode(entry), mode: 0o600, isDurable: false)
  }

  private func path(of url: String) -> String { "\(directory)/\(Digest.sha256(url))" }

  private func pagePath(of url: String) -> String { path(of: url) + ".page" }

  // MARK: Headers

  /// For how many seconds an answer need not be asked for again.
  static func freshness(_ headers: [String: String]) -> Int {
    let directives = directives(headers)
    guard !directives.contains("no-cache"), !directives.contains("no-store"),
      let age = directives.lazy.compactMap({ $0.hasPrefix("max-age=") ? Int($0.dropFirst(8)) : nil }).first
    else { return 0 }
    return max(0, min(age, longestFreshness) - max(0, headers["age"].flatMap { Int($0) } ?? 0))
  }

  private static func directives(_ headers: [String: String]) -> Set<String> {
    Set((headers["cache-control"] ?? "").split(separator: ",").map { $0.trimmed.lowercased() })
  }

  // MARK: Files

  private static let mark = "pinion-page 2"

  /// Lines, and an empty one.
  static func encode(_ entry: Entry) -> [UInt8] {
    let head = [
      mark, entry.url, "\(entry.status)", "\(entry.freshUntil)", entry.tag, entry.etag, entry.lastModified,
      entry.contentType,
    ]
    let text = head.joined(separator: "\n") + "\n"
    return Array((text + Digest.sha256(text) + "\n\n").utf8)
  }

  /// Nil for what `encode` did not write, or what lost its end.
  static func decode(_ bytes: [UInt8]) -> Entry? {
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count == 11, lines[0] == mark, lines[9].isEmpty, lines[10].isEmpty, let status = Int(lines[2]),
      let freshUntil = Int(lines[3]),
      Digest.sha256(lines[..<8].joined(separator: "\n") + "\n") == lines[8]
    else { return nil }
    return Entry(
      url: lines[1], status: status, freshUntil: freshUntil, tag: lines[4], etag: lines[5], lastModified: lines[6],
      contentType: lines[7])
  }
}
