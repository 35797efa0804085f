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

  /// Where a `$$` or a `${…}` that begins there ends; nil where neither does.
  ///
  /// Whoever looks for something outside variables steps with this: what is a variable to one scanner must be one to all.
  static func end(from start: Substring.Index, in text: Substring) -> Substring.Index? {
    guard text[start] == "$" else { return nil }
    let next = text.index(after: start)
    guard next < text.endIndex else { return nil }
    if text[next] == "$" { return text.index(after: next) }
    guard text[next] == "{" else { return nil }
    return text[next...].firstIndex(of: "}").map { text.index(after: $0) }
  }

  /// Where the first `://` outside variables stands; nil when there is none.
  static func schemeEnd(in text: Substring) -> Range<Substring.Index>? {
    var index = text.startIndex
    while index < text.endIndex {
      if let end = end(from: index, in: text) {
        index = end
      } else if text[index] == ":", text[index...].hasPrefix("://") {
        return index..<text.index(index, offsetBy: 3)
      } else {
        index = text.index(after: index)
      }
    }
    return nil
  }

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

  /// The one variable, without a default, that the text is; nil for any other text.
  static func onlyVariable(_ text: String) -> String? {
    guard let pieces = try? VariableText(text).pieces, pieces.count == 1,
      case .variable(let name, nil) = pieces[0].kind
    else { return nil }
    return name
  }

  private static func variable(_ body: String, at offset: Int) throws(RequirementParser.Problem) -> Piece.Kind {
    let name = String(body.prefix(while: \.isNamePart))
    let rest = body.dropFirst(name.count)
    guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") else {
      throw RequirementParser.Problem(
        message: "this is no variable's name", offset: offset,
        hint: "write '${NAME}' or '${NAME:-default}'; names are letters, digits and '_'")
    }
    guard !rest.replacing("$$", with: "").contains("${") else {
      throw RequirementParser.Problem(
        message: "the default of ${\(name)} holds another variable", offset: offset,
        hint: "a default is plain text; write '$${' where no variable is meant")
    }
    return .variable(name, otherwise: rest.isEmpty ? nil : String(rest.dropFirst(2).replacing("$$", with: "$")))
  }
}
