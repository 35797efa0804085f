/// One text with which the program complains, as its source has it.
struct Complaint: CustomStringConvertible {
  let path: String
  let line: Int
  /// What stands between the parts that are filled in.
  let pieces: [String]

  var text: String { pieces.joined(separator: "…") }
  var description: String { "\(path):\(line): \(text)" }
}

/// Finds the texts of all complaints in the sources.
enum Complaints {
  /// What makes or passes on a complaint: the text is an argument without a label, or called `message`.
  ///
  /// A new one is found out by its `hint:`, see `unknownMakers`.
  static let makers: Set<String> = [
    "Failure", "Diagnostic", "Problem", "YamlProblem", "GitFault", "Breach",
    "absent", "breach", "brokenOff", "collision", "complain", "denied", "deny", "diagnostic", "error", "failed",
    "failure", "invalid", "note", "notAFile", "problem", "refuse", "verdict", "warn", "wrongType",
  ]

  /// Take a `hint:` too, which is for complaints that they make, or of another kind.
  private static let passers: Set<String> = ["init", "twoNames", "ManifestFile", "install"]

  /// The complaints of a file, in its order.
  static func all(in file: SourceFile) -> [Complaint] {
    let code = SwiftTokens(file.lines.joined(separator: "\n"))
    var found: [Complaint] = []
    func add(_ tokens: ArraySlice<SwiftTokens.Token>) {
      for index in tokens.indices {
        guard case .text(let pieces) = tokens[index], isSentence(pieces) else { continue }
        // Lines of one text stand on lines of their own.
        found.append(Complaint(path: file.path, line: code.lines[index], pieces: pieces.flatMap(lines)))
      }
    }
    for index in code.tokens.indices.dropLast() {
      guard case .word(let word) = code.tokens[index] else { continue }
      let isDeclared = index > 0 && code.tokens[index - 1] == .word("func")
      if code.tokens[index + 1] == .sign("(") {
        if isDeclared, word == "message" || word == "complaint" {
          add(body(in: code, from: index + 1))
        } else if word == "return" {
          // The first of several values that are returned together.
          if let first = code.arguments(from: index + 1).arguments.first, case .text? = first.first {
            add(first.prefix(1))
          }
        } else if !isDeclared, makers.contains(word) {
          for argument in code.arguments(from: index + 1).arguments {
            let label = SwiftTokens.label(of: argument)
            if label == nil || label == "message" || label == "reason" { add(withoutLabelled(argument)) }
          }
        }
      } else if code.tokens[index + 1] == .sign("="), isVariable(word, in: code, at: index) {
        add(code.tokens[(index + 2)...].prefix { !ends.contains($0) })
      }
    }
    var seen: Set<String> = []
    return found.filter { seen.insert("\($0.line) \($0.text)").inserted }
  }

  /// Variables that hold what is said, and words before which it ends.
  private static let variables: Set<String> = ["wanted", "reason", "what"]
  private static let ends = ["let", "var", "guard", "throw", "return", "func", "case", "default", "for"]
    .map(SwiftTokens.Token.word)

  private static func isVariable(_ word: String, in code: SwiftTokens, at index: Int) -> Bool {
    guard index > 0 else { return false }
    let before = code.tokens[index - 1]
    if word == "message" { return before == .word("let") }
    return variables.contains(word) && before != .sign(".")
  }

  /// Calls with a `hint:` that are not known to make complaints.
  static func unknownMakers(in file: SourceFile) -> [Violation] {
    let code = SwiftTokens(file.lines.joined(separator: "\n"))
    return code.tokens.indices.dropLast().compactMap { index in
      guard case .word(let word) = code.tokens[index], code.tokens[index + 1] == .sign("("),
        !makers.contains(word), !passers.contains(word),
        code.arguments(from: index + 1).arguments.contains(where: { SwiftTokens.label(of: $0) == "hint" })
      else { return nil }
      return Violation(path: file.path, line: code.lines[index], rule: "\(word) takes a hint: add it to Complaints")
    }
  }

  /// More than a word: names, codes and signs are no complaint.
  private static func isSentence(_ pieces: [String]) -> Bool {
    let text = pieces.joined(separator: "x")
    return text.split(separator: " ").count > 1 && text.contains(where: \.isLetter)
  }

  private static func lines(_ piece: String) -> [String] {
    piece.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Leaves out what is given to inner calls with a label: separators, hints, replacements.
  private static func withoutLabelled(_ argument: ArraySlice<SwiftTokens.Token>) -> ArraySlice<SwiftTokens.Token> {
    var kept = argument
    for index in argument.indices.dropFirst(2) where argument[index - 1] == .sign(":") {
      let isLabel = index - 3 >= argument.startIndex && [.sign("("), .sign(",")].contains(argument[index - 3])
      if isLabel { kept[index] = .sign(" ") }
    }
    return kept
  }

  private static func body(in code: SwiftTokens, from parenthesis: Int) -> ArraySlice<SwiftTokens.Token> {
    let end = code.arguments(from: parenthesis).end
    guard let opening = code.tokens[end...].firstIndex(of: .sign("{")) else { return [] }
    return code.tokens[opening..<code.arguments(from: opening).end]
  }
}
