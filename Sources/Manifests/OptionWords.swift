internal import Model

/// The words behind a requirement: where they begin, and each with its place.
enum OptionWords {
  /// One word; quotes around it, or around what follows its `=`, are taken off.
  struct Word {
    /// The word up to its `=`, if it is an option; else the whole.
    var text: String
    /// What follows the `=`.
    var value: (text: String, offset: Int)?
    /// How many characters stand before it.
    var offset: Int
  }

  /// The requirement, and the options behind it: the first word that begins with `-` begins them, as in pip's files. A
  /// marker's quotes may hold anything.
  static func split(_ text: String) -> (body: Substring, words: [Word]) {
    guard mayHoldOptions(text) else { return (text[...], []) }
    var quote: Character?
    var inMarker = false
    // An option at the very beginning is for the caller: it is no suffix.
    var mayBegin = false
    var hasText = false
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if inMarker, character == "'" || character == "\"" {
        quote = character
      } else if character == ";" {
        inMarker = true
      } else if character == "-", mayBegin {
        break
      }
      mayBegin = character.isWhitespace && hasText
      hasText = hasText || !character.isWhitespace
      index = text.index(after: index)
    }
    guard index < text.endIndex else { return (text[...], []) }
    return (text[..<index], words(text[index...], at: text.distance(from: text.startIndex, to: index)))
  }

  /// Whether a `-` stands behind white space: a look at the bytes, which spares most texts a look at the characters.
  private static func mayHoldOptions(_ text: String) -> Bool {
    var afterSpace = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "-"), afterSpace { return true }
      // What is not ASCII may be white space, too.
      afterSpace = byte <= 0x20 || byte >= 0x80
    }
    return false
  }

  private static func words(_ text: Substring, at offset: Int) -> [Word] {
    let characters = Array(text)
    var words: [Word] = []
    var index = 0
    while index < characters.count {
      if characters[index].isWhitespace {
        index += 1
        continue
      }
      let start = index
      if let quoted = quoted(characters, from: index) {
        words.append(Word(text: quoted.text, offset: offset + start + 1))
        index = quoted.end
        continue
      }
      while index < characters.count, !characters[index].isWhitespace, characters[index] != "=" { index += 1 }
      var word = Word(text: String(characters[start..<index]), offset: offset + start)
      let isOption = name(of: word.text[...]) != nil
      if index < characters.count, characters[index] == "=", isOption {
        index += 1
        if let quoted = quoted(characters, from: index) {
          word.value = (quoted.text, offset + index + 1)
          index = quoted.end
        } else {
          let valueStart = index
          while index < characters.count, !characters[index].isWhitespace { index += 1 }
          word.value = (String(characters[valueStart..<index]), offset + valueStart)
        }
      } else {
        while index < characters.count, !characters[index].isWhitespace { index += 1 }
        word.text = String(characters[start..<index])
      }
      words.append(word)
    }
    return words
  }

  /// What stands in quotes that open here and close at the end of a word.
  private static func quoted(_ characters: [Character], from start: Int) -> (text: String, end: Int)? {
    guard start < characters.count, characters[start] == "'" || characters[start] == "\"",
      let close = characters[(start + 1)...].firstIndex(of: characters[start]),
      close + 1 == characters.count || characters[close + 1].isWhitespace
    else { return nil }
    return (String(characters[(start + 1)..<close]), close + 1)
  }

  /// The option that a word is, without a value: `--pre`, `-i`. A short one may have its value right behind it.
  static func name(of word: Substring) -> String? {
    guard word.hasPrefix("-") else { return nil }
    if word.hasPrefix("--") { return String(word.prefix { $0 != "=" }) }
    return String(word.prefix(2))
  }

  /// An option's name as messages may show it. With `_` for `-` only where that makes it a known one: else it may be a token.
  static func shown(_ name: String) -> String {
    let dashed = name.replacing("_", with: "-")
    if dashed != name, PipOptions.Known(name: dashed) != nil || PipOptions.foreign[dashed] != nil { return name }
    let isName = name.count <= 40 && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    return isName ? name : "-…"
  }
}
