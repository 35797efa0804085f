internal import Model

/// Text for a terminal: what is foreign may hold no command for it.
enum VisibleText {
  /// Stands where a colour begins or ends, until the text is written: for private use, so that it stands in no honest text
  /// (Unicode 16, 23.5).
  static let mark: Unicode.Scalar = "\u{F0000}"

  /// What may follow it: the codes of `Style`.
  private static let codes = ["0m", "1m", "2m", "31m", "32m", "33m", "36m"]

  /// Shows what a terminal would act upon as escapes that JSON has as well, `\u001b`: control characters but for line feed and
  /// tabulator, and what turns the direction of text. Marks become colours where there are any.
  static func escaped(_ text: String, isColoured: Bool = false) -> String {
    func isSuspect(_ byte: UInt8) -> Bool {
      // The first bytes of C1, of the controls of direction and of the mark in UTF-8.
      (byte < 32 && byte != 9 && byte != 10) || byte == 127 || [0xC2, 0xD8, 0xE2, 0xF3].contains(byte)
    }
    guard text.utf8.contains(where: isSuspect) else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count)
    let scalars = text.unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      if scalar == mark, isColoured {
        let rest = String(scalars[scalars.index(after: index)...].prefix(3))
        if codes.contains(where: rest.hasPrefix) {
          result += "\u{1B}["
          continue
        }
      }
      guard scalar == mark || (scalar.isCommand && scalar != "\t" && scalar != "\n") else {
        result.unicodeScalars.append(scalar)
        continue
      }
      result += scalar.escape
    }
    return result
  }
}
