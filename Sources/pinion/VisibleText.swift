/// Text for a terminal: what is foreign may hold no command for it.
enum VisibleText {
  /// Stands where a colour begins or ends, until the text is written: for private use, so that it stands in no honest text
  /// (Unicode 16, 23.5).
  static let mark: Unicode.Scalar = "\u{F0000}"

  /// What may follow it: the codes of `Style`.
  private static let codes = ["0m", "1m", "2m", "31m", "32m", "33m", "36m"]

  /// Shows what a terminal would act upon as escapes that JSON has as well, `\u001b`: control characters (C0 but for line feed
  /// and tabulator, DEL, and C1). Marks become colours where there are any.
  static func escaped(_ text: String, isColoured: Bool = false) -> String {
    func isSuspect(_ byte: UInt8) -> Bool {
      // The first bytes of C1 and of the mark in UTF-8.
      (byte < 32 && byte != 9 && byte != 10) || byte == 127 || byte == 0xC2 || byte == 0xF3
    }
    guard text.utf8.contains(where: isSuspect) else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count)
    let scalars = text.unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      let value = scalar.value
      if scalar == mark, isColoured {
        let rest = String(scalars[scalars.index(after: index)...].prefix(3))
        if codes.contains(where: rest.hasPrefix) {
          result += "\u{1B}["
          continue
        }
      }
      guard (value < 32 && value != 9 && value != 10) || (127...159).contains(value) || scalar == mark else {
        result.unicodeScalars.append(scalar)
        continue
      }
      guard scalar != mark else {
        result += "\\udb80\\udc00"
        continue
      }
      let digits = String(value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return result
  }
}
