internal import FoundationEssentials
internal import Model

/// A project's page of the simple repository API, in its JSON form.
///
/// Source: Python Packaging User Guide, "Simple repository API" (PEP 503, 592, 658, 691, 700, 714).
struct SimplePage: Codable {
  struct Meta: Codable {
    var version = "1.1"
    enum CodingKeys: String, CodingKey { case version = "api-version" }
  }

  struct File: Codable {
    var filename: String
    var url: String
    var hashes: [String: String]
    var requiresPython: String?
    var coreMetadata: Flag?
    var yanked: Flag?
    var size: Int?
    var uploadTime: String?

    enum CodingKeys: String, CodingKey {
      case filename, url, hashes, yanked, size
      case requiresPython = "requires-python"
      case coreMetadata = "core-metadata"
      case uploadTime = "upload-time"
    }
  }

  /// A key that is false, true, a reason, or hashes.
  enum Flag: Codable {
    case bool(Bool)
    case text(String)
    case hashes([String: String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(String.self) {
        self = .text(value)
      } else {
        self = .hashes(try container.decode([String: String].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .hashes(let value): try container.encode(value)
      }
    }
  }

  var meta = Meta()
  var name: String
  var files: [File]

  /// Reads a page that a server sent as JSON.
  static func json(_ bytes: [UInt8]) -> SimplePage? {
    try? JSONDecoder().decode(SimplePage.self, from: Data(bytes))
  }

  /// The page as JSON.
  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    return Array(try encoder.encode(self))
  }

  /// Reads the anchors of a page that a server sent as HTML (PEP 503).
  static func html(_ bytes: [UInt8], name: String) -> SimplePage {
    var files: [File] = []
    var rest = Substring(String(decoding: bytes, as: UTF8.self))
    while let start = anchor(in: rest, closing: false) {
      rest = rest[start.upperBound...]
      guard let close = rest.firstIndex(of: ">"), let end = anchor(in: rest, closing: true) else { break }
      let attributes = attributes(of: rest[..<close])
      let text = close < end.lowerBound ? rest[rest.index(after: close)..<end.lowerBound].trimmed : ""
      rest = rest[end.upperBound...]
      guard let href = attributes["href"] else { continue }
      let parts = href.split(separator: "#", maxSplits: 1).map(String.init)
      guard let url = parts.first else { continue }
      var hashes: [String: String] = [:]
      if parts.count == 2, let equals = parts[1].firstIndex(of: "=") {
        hashes[String(parts[1][..<equals])] = String(parts[1][parts[1].index(after: equals)...])
      }
      let metadata = attributes["data-core-metadata"] ?? attributes["data-dist-info-metadata"]
      files.append(
        File(
          filename: text.isEmpty ? url.split(separator: "/").last.map(String.init) ?? url : text, url: url,
          hashes: hashes, requiresPython: attributes["data-requires-python"],
          coreMetadata: metadata.map { _ in .bool(true) },
          yanked: attributes["data-yanked"].map { $0.isEmpty ? .bool(true) : .text($0) }))
    }
    return SimplePage(name: name, files: files)
  }

  /// Where the next `<a ` or `</a` stands, in whatever case.
  private static func anchor(in text: Substring, closing: Bool) -> Range<Substring.Index>? {
    let mark = closing ? "</a" : "<a"
    var rest = text
    while let start = rest.firstIndex(of: "<") {
      let word = rest[start...].prefix(mark.count)
      rest = rest[rest.index(after: start)...]
      guard word.lowercased() == mark else { continue }
      // `<abbr` is no anchor.
      if closing || text[word.endIndex...].first?.isWhitespace == true { return start..<word.endIndex }
    }
    return nil
  }

  private static func attributes(of tag: Substring) -> [String: String] {
    var found: [String: String] = [:]
    var rest = tag
    while true {
      rest = rest.drop(while: \.isWhitespace)
      guard !rest.isEmpty else { return found }
      let key = rest.prefix { $0 != "=" && !$0.isWhitespace }
      rest = rest[key.endIndex...].drop(while: \.isWhitespace)
      guard rest.first == "=" else {
        found[key.lowercased()] = ""
        continue
      }
      rest = rest.dropFirst().drop(while: \.isWhitespace)
      let quote = rest.first
      if let quote, quote == "\"" || quote == "'" {
        let value = rest.dropFirst().prefix { $0 != quote }
        found[key.lowercased()] = unescaped(value)
        rest = rest[value.endIndex...].dropFirst()
      } else {
        let value = rest.prefix { !$0.isWhitespace }
        found[key.lowercased()] = unescaped(value)
        rest = rest[value.endIndex...]
      }
    }
  }

  private static func unescaped(_ text: Substring) -> String {
    guard text.contains("&") else { return String(text) }
    var result = String(text)
    for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
      result = result.replacing(entity, with: character)
    }
    return result
  }
}

/// URLs of package files as the loopback index gives them, and back.
struct LoopbackAddress: Sendable {
  /// `http://127.0.0.1:PORT`.
  let root: String

