/// How much room text takes in a terminal.
enum TextWidth {
  /// White space that is as wide as the text. A tab stays one: a tab above needs a tab below.
  static func blank(_ text: String) -> String {
    text.unicodeScalars.map { $0 == "\t" ? "\t" : String(repeating: " ", count: columns($0)) }.joined()
  }

  /// How many columns a character takes: 2 where East Asian Width (Unicode, UAX #11) is wide or full, or it is an emoji; 0 for
  /// what combines with the one before it.
  static func columns(_ scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    // The second and third letters of a Hangul syllable.
    case 0x1160...0x11FF: return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
      0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
