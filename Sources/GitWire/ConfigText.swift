/// A text in the form of git's settings, as `.gitmodules` has it. Pure. Nothing that it names is opened: `include` is a
/// section like any other. Source: git-config(1), "CONFIGURATION FILE", and git's config.c.
public struct ConfigText: Sendable {
  /// One setting.
  public struct Entry: Sendable, Equatable {
    /// The section's name in lower case; with a dot and more in it where it was written `[section.more]`.
    public var section: String
    /// What stands in quotes behind it.
    public var subsection: String?
    /// The key in lower case.
    public var key: String
    /// The value; nil for a key without `=`.
    public var value: String?

    /// Creates a setting.
    public init(section: String, subsection: String? = nil, key: String, value: String?) {
      self.section = section
      self.subsection = subsection
      self.key = key
      self.value = value
    }
  }

  /// Where a text is not understood, by its line, from 1.
  public struct Problem: Error, Equatable {
    /// The line.
    public var line: Int
  }

  /// All settings in the order of the text.
  public private(set) var entries: [Entry] = []

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1

  /// Reads a text. Throws where git would refuse it, and for a zero byte.
  public init(_ text: some Sequence<UInt8>) throws(Problem) {
    var bytes: [UInt8] = []
    for byte in text {
      // As git reads it, a line may end as on Windows.
      if byte == 0x0A, bytes.last == 0x0D { bytes.removeLast() }
      bytes.append(byte)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    self.bytes = bytes
    try read()
  }

  private mutating func read() throws(Problem) {
    var section: (name: String, subsection: String?)?
    while let byte = take() {
      switch byte {
      case 0x09, 0x0A, 0x0D, 0x20: continue
      case UInt8(ascii: "#"), UInt8(ascii: ";"):
        while let next = take(), next != 0x0A {}
      case UInt8(ascii: "["): section = try header()
      default:
        guard Self.isLetter(byte), let section else { throw Problem(line: line) }
        let key = try key(from: byte)
        entries.append(
          Entry(section: section.name, subsection: section.subsection, key: key.name, value: key.value))
      }
    }
  }

  /// `section]`, `section "subsection"]` or `section.subsection]`.
  private mutating func header() throws(Problem) -> (String, String?) {
    var name: [UInt8] = []
    while let byte = take() {
      if byte == UInt8(ascii: "]") { return (String(decoding: name, as: UTF8.self), nil) }
      if byte == 0x20 || byte == 0x09 { return (String(decoding: name, as: UTF8.self), try subsection()) }
      guard Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") else {
        throw Problem(line: line)
      }
      name.append(Self.lowered(byte))
    }
    throw Problem(line: line)
  }

  private mutating func subsection() throws(Problem) -> String {
    var byte = take()
    while byte == 0x20 || byte == 0x09 { byte = take() }
    guard byte == UInt8(ascii: "\"") else { throw Problem(line: line) }
    var name: [UInt8] = []
    while var byte = take(), byte != 0x0A, byte != 0 {
      if byte == UInt8(ascii: "\"") {
        guard take() == UInt8(ascii: "]") else { throw Problem(line: line) }
        return String(decoding: name, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") {
        guard let next = take(), next != 0x0A, next != 0 else { throw Problem(line: line) }
        byte = next
      }
      name.append(byte)
    }
    throw Problem(line: line)
  }

  /// `key`, `key = value`.
  private mutating func key(from first: UInt8) throws(Problem) -> (name: String, value: String?) {
    var name = [Self.lowered(first)]
    var byte = take()
    while let next = byte, Self.isLetter(next) || Self.isDigit(next) || next == UInt8(ascii: "-") {
      name.append(Self.lowered(next))
      byte = take()
    }
    while byte == 0x20 || byte == 0x09 { byte = take() }
    let text = String(decoding: name, as: UTF8.self)
    if byte == nil || byte == 0x0A { return (text, nil) }
    guard byte == UInt8(ascii: "=") else { throw Problem(line: line) }
    return (text, try value())
  }

  private mutating func value() throws(Problem) -> String {
    var text: [UInt8] = []
    // Spaces count only where something follows.
    var spaces: [UInt8] = []
    var isQuoted = false
    var isComment = false
    while let byte = take(), byte != 0x0A {
      if isComment { continue }
      if !isQuoted, byte == 0x20 || byte == 0x09 || byte == 0x0D {
        if !text.isEmpty { spaces.append(byte) }
        continue
      }
      if !isQuoted, byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
        isComment = true
        continue
      }
      guard byte != 0 else { throw Problem(line: line) }
      text += spaces
      spaces = []
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "\\"):
        switch take() {
        case 0x0A, nil: continue
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
        default: throw Problem(line: line)
        }
      default: text.append(byte)
      }
    }
    guard !isQuoted else { throw Problem(line: line) }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func take() -> UInt8? {
    guard index < bytes.count else { return nil }
    if index > 0, bytes[index - 1] == 0x0A { line += 1 }
    defer { index += 1 }
    return bytes[index]
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func lowered(_ byte: UInt8) -> UInt8 { isLetter(byte) ? byte | 0x20 : byte }
}