  /// The port; zero for an address without one.
  var port: Int {
    let authority = root.split(separator: "/").dropFirst().first ?? ""
    return authority.split(separator: ":").last.flatMap { Int($0) } ?? 0
  }

  /// `https://host/path` → `<root>/files/https/host/path`. What has another scheme is not found there.
  func local(_ url: String) -> String {
    guard let colon = url.firstRange(of: "://") else { return url }
    return "\(root)/files/\(url[..<colon.lowerBound])/\(url[colon.upperBound...])"
  }

  /// The inverse of `local`; nil for URLs that are not below `files`.
  func remote(_ url: String) -> String? {
    let prefix = "\(root)/files/"
    guard url.hasPrefix(prefix) else { return nil }
    return LoopbackAddress.remote(path: url.dropFirst(prefix.count))
  }

  /// What a program says, with the real URLs in place of ours: the address holds a segment that nobody is to know.
  func shown(_ text: String) -> String {
    text.replacing("\(root)/files/https/", with: "https://").replacing("\(root)/files/http/", with: "http://")
      .replacing("\(root)/base/simple", with: "the package index").replacing(
        "\(root)/simple", with: "the package index"
      )
      .replacing(root, with: "the package index")
  }

  /// `https/host/path` → `https://host/path`.
  static func remote(path: Substring) -> String? {
    guard let slash = path.firstIndex(of: "/") else { return nil }
    let scheme = path[..<slash]
    let isLocal = scheme == "file" && path[slash...].hasPrefix("//")
    guard scheme == "http" || scheme == "https" || isLocal else { return nil }
    return "\(scheme)://\(path[path.index(after: slash)...])"
  }

  /// A reference in a page, resolved against the page's own URL (RFC 3986, the forms that indexes use), without user
  /// info: an index's credentials come from its settings, and no lockfile may hold any.
  static func absolute(_ reference: String, on page: String) -> String {
    withoutUserInfo(resolved(reference, on: page))
  }

  private static func withoutUserInfo(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return url }
    return String(url[..<scheme.upperBound] + url[authority.index(after: at)...])
  }

  private static func resolved(_ reference: String, on page: String) -> String {
    if hasScheme(reference) { return reference }
    guard let scheme = page.firstRange(of: "://") else { return reference }
    if reference.hasPrefix("//") { return page[..<scheme.lowerBound] + ":" + reference }
    let slash = page[scheme.upperBound...].firstIndex(of: "/") ?? page.endIndex
    let origin = String(page[..<slash])
    if reference.hasPrefix("/") { return origin + reference }
    var directory = page[slash...].split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    if !directory.isEmpty { directory.removeLast() }
    for part in reference.split(separator: "/", omittingEmptySubsequences: false) {
      switch part {
      case ".": continue
      case "..": _ = directory.popLast()
      default: directory.append(String(part))
      }
    }
    return origin + "/" + directory.joined(separator: "/")
  }

  /// Whether a reference begins with `scheme://`; `./x?from=https://…` does not.
  private static func hasScheme(_ reference: String) -> Bool {
    guard let range = reference.firstRange(of: "://") else { return false }
    return reference[..<range.lowerBound].allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) }
  }
}
