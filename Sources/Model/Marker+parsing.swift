extension Marker {
  /// How deep parentheses may be nested: far more than anyone writes, far less than a stack holds.
  private static let depthLimit = 64

  /// Reads a marker. Nil when it is none.
  public init?(_ text: some StringProtocol) {
    do throws(RequirementParser.Problem) {
      try self.init(parsing: text)
    } catch {
      return nil
    }
  }

  /// Reads a marker. Throws what is wrong and where.
  public init(parsing text: some StringProtocol) throws(RequirementParser.Problem) {
    var scanner = TextScanner(text)
    self = try Marker.take(from: &scanner)
    guard scanner.isAtEnd else {
      throw scanner.problem(
        "'\(scanner.word())' is not understood after the marker", hint: "join conditions with 'and' or 'or'")
    }
  }

  /// Reads a marker and the white space around it.
  static func take(from scanner: inout TextScanner) throws(RequirementParser.Problem) -> Marker {
    try takeAny(from: &scanner, depth: 0)
  }

  private static func takeAny(from scanner: inout TextScanner, depth: Int) throws(RequirementParser.Problem) -> Marker {
    var parts = [try takeAll(from: &scanner, depth: depth)]
    while takeWord("or", from: &scanner) {
      parts.append(try takeAll(from: &scanner, depth: depth))
    }
    guard parts.count > 1 else { return parts[0] }
    return .any(parts.flatMap { if case .any(let inner) = $0 { inner } else { [$0] } })
  }

  private static func takeAll(from scanner: inout TextScanner, depth: Int) throws(RequirementParser.Problem) -> Marker {
    var parts = [try takeAtom(from: &scanner, depth: depth)]
    while takeWord("and", from: &scanner) {
      parts.append(try takeAtom(from: &scanner, depth: depth))
    }
    guard parts.count > 1 else { return parts[0] }
    return .all(parts.flatMap { if case .all(let inner) = $0 { inner } else { [$0] } })
  }

  private static func takeAtom(from scanner: inout TextScanner, depth: Int) throws(RequirementParser.Problem) -> Marker
  {
    scanner.skipSpace()
    let opening = scanner.position
    if scanner.take("(") {
      guard depth < depthLimit else {
        throw scanner.problem("parentheses are nested too deep", at: opening, hint: "take superfluous ones out")
      }
      let inner = try takeAny(from: &scanner, depth: depth + 1)
      guard scanner.take(")") else {
        throw scanner.isAtEnd
          ? scanner.problem("the parenthesis '(' is never closed", at: opening, hint: "write ')' after the condition")
          : scanner.problem("'\(scanner.word())' is not understood in the marker", hint: "join with 'and' or 'or'")
      }
      scanner.skipSpace()
      return inner
    }
    let left = try takeOperand(from: &scanner)
    let relation = try takeRelation(from: &scanner)
    let right = try takeOperand(from: &scanner)
    scanner.skipSpace()
    return .comparison(Comparison(left, relation, right))
  }

  private static func takeOperand(from scanner: inout TextScanner) throws(RequirementParser.Problem)
    -> Comparison.Operand
  {
    scanner.skipSpace()
    let start = scanner.position
    guard let first = scanner.current else {
      throw scanner.problem(
        "the marker ends too early", hint: "a condition looks like: python_version >= \"3.11\"")
    }
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
      scanner.position += 1
      let text = scanner.take { $0 != first }
      // A backslash takes its meaning from the quote behind it, as in Python.
      let backslashes = text.utf8.reversed().prefix { $0 == UInt8(ascii: "\\") }.count
      guard !scanner.isAtEnd, backslashes.isMultiple(of: 2) else {
        throw scanner.problem("the quote is never closed", at: start, hint: "write \(Unicode.Scalar(first)) at its end")
      }
      scanner.position += 1
      return .literal(text)
    }
    let name = scanner.take(while: \.isNameByte)
    if let variable = Variable(name: name) { return .variable(variable) }
    if name.isEmpty {
      scanner.position = start
      throw scanner.problem(
        "'\(scanner.word().prefix(1))' is not understood in the marker",
        hint: "a condition looks like: python_version >= \"3.11\"")
    }
    if first.isDigit {
      let shown = scanner.shown(name: name)
      throw scanner.problem("'\(shown)' needs quotes", at: start, hint: "write \"\(shown)\"")
    }
    throw scanner.problem(
      "'\(scanner.shown(name: name))' is no marker variable", at: start,
      hint: "quote it if it is text; the variables are "
        + Variable.allCases.map(\.rawValue).joined(separator: ", "))
  }

  private static func takeRelation(from scanner: inout TextScanner) throws(RequirementParser.Problem)
    -> Comparison.Relation
  {
    scanner.skipSpace()
    let start = scanner.position
    let symbol = scanner.take(while: \.isOperatorByte)
    if let found = VersionSpecifier.Operator(rawValue: symbol) { return .version(found) }
    if !symbol.isEmpty {
      let repairs = ["=": "==", "=>": ">=", "=<": "<=", "<>": "!=", "!": "!=", "=!": "!=", "~": "~=", "=~": "~="]
      throw scanner.problem(
        "'\(symbol)' is no marker operator", at: start,
        hint: repairs[symbol].map { "write '\($0)'" } ?? "the operators are ~= == != <= >= < > === in, not in")
    }
    if takeWord("in", from: &scanner) { return .contained }
    if takeWord("not", from: &scanner) {
      scanner.skipSpace()
      if takeWord("in", from: &scanner) { return .notContained }
      throw scanner.problem("'not' must be followed by 'in'", at: start, hint: "write 'not in', or '!='")
    }
    throw scanner.problem(
      scanner.isAtEnd ? "the marker ends too early" : "a marker operator is missing",
      hint: "the operators are ~= == != <= >= < > === in, not in")
  }

  /// Passes over the word, if it stands here by itself.
  private static func takeWord(_ word: String, from scanner: inout TextScanner) -> Bool {
    let rest = scanner.bytes[scanner.position...]
    guard rest.starts(with: word.utf8) else { return false }
    if let next = rest.dropFirst(word.utf8.count).first, next.isDigit || next.isLetter || next == UInt8(ascii: "_") {
      return false
    }
    scanner.position += word.utf8.count
    return true
  }
}
