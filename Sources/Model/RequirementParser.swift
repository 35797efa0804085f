/// Reads PEP 508 requirements: `name[extra]>=1,<2 ; marker` and `name @ URL ; marker`.
public enum RequirementParser {
  /// A requirement's parts.
  public struct Parsed: Sendable, Hashable {
    /// The distribution's name.
    public var name: PackageName
    /// The name as it was written.
    public var rawName: String
    /// Extras as they were written, normalised.
    public var extras: [PackageName]
    /// The versions that will do; any, with a URL.
    public var specifiers: VersionSpecifiers
    /// What stands behind `@`, as it was written: user info may stand in it.
    public var url: String?
    /// How many characters of the text stand before the URL; 0 without one.
    public var urlOffset = 0
    /// When the requirement holds at all.
    public var marker: Marker?
  }

  /// What is wrong with a text, and where. Quotes names, operators and versions, never a URL or an option's value.
  public struct Problem: Error, Sendable, Hashable {
    /// What is wrong.
    public var message: String
    /// How many characters of the text stand before the place.
    public var offset: Int
    /// What to write instead.
    public var hint: String?

    /// Creates a complaint.
    public init(message: String, offset: Int, hint: String? = nil) {
      self.message = message
      self.offset = offset
      self.hint = hint
    }
  }

  /// Reads a whole requirement. Throws what is wrong and where.
  public static func parse(_ text: some StringProtocol) throws(Problem) -> Parsed {
    var scanner = TextScanner(text)
    scanner.skipSpace()
    let nameStart = scanner.position
    let (name, rawName) = try takeName(from: &scanner)
    var parsed = Parsed(name: name, rawName: rawName, extras: [], specifiers: .any, url: nil, marker: nil)
    try refuseURL(scanner, from: nameStart)
    scanner.skipSpace()
    parsed.extras = try takeExtras(from: &scanner)
    scanner.skipSpace()
    if scanner.take("@") {
      scanner.skipSpace()
      parsed.urlOffset = scanner.text(from: 0).count
      parsed.url = try takeURL(from: &scanner)
    } else {
      parsed.specifiers = try VersionSpecifiers.take(from: &scanner)
    }
    if scanner.take(";") {
      parsed.marker = try Marker.take(from: &scanner)
    }
    if let byte = scanner.current { throw trailing(byte, scanner, after: parsed) }
    return parsed
  }

  private static func takeName(from scanner: inout TextScanner) throws(Problem) -> (PackageName, String) {
    let start = scanner.position
    guard let first = scanner.current else {
      throw scanner.problem(
        "the requirement is empty", hint: "write a package's name, for instance 'my-package>=1.0'")
    }
    if first == UInt8(ascii: "-") { throw option(scanner, "a requirement must begin with the package's name") }
    if first == UInt8(ascii: ".") || first == UInt8(ascii: "/") {
      throw scanner.problem(
        "a path stands where the package's name must", hint: "write 'name @ file:///the/path'")
    }
    let raw = scanner.take(while: \.isNameByte)
    guard !raw.isEmpty else {
      let character = scanner.word().prefix(1)
      throw scanner.problem(
        "a package's name cannot begin with '\(character)'", hint: "names are letters, digits, '-', '_' and '.'")
    }
    guard let name = PackageName(raw) else {
      throw scanner.problem(
        "'\(scanner.shown(name: raw))' is no package name", at: start,
        hint: "a name begins and ends with a letter or a digit")
    }
    return (name, raw)
  }

  /// `git+https://…` and `https://…` begin like a name.
  private static func refuseURL(_ scanner: TextScanner, from start: Int) throws(Problem) {
    let rest = scanner.bytes[scanner.position...]
    guard rest.starts(with: ":".utf8) || (rest.starts(with: "+".utf8) && rest.contains(UInt8(ascii: ":"))) else {
      return
    }
    throw scanner.problem(
      "a URL stands where the package's name must", at: start, hint: "write 'name @ URL'")
  }

