/// Swift code as words, texts and signs: as much of the language as it takes to find what a call is given.
struct SwiftTokens {
  enum Token: Equatable {
    case word(String)
    /// A string literal: what stands between its interpolations.
    case text([String])
    case sign(Character)
  }

  private(set) var tokens: [Token] = []
  /// The line of each token, from 1.
  private(set) var lines: [Int] = []

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1

  init(_ text: String) {
    bytes = Array(text.utf8) + [0, 0, 0, 0]
    while let byte = peek() {
      if byte == UInt8(ascii: "/"), at(1) == UInt8(ascii: "/") {
        while let next = peek(), next != UInt8(ascii: "\n") { advance(next) }
      } else if opensText {
        let line = line
        add(.text(readText()), line)
      } else if byte == UInt8(ascii: "/"), opensPattern {
        skipPattern()
        add(.sign("/"), line)
      } else if Self.isWord(byte) {
        let start = index
        while let next = peek(), Self.isWord(next) { advance(next) }
        add(.word(String(decoding: bytes[start..<index], as: UTF8.self)), line)
      } else {
        if byte > 0x20 { add(.sign(Character(Unicode.Scalar(byte))), line) }
        advance(byte)
      }
    }
  }

  /// The arguments of a call whose opening parenthesis is that token, and the token behind its closing one.
  func arguments(from opening: Int) -> (arguments: [ArraySlice<Token>], end: Int) {
    var found: [ArraySlice<Token>] = []
    var start = opening + 1
    var depth = 0
    for index in opening..<tokens.count {
      guard case .sign(let sign) = tokens[index] else { continue }
      if "([{".contains(sign) {
        depth += 1
      } else if sign == ",", depth == 1 {
        found.append(tokens[start..<index])
        start = index + 1
      } else if ")]}".contains(sign) {
        depth -= 1
        if depth == 0 {
          if start < index { found.append(tokens[start..<index]) }
          return (found, index + 1)
        }
      }
    }
    return (found, tokens.count)
  }

  /// The label of an argument.
  static func label(of argument: ArraySlice<Token>) -> String? {
    guard argument.count > 2, case .word(let label)? = argument.first,
      argument[argument.startIndex + 1] == .sign(":")
    else { return nil }
    return label
  }

  // MARK: reading

  private mutating func add(_ token: Token, _ line: Int) {
    tokens.append(token)
    lines.append(line)
  }

  private func peek() -> UInt8? { bytes[index] == 0 ? nil : bytes[index] }
  private func at(_ distance: Int) -> UInt8 { bytes[index + distance] }

  private mutating func advance(_ byte: UInt8) {
    if byte == UInt8(ascii: "\n") { line += 1 }
    index += 1
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "`"), 0x80...:
      true
    default: false
    }
  }

  private var opensText: Bool {
    var place = index
    while bytes[place] == UInt8(ascii: "#") { place += 1 }
    return bytes[place] == UInt8(ascii: "\"")
  }

  private func stands(_ text: [UInt8]) -> Bool { bytes[index...].starts(with: text) }

  private mutating func readText() -> [String] {
    var hashes: [UInt8] = []
    while at(0) == UInt8(ascii: "#") {
      hashes.append(at(0))
      index += 1
    }
    let quotes = Array((stands(Array("\"\"\"".utf8)) ? "\"\"\"" : "\"").utf8)
    let end = quotes + hashes
    let escape = [UInt8(ascii: "\\")] + hashes
    index += quotes.count
    var pieces: [[UInt8]] = [[]]
    while let byte = peek(), !stands(end) {
      guard stands(escape) else {
        pieces[pieces.count - 1].append(byte)
        advance(byte)
        continue
      }
      index += escape.count
      switch at(0) {
      case UInt8(ascii: "("):
        skipInterpolation()
        pieces.append([])
      case UInt8(ascii: "n"): take(UInt8(ascii: "\n"))
      case UInt8(ascii: "t"): take(UInt8(ascii: "\t"))
      case UInt8(ascii: "u"):
        while let next = peek(), next != UInt8(ascii: "}") { advance(next) }
        index += 1
        pieces.append([])
      default: take(at(0))
      }
    }
    index += end.count
    return pieces.map { String(decoding: $0, as: UTF8.self) }

    func take(_ byte: UInt8) {
      pieces[pieces.count - 1].append(byte)
      advance(at(0))
    }
  }

  private mutating func skipInterpolation() {
    var depth = 0
    while let byte = peek() {
      if opensText {
        _ = readText()
        continue
      }
      advance(byte)
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") {
        depth -= 1
        if depth == 0 { return }
      }
    }
  }

  /// Whether a `/` begins a regular expression: where a value must stand, and no space follows.
  private var opensPattern: Bool {
    guard at(1) > 0x20, case .sign(let before)? = tokens.last else { return false }
    return "(,:=[{".contains(before)
  }

  private mutating func skipPattern() {
    index += 1
    while let byte = peek(), byte != UInt8(ascii: "/"), byte != UInt8(ascii: "\n") {
      index += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    index += 1
  }
}
