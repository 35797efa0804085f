/// Walks over the bytes of a short text. What it reports is placed by characters, as a person counts.
struct TextScanner {
  let bytes: [UInt8]
  var position = 0

  init(_ text: some StringProtocol) {
    bytes = Array(text.utf8)
  }

  var isAtEnd: Bool { position >= bytes.count }
  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Passes over white space and says whether there was any.
  @discardableResult
  mutating func skipSpace() -> Bool {
    let start = position
    while let byte = current, byte.isSpace { position += 1 }
    return position > start
  }

  /// Passes over one byte if it is the one given.
  mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard let current, current == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// Takes the bytes that satisfy the condition.
  mutating func take(while condition: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = current, condition(byte) { position += 1 }
    return text(from: start)
  }

  /// The text from there up to here.
  func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// What stands here up to the next white space, fit for messages.
  func word() -> String {
    Self.shown(String(decoding: bytes[position...].prefix { !$0.isSpace }, as: UTF8.self))
  }

  /// The word as messages may show it: cut short, and not at all where it may hold a URL's user info.
  static func shown(_ word: String) -> String {
    if word.contains("@") || word.contains("://") { return "…" }
    return word.count > 40 ? word.prefix(40) + "…" : word
  }

  /// A name that ends here as messages may show it: what stands before `@` or `:` may be user info.
  func shown(name: String) -> String {
    current == UInt8(ascii: "@") || current == UInt8(ascii: ":") ? "…" : Self.shown(name)
  }

  /// A complaint about the place at that byte.
  func problem(_ message: String, at byte: Int? = nil, hint: String? = nil) -> RequirementParser.Problem {
    let prefix = bytes[..<Swift.min(byte ?? position, bytes.count)]
    return RequirementParser.Problem(
      message: message, offset: String(decoding: prefix, as: UTF8.self).count, hint: hint)
  }
}

extension UInt8 {
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isLowercaseLetter: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  var isLetter: Bool { (self | 0x20).isLowercaseLetter }
  var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d) }
  /// Whether it may stand in a distribution's or an extra's name.
  var isNameByte: Bool {
    isDigit || isLetter || self == UInt8(ascii: "-") || self == UInt8(ascii: "_") || self == UInt8(ascii: ".")
  }
  /// Whether operators of version specifiers are made of it.
  var isOperatorByte: Bool {
    self == UInt8(ascii: "=") || self == UInt8(ascii: "<") || self == UInt8(ascii: ">") || self == UInt8(ascii: "!")
      || self == UInt8(ascii: "~")
  }
}
