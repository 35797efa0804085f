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
    /// The page.
    var body: [UInt8]

    /// What is sent along when the server is asked whether the page is still the same; empty where it can only be sent anew.
    var conditions: [(String, String)] {
      guard status == 200 else { return [] }
      return [("if-none-match", etag), ("if-modified-since", lastModified)].filter { !$0.1.isEmpty }
    }

    /// Whether the page is in JSON (PEP 691).
    var isJSON: Bool { contentType.contains("json") }

    /// The page, as an answer.
    var document: WebDocument {
      WebDocument(status: status, bytes: body, headers: contentType.isEmpty ? [:] : ["content-type": contentType])
    }
  }

  /// What is kept of a page; nil where nothing is, or what is cannot be read.
  func entry(_ url: String) -> Entry? {
    guard let bytes = try? Files.readIfPresent(path(of: url)), let entry = PageCache.decode(bytes), entry.url == url
    else { return nil }
    return entry
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

  private func write(_ entry: Entry) {
    let path = path(of: entry.url)
    // For this user's eyes alone: an index may be private.
    try? Files.makeDirectory(path.parentPath, mode: 0o700)
    try? Files.replace(path, with: PageCache.encode(entry), mode: 0o600, isDurable: false)
  }

  private func path(of url: String) -> String { "\(directory)/\(Digest.sha256(url))" }

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

  private static let mark = "pinion-page 1"

  /// A head of lines, an empty line, and the page.
  static func encode(_ entry: Entry) -> [UInt8] {
    let head = [
      mark, entry.url, "\(entry.status)", "\(entry.freshUntil)", entry.tag, entry.etag, entry.lastModified,
      entry.contentType,
    ]
    return Array((head.joined(separator: "\n") + "\n\n").utf8) + entry.body
  }

  /// Nil for what `encode` did not write, or what lost its end.
  static func decode(_ bytes: [UInt8]) -> Entry? {
    var rest = bytes[...]
    var lines: [String] = []
    while lines.count < 9, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(String(decoding: rest[..<end], as: UTF8.self))
      rest = rest[(end + 1)...]
    }
    guard lines.count == 9, lines[0] == mark, let status = Int(lines[2]), let freshUntil = Int(lines[3]) else {
      return nil
    }
    let body = Array(rest)
    guard Digest.sha256(body) == lines[4] else { return nil }
    return Entry(
      url: lines[1], status: status, freshUntil: freshUntil, tag: lines[4], etag: lines[5], lastModified: lines[6],
      contentType: lines[7], body: body)
  }
}
