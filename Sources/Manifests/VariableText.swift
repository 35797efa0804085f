internal import Model

/// Text in which `${NAME}`, `${NAME:-default}` and `$$` have been found. A `$` before anything else is a `$`.
struct VariableText {
  struct Piece: Hashable {
    enum Kind: Hashable {
      case literal(String)
      case variable(String, otherwise: String?)
    }
    var kind: Kind
    /// How many characters of the text stand before it.
    var offset: Int
  }

  private(set) var pieces: [Piece] = []

  /// Throws where a `${` is no variable. `offset` is added to every place.
  init(_ text: some StringProtocol, offset: Int = 0) throws(RequirementParser.Problem) {
    let characters = Array(text)
    var literal = ""
    var literalStart = 0
    var index = 0
    func flush(_ pieces: inout [Piece]) {
      if !literal.isEmpty { pieces.append(Piece(kind: .literal(literal), offset: offset + literalStart)) }
      literal = ""
    }
    while index < characters.count {
      let next = index + 1 < characters.count ? characters[index + 1] : nil
      guard characters[index] == "$", next == "$" || next == "{" else {
        if literal.isEmpty { literalStart = index }
        literal.append(characters[index])
        index += 1
        continue
      }
      flush(&pieces)
      if next == "$" {
        pieces.append(Piece(kind: .literal("$"), offset: offset + index))
        index += 2
        continue
      }
      guard let close = characters[index...].firstIndex(of: "}") else {
        throw RequirementParser.Problem(
          message: "the variable that begins with '${' is never closed", offset: offset + index,
          hint: "write '${NAME}'; write '$${' where no variable is meant")
      }
      let body = String(characters[(index + 2)..<close])
      pieces.append(Piece(kind: try Self.variable(body, at: offset + index), offset: offset + index))
      index = close + 1
    }
    flush(&pieces)
  }

  private static func variable(_ body: String, at offset: Int) throws(RequirementParser.Problem) -> Piece.Kind {
    let name = String(body.prefix(while: \.isNamePart))
    let rest = body.dropFirst(name.count)
    guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") else {
      throw RequirementParser.Problem(
        message: "this is no variable's name", offset: offset,
        hint: "write '${NAME}' or '${NAME:-default}'; names are letters, digits and '_'")
    }
    guard !rest.contains("${") else {
      throw RequirementParser.Problem(
        message: "the default of ${\(name)} holds another variable", offset: offset,
        hint: "a default is plain text")
    }
    return .variable(name, otherwise: rest.isEmpty ? nil : String(rest.dropFirst(2)))
  }
}

/// Text that was put together from pieces, and remembers where each of them stands in the original.
struct ExpandedText {
  private(set) var text = ""
  private(set) var count = 0
  private var segments: [(start: Int, source: Int, isLiteral: Bool)] = []

  mutating func append(_ piece: String, from source: Int, isLiteral: Bool) {
    segments.append((count, source, isLiteral))
    text += piece
    count += piece.count
  }

  /// The place in the original of a place in the text.
  func source(of offset: Int) -> Int {
    guard let segment = segments.last(where: { $0.start <= offset }) else { return offset }
    return segment.isLiteral ? segment.source + offset - segment.start : segment.source
  }
}