  private static func takeExtras(from scanner: inout TextScanner) throws(Problem) -> [PackageName] {
    let opening = scanner.position
    guard scanner.take("[") else { return [] }
    var extras: [PackageName] = []
    scanner.skipSpace()
    if scanner.take("]") { return [] }
    while true {
      scanner.skipSpace()
      let start = scanner.position
      let raw = scanner.take(while: \.isNameByte)
      if raw.isEmpty, !scanner.isAtEnd {
        throw scanner.problem("an extra's name is missing", hint: "write names with commas between them, as in '[a,b]'")
      }
      if !raw.isEmpty {
        guard let extra = PackageName(raw) else {
          throw scanner.problem(
            "'\(scanner.shown(name: raw))' is no extra's name", at: start,
            hint: "a name begins and ends with a letter or a digit")
        }
        extras.append(extra)
      }
      scanner.skipSpace()
      if scanner.take("]") { return extras }
      if scanner.take(",") { continue }
      if let next = scanner.current, next.isNameByte {
        throw scanner.problem("a comma is missing between two extras", hint: "write '[a,b]'")
      }
      throw scanner.problem(
        "the bracket '[' is never closed", at: opening, hint: "write ']' after the last extra")
    }
  }

  private static func takeURL(from scanner: inout TextScanner) throws(Problem) -> String {
    scanner.skipSpace()
    let url = scanner.take { !$0.isSpace }
    guard !url.isEmpty, !url.hasPrefix(";") else {
      throw scanner.problem(
        "the URL after '@' is missing", at: scanner.position - url.utf8.count,
        hint: "write 'name @ https://host/name-1.0.tar.gz', or take the '@' out")
    }
    let end = scanner.position
    scanner.skipSpace()
    if url.hasSuffix(";"), !scanner.isAtEnd {
      // A semicolon may be part of a URL, so only one with a space before it begins a marker.
      throw scanner.problem(
        "the ';' before a marker needs a space in front of it", at: end - 1, hint: "write 'name @ URL ; marker'")
    }
    return url
  }

  private static func trailing(_ byte: UInt8, _ scanner: TextScanner, after parsed: Parsed) -> Problem {
    if byte == UInt8(ascii: "-") { return option(scanner, nil) }
    if byte == UInt8(ascii: "#") {
      return scanner.problem("a comment is not understood after the requirement", hint: "take it out")
    }
    if parsed.url != nil || parsed.marker != nil {
      return scanner.problem(
        "nothing but a marker may follow \(parsed.url != nil && parsed.marker == nil ? "the URL" : "the requirement")",
        hint: parsed.marker == nil ? "write 'name @ URL ; marker'" : "join conditions with 'and' or 'or'")
    }
    let word = VersionSpecifiers.versionWord(scanner)
    if parsed.specifiers.isEmpty, byte.isDigit, Version(word) != nil {
      return scanner.problem("the version '\(word)' has no operator in front of it", hint: "write '==\(word)'")
    }
    if byte == UInt8(ascii: "]") || byte == UInt8(ascii: ")") {
      return scanner.problem("'\(Unicode.Scalar(byte))' closes nothing", hint: "take it out")
    }
    if byte.isNameByte {
      var ahead = scanner
      let name = ahead.take(while: \.isNameByte)
      return scanner.problem(
        "'\(ahead.shown(name: name))' is not understood after the requirement",
        hint: "write one requirement; a condition follows after ';'")
    }
    return scanner.problem(
      "'\(scanner.word().prefix(1))' is not understood after \(parsed.specifiers.isEmpty ? "the name" : "the version")",
      hint: "the operators are ~= == != <= >= < > ===")
  }

  /// Options carry URLs with credentials: only the option's name is shown.
  private static func option(_ scanner: TextScanner, _ message: String?) -> Problem {
    let bytes = scanner.bytes[scanner.position...].prefix { !$0.isSpace && $0 != UInt8(ascii: "=") }
    // A short option may have its value written right behind it.
    let isLong = bytes.starts(with: "--".utf8)
    let name = String(decoding: isLong ? bytes.prefix(40) : bytes.prefix(2), as: UTF8.self)
    let isIndex = ["--index-url", "--extra-index-url", "-i", "--find-links", "-f"].contains(name)
    return scanner.problem(
      message.map { "\($0): '\(name)' is an option" }
        ?? "an option is not understood after the requirement: '\(name)'",
      hint: isIndex ? "take it out, and declare package indexes under 'spec.indexes'" : "take it out")
  }
}
