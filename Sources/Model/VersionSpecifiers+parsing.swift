extension VersionSpecifiers {
  /// Reads a list such as `>=1, <2` or `(>=1)`; an empty text means any. Nil when it is no list of conditions.
  public init?(_ text: some StringProtocol) {
    do throws(RequirementParser.Problem) {
      try self.init(parsing: text)
    } catch {
      return nil
    }
  }

  /// Reads a list such as `>=1, <2` or `(>=1)`; an empty text means any. Throws what is wrong and where.
  public init(parsing text: some StringProtocol) throws(RequirementParser.Problem) {
    var scanner = TextScanner(text)
    self = try VersionSpecifiers.take(from: &scanner)
    guard scanner.isAtEnd else {
      throw scanner.problem(
        "'\(scanner.word())' is not understood after the version",
        hint: "write versions with commas between them, as in '>=1.2,<2'")
    }
  }

  /// Reads a list, with or without parentheses, and the white space around it; `any` where none begins here.
  static func take(from scanner: inout TextScanner) throws(RequirementParser.Problem) -> VersionSpecifiers {
    scanner.skipSpace()
    let opening = scanner.position
    guard scanner.take("(") else { return try takeList(from: &scanner) }
    let list = try takeList(from: &scanner)
    guard scanner.take(")") else {
      if scanner.isAtEnd {
        throw scanner.problem(
          "the parenthesis '(' is never closed", at: opening, hint: "write ')' after the last version")
      }
      throw scanner.problem(
        "'\(scanner.word())' is not understood in the list of versions", hint: "write an operator, such as '>='")
    }
    scanner.skipSpace()
    return list
  }

  private static func takeList(from scanner: inout TextScanner) throws(RequirementParser.Problem) -> VersionSpecifiers {
    var conditions: [VersionSpecifier] = []
    scanner.skipSpace()
    while let byte = scanner.current, byte.isOperatorByte || byte == UInt8(ascii: "^") {
      conditions.append(try takeCondition(from: &scanner))
      scanner.skipSpace()
      if scanner.take(",") {
        scanner.skipSpace()
        if let next = scanner.current, next.isDigit || next == UInt8(ascii: ",") {
          throw next.isDigit
            ? scanner.problem(
              "the version '\(TextScanner.shown(versionWord(scanner)))' has no operator in front of it",
              hint: "write '==\(TextScanner.shown(versionWord(scanner)))'")
            : scanner.problem("a version is missing between two commas", hint: "take one comma out")
        }
      } else if let next = scanner.current, next.isOperatorByte {
        throw scanner.problem("a comma is missing between two versions", hint: "write ',' before '\(scanner.word())'")
      } else {
        break
      }
    }
    return VersionSpecifiers(conditions)
  }

  private static func takeCondition(from scanner: inout TextScanner) throws(RequirementParser.Problem)
    -> VersionSpecifier
  {
    let start = scanner.position
    var symbol = scanner.take { $0.isOperatorByte || $0 == UInt8(ascii: "^") }
    // Behind `===` anything is a version, also one that begins with `!`.
    if symbol.hasPrefix("===!") {
      scanner.position = start + 3
      symbol = "==="
    }
    scanner.skipSpace()
    let versionStart = scanner.position
    let version = versionWord(scanner)
    guard let found = VersionSpecifier.Operator(rawValue: symbol) else {
      throw scanner.problem(
        "'\(symbol)' is no version operator", at: start, hint: repair(of: symbol, TextScanner.shown(version)))
    }
    guard !version.isEmpty else {
      throw scanner.problem("the version after '\(symbol)' is missing", hint: "write it, for instance '\(symbol)1.0'")
    }
    scanner.position += version.utf8.count
    do throws(VersionSpecifier.Flaw) {
      return try VersionSpecifier(found, version)
    } catch {
      throw complaint(error, found, TextScanner.shown(version), at: versionStart, in: scanner)
    }
  }

  private static func complaint(
    _ flaw: VersionSpecifier.Flaw, _ symbol: VersionSpecifier.Operator, _ version: String, at place: Int,
    in scanner: TextScanner
  ) -> RequirementParser.Problem {
    switch flaw {
    case .noVersion:
      return scanner.problem("'\(version)' is no version", at: place, hint: "versions look like 1.2.3, 2.0rc1, 1.*")
    case .prefix:
      let plain = version.hasSuffix(".*") ? String(version.dropLast(2)) : version
      let isEquality = symbol == .equal || symbol == .notEqual
      return scanner.problem(
        isEquality ? "'.*' goes with plain releases only" : "'.*' goes with '==' and '!=' only", at: place,
        hint: "write '\(symbol.rawValue)\(plain)'")
    case .local:
      let plain = version.split(separator: "+").first.map(String.init) ?? version
      return scanner.problem(
        "a local version ('+…') goes with '==' and '!=' only", at: place, hint: "write '\(symbol.rawValue)\(plain)'")
    case .tooShort:
      return scanner.problem(
        "'~=' needs a version of at least two numbers", at: place,
        hint: isPlain(version) ? "write '~=\(version).0' or '==\(version).*'" : caret(version))
    }
  }

  /// What stands here up to the end of a version.
  static func versionWord(_ scanner: TextScanner) -> String {
    let bytes = scanner.bytes[scanner.position...].prefix { byte in
      // '!' also parts an epoch from the release, so that it ends no version.
      !byte.isSpace && !(byte.isOperatorByte && byte != UInt8(ascii: "!")) && byte != UInt8(ascii: ",")
        && byte != UInt8(ascii: ")") && byte != UInt8(ascii: ";")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What was probably meant.
  private static func repair(of symbol: String, _ version: String) -> String? {
    switch symbol {
    case "=>": return "write '>=\(version)'"
    case "=<": return "write '<=\(version)'"
    case "=", "====": return "write '==\(version)'"
    case "!", "=!", "<>", "!==": return "write '!=\(version)'"
    case "~", "=~", "~>", "~==": return compatible(version, isTilde: symbol == "~")
    case ">>": return "write '>\(version)'"
    case "<<": return "write '<\(version)'"
    case "^": return caret(version)
    default: return "the operators are ~= == != <= >= < > ==="
    }
  }

  private static let anyRange = "write a range, as in '>=1.2,<2'"

  /// Whether it is numbers with dots between them, which another number may follow.
  private static func isPlain(_ version: String) -> Bool {
    version.utf8.first?.isDigit == true && version.utf8.last?.isDigit == true
      && version.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
  }

  /// `~=` with as many numbers as it takes: elsewhere `~1.2` stays below 1.3, and `~1` below 2.
  private static func compatible(_ version: String, isTilde: Bool) -> String {
    guard let parsed = Version(version) else { return anyRange }
    guard parsed.release.count < (isTilde ? 3 : 2) else { return "write '~=\(version)'" }
    return isPlain(version) ? "write '~=\(version).0'" : caret(version)
  }

  /// What a caret means elsewhere: the first number that is not zero stays, and all before it.
  private static func caret(_ version: String) -> String {
    guard let parsed = Version(version), !parsed.release.isEmpty else { return anyRange }
    let place = parsed.release.firstIndex { $0 != 0 } ?? parsed.release.count - 1
    let (next, isTooLarge) = parsed.release[place].addingReportingOverflow(1)
    guard !isTooLarge else { return anyRange }
    let limit = (parsed.release[..<place].map(String.init) + [String(next)]).joined(separator: ".")
    return "write '>=\(version),<\(parsed.epoch == 0 ? "" : "\(parsed.epoch)!")\(limit)'"
  }
}
