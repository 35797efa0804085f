extension Unicode.Scalar {
  /// Whether whoever shows text acts upon it instead of showing it: control characters (C0, DEL, C1), what ends a line, and what
  /// has the text around it shown in another order.
  ///
  /// Source: Unicode 16, 23.1 and 23.2; UAX #9, table 1, for the controls of direction.
  public var isCommand: Bool {
    switch value {
    case 0...31, 127...159, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// The escape that JSON has for it: `\u001b`. For what is above U+FFFF, two.
  public var escape: String {
    Character(self).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}

extension String {
  /// The text in one line, for places that have one: line feeds are `\n`, and what else would end the line or act upon it is an
  /// escape as JSON has it. Tabulators stay.
  public var oneLine: String {
    guard unicodeScalars.contains(where: { $0.isCommand && $0 != "\t" }) else { return self }
    return unicodeScalars.map { scalar in
      switch scalar {
      case "\t": "\t"
      case "\n": "\\n"
      default: scalar.isCommand ? scalar.escape : String(scalar)
      }
    }.joined()
  }
}
