/// A pattern in which `*` stands for any run of characters and `?` for one character; everything else stands for itself.
///
/// Takes time proportional to the lengths' product at worst, whatever the pattern.
public struct Glob: Sendable, Hashable, CustomStringConvertible {
  /// The pattern as it is written.
  public var text: String

  /// Takes a pattern. Every text is one.
  public init(_ text: String) {
    self.text = text
  }

  /// The pattern as it is written.
  public var description: String { text }

  /// Whether a text as a whole fits. `separator` is a character that neither `*` nor `?` stands for, but `**` does.
  public func matches(_ candidate: some StringProtocol, separator: Character? = nil) -> Bool {
    let text = Array(candidate)
    let pattern = Self.tokens(self.text)
    // The states that are reached after each character: the places in the pattern where the rest must begin.
    var reached = [Bool](repeating: false, count: pattern.count + 1)
    reached[0] = true
    Self.skipRuns(pattern, &reached)
    for character in text {
      var next = [Bool](repeating: false, count: pattern.count + 1)
      for (place, token) in pattern.enumerated() where reached[place] {
        switch token {
        case .character(let wanted): if wanted == character { next[place + 1] = true }
        case .one: if character != separator { next[place + 1] = true }
        case .run: if character != separator { next[place] = true }
        case .anything: next[place] = true
        }
      }
      Self.skipRuns(pattern, &next)
      reached = next
    }
    return reached[pattern.count]
  }

  private enum Token { case character(Character), one, run, anything }

  private static func tokens(_ text: String) -> [Token] {
    var tokens: [Token] = []
    for character in text {
      switch (character, tokens.last) {
      case ("*", .run): tokens[tokens.count - 1] = .anything
      case ("*", .anything): break
      case ("*", _): tokens.append(.run)
      case ("?", _): tokens.append(.one)
      default: tokens.append(.character(character))
      }
    }
    return tokens
  }

  /// A run may be empty.
  private static func skipRuns(_ pattern: [Token], _ reached: inout [Bool]) {
    for (place, token) in pattern.enumerated() where reached[place] {
      switch token {
      case .run, .anything: reached[place + 1] = true
      case .character, .one: break
      }
    }
  }
}

extension Glob {
  /// Whether a distribution's name fits a pattern of names, which is normalised as names are (PEP 503): `Acme_*` is `acme-*`.
  public func matches(_ name: PackageName) -> Bool { Glob(normalisedName).matches(name.text) }

  /// A pattern of names in the normal form of names.
  public var normalisedName: String {
    var result = ""
    for character in text.lowercased() {
      let isSeparator = character == "-" || character == "_" || character == "."
      if !isSeparator {
        result.append(character)
      } else if result.last != "-" {
        result.append("-")
      }
    }
    return result
  }

  /// Whether a path fits: `*` stays within one directory, `**` does not.
  public func matches(path: String) -> Bool { matches(path, separator: "/") }
}
