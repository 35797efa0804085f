internal import Glibc
internal import Model
internal import Network
internal import Platform

/// Pages of indexes as they were sent. Source: RFC 9111, as far as a private cache of one kind of thing needs it.
///
/// A page is taken unasked while its server says that it may be, ten minutes at most; after that the server is asked whether
/// it has another. What says that it is not to be kept is not, and neither is what has no tag and no time.
struct PageCache: Sendable {
  /// The `pages` of a state directory's cache.
  var directory: String

  /// A page that is kept.
  struct Kept: Sendable {
    /// What the server calls it.
    var entityTag: String?
    /// What the server says it is.
    var contentType: String?
    /// Until when it is taken unasked; in seconds since 1970.
    var until: Int
    /// The digest of its bytes.
    var digest: String
  }

  /// The longest time, in seconds, for which a server is not asked.
  private static let longest = 600

  /// The page that was sent from there; nil where none is kept.
  func page(at url: String) -> Kept? {
    guard let bytes = try? Files.readIfPresent("\(path(of: url)).head") else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 4, let until = Int(lines[0]) else { return nil }
    return Kept(
      entityTag: lines[1].isEmpty ? nil : String(lines[1]), contentType: lines[2].isEmpty ? nil : String(lines[2]),
      until: until, digest: String(lines[3]))
  }

  /// Whether a page is taken unasked now.
  func isFresh(_ kept: Kept) -> Bool { time(nil) < kept.until }

  /// The page's bytes.
  func bytes(at url: String) throws -> [UInt8] { try Files.read("\(path(of: url)).page") }

  /// Keeps an answer where that may be; what is kept then.
  func keep(_ document: WebDocument, at url: String) -> Kept? {
    let seconds = Self.seconds(document)
    let isPlain = [document.entityTag, document.contentType].allSatisfy { $0?.contains("\n") != true }
    guard let seconds, seconds > 0 || document.entityTag != nil, isPlain else { return nil }
    let kept = Kept(
      entityTag: document.entityTag, contentType: document.contentType, until: time(nil) + seconds,
      digest: Digest.sha256(document.bytes))
    do throws(Failure) {
      try Files.makeDirectory(directory)
      try Files.replace("\(path(of: url)).page", with: document.bytes, mode: 0o600)
      try write(kept, of: url)
    } catch {
      // Asked for again next time.
      return nil
    }
    return kept
  }

  /// The server has no other: it is taken unasked for as long again.
  func renew(_ kept: Kept, by answer: WebDocument, at url: String) {
    var kept = kept
    kept.until = time(nil) + (Self.seconds(answer) ?? 0)
    try? write(kept, of: url)
  }

  private func write(_ kept: Kept, of url: String) throws(Failure) {
    let lines = ["\(kept.until)", kept.entityTag ?? "", kept.contentType ?? "", kept.digest]
    try Files.replace("\(path(of: url)).head", with: Array(lines.joined(separator: "\n").utf8), mode: 0o600)
  }

  private func path(of url: String) -> String { "\(directory)/\(Digest.sha256(url))" }

  /// For how many seconds from now an answer may be taken unasked; nil where it is not to be kept at all.
  static func seconds(_ document: WebDocument) -> Int? {
    let words = (document.cacheControl ?? "").lowercased().split { $0 == "," || $0 == " " }.map(String.init)
    guard !words.contains("no-store") else { return nil }
    guard !words.contains("no-cache"), let age = words.first(where: { $0.hasPrefix("max-age=") }),
      let seconds = Int(age.dropFirst("max-age=".count))
    else { return 0 }
    return max(0, min(seconds, longest) - (document.age.flatMap { Int($0) } ?? 0))
  }
}
