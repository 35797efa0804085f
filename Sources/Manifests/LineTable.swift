/// A text's lines as YAML counts them, made when they are asked for: of a large text only where they begin is kept.
///
/// YAML 1.1 also ends lines at U+0085, U+2028 and U+2029. What is not UTF-8 is shown as U+FFFD.
struct LineTable: Sendable, RandomAccessCollection {
  private let bytes: [UInt8]
  /// Where each line begins, and where the next one would behind the last.
  private let starts: [UInt32]
  private let outline = LineOutline()

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var starts: [UInt32] = []
    var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var start = index
    bytes.withUnsafeBufferPointer { bytes in
      while index < bytes.count {
        let length = Self.breakLength(bytes, at: index)
        index += length == 0 ? 1 : length
        guard length > 0 else { continue }
        starts.append(UInt32(start))
        start = index
      }
    }
    if start < bytes.count { starts.append(UInt32(start)) }
    self.starts = starts + [UInt32(bytes.count)]
  }

  var startIndex: Int { 0 }
  var endIndex: Int { starts.count - 1 }

  /// A line without its end, cut where no person reads on.
  subscript(position: Int) -> String {
    var line = bytes[Int(starts[position])..<Int(starts[position + 1])]
    if line.count > Self.longest {
      line = line.prefix(Self.longest)
    } else {
      var text = String(decoding: line, as: UTF8.self).unicodeScalars
      while let last = text.last, "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains(last) { text.removeLast() }
      return String(text)
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Whether the line is given whole.
  func isWhole(_ position: Int) -> Bool { starts[position + 1] - starts[position] <= Self.longest }

  /// Whether a line's first byte is that one.
  func begins(_ position: Int, with byte: UInt8) -> Bool {
    starts[position] < starts[position + 1] && bytes[Int(starts[position])] == byte
  }

  /// The line that another one stands under, judged by indentation alone; nil where it stands under none. Blank lines and
  /// comments have none under them.
  func parent(of position: Int) -> Int? {
    outline.parent(of: position) {
      bytes[Int(starts[$0])..<Int(starts[$0 + 1])]
    } count: {
      count
    }
  }

  private static let longest = 20_000

  /// How many bytes end a line here; 0 where none ends.
  private static func breakLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
    switch bytes[index] {
    case 0x0A: return 1
    case 0x0D: return byte(1) == 0x0A ? 2 : 1
    case 0xC2: return byte(1) == 0x85 ? 2 : 0
    case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
    default: return 0
    }
  }
}
