internal import Model

/// Reads one file's documents. Complaints are collected, so that all of them are heard at once.
final class ManifestReader {
  let file: ManifestFile
  let variables: Variables
  let secrets: SecretRegistry
  /// What the host's file lets manifests use; nil when there is none.
  let grants: HostGrants?
  var errors: [Diagnostic] = []
  private var brokenPlaces: Set<YamlMark> = []
  private var warnings: [Diagnostic] = []
  /// How many warnings there are of each kind, those that are not kept included.
  private var warningCounts: [Diagnostic.Code: Int] = [:]
  /// The key that Pinion's settings stand under: `spec` or `pinion`.
  var settingsKey = "spec"

  init(file: ManifestFile, variables: Variables, secrets: SecretRegistry, grants: HostGrants? = nil) {
    self.file = file
    self.variables = variables
    self.secrets = secrets
    self.grants = grants
  }

  // MARK: complaints

  /// Nobody reads more, and each costs time: a bound for hostile texts.
  private static let mostErrors = 500

  func error(_ message: String, at mark: YamlMark, hint: String?, code: Diagnostic.Code = .manifestInvalid) {
    guard errors.count <= Self.mostErrors, code == .manifestSyntax || !brokenPlaces.contains(mark) else { return }
    if errors.count == Self.mostErrors {
      errors.append(Diagnostic(.manifestInvalid, "there are more mistakes than are shown here", at: .path(file.name)))
    } else {
      errors.append(Diagnostic(code, Excerpt.withoutUserInfo(message), at: file.place(mark), hint: hint))
    }
  }

  /// Takes what is wrong with a document's YAML. What follows from it, at the same place, is not told.
  func take(_ mistakes: [YamlProblem]) {
    for mistake in mistakes {
      error(mistake.message, at: mistake.mark, hint: mistake.hint, code: .manifestSyntax)
      brokenPlaces.insert(mistake.mark)
    }
  }

  /// As many warnings of one kind as are kept.
  private static let mostWarnings = 500

  func warn(
    _ code: Diagnostic.Code, severity: Diagnostic.Severity = .warning, _ message: String, at mark: YamlMark,
    hint: String?
  ) {
    warningCounts[code, default: 0] += 1
    guard warningCounts[code, default: 0] <= Self.mostWarnings else { return }
    warnings.append(
      Diagnostic(code, severity: severity, Excerpt.withoutUserInfo(message), at: file.place(mark), hint: hint))
  }

  /// The warnings, and how many more there are.
  var allWarnings: [Diagnostic] {
    let more = warningCounts.values.reduce(0) { $0 + max(0, $1 - Self.mostWarnings) }
    guard more > 0 else { return warnings }
    let message = "there are \(more) more warnings than are shown here"
    return warnings + [Diagnostic(.manifestInvalid, severity: .warning, message, at: .path(file.name))]
  }

  /// A complaint about a place inside a scalar.
  func error(_ problem: RequirementParser.Problem, in node: YamlNode, code: Diagnostic.Code = .manifestInvalid) {
    error(problem.message, at: mark(in: node, offset: problem.offset), hint: problem.hint, code: code)
  }

  private func wrongType(_ node: YamlNode, _ name: String, _ wanted: String, hint: String) {
    error("`\(name)` must be \(wanted), this is \(node.kind.description)", at: node.mark, hint: hint)
  }

  // MARK: mappings

  /// A mapping's entries by key. Reports another type, keys that are no text, and keys that stand twice.
  ///
  /// `example` says what to write instead.
  func mapping(_ node: YamlNode, _ name: String, example: String) -> [(
    key: String, keyMark: YamlMark, value: YamlNode
  )]? {
    guard let mapping = node.mapping, node.kind == .mapping else {
      wrongType(node, name, "a mapping", hint: "write \(example)")
      return nil
    }
    for duplicate in mapping.duplicates {
      let first = file.location(duplicate.first)
      error(
        "the key '\(duplicate.key)' stands twice, first at \(first)", at: duplicate.second,
        hint: "remove or rename one of them")
    }
    var entries: [(key: String, keyMark: YamlMark, value: YamlNode)] = []
    for entry in mapping.entries {
      guard entry.key.scalar?.text.isEmpty != true else {
        error("a key in `\(name)` is empty", at: entry.key.mark, hint: "write \(example)")
        continue
      }
      guard let key = entry.key.scalar?.text else {
        error(
          "a key in `\(name)` must be text, this is \(entry.key.kind.description)", at: entry.key.mark,
          hint: "write \(example)")
        continue
      }
      entries.append((key, entry.key.mark, entry.value))
    }
    return entries
  }

  /// The entries of a mapping whose keys stand again further down: their mistakes are told, too.
  func shadowed(_ node: YamlNode) -> [(key: String, keyMark: YamlMark, value: YamlNode)] {
    (node.mapping?.shadowed ?? []).compactMap { entry in
      entry.key.scalar.flatMap { $0.text.isEmpty ? nil : ($0.text, entry.key.mark, entry.value) }
    }
  }

  /// A mapping in which only the known keys may stand. `holdsSecrets`: a key that is none may be a misspelled one, and its
  /// value a secret.
  func fields(
    _ node: YamlNode, _ name: String, known: [String], example: String, holdsSecrets: Bool = false
  ) -> [String: YamlNode]? {
    guard let entries = mapping(node, name, example: example) else { return nil }
    var fields: [String: YamlNode] = [:]
    for (key, mark, value) in entries {
      if known.contains(key) {
        fields[key] = value
      } else {
        if holdsSecrets { noteSecrets(in: value) }
        error("`\(name)` has no key '\(key)'", at: mark, hint: Suggestion.hint(for: key, among: known))
      }
    }
    return fields
  }

  // MARK: scalars

  /// Text as it is written. `numbers` also takes numbers, where what is meant is plain.
  func text(_ node: YamlNode, _ name: String, example: String, numbers: Bool = false) -> String? {
    switch node.kind {
    case .text where node.scalar?.text.isEmpty == false: return node.scalar?.text
    case .text:
      error("`\(name)` is empty", at: node.mark, hint: "write \(example), or take the key out")
    case .null:
      error("`\(name)` must be text, this is empty", at: node.mark, hint: "write \(example), or take the key out")
    case .integer, .real:
      if numbers { return node.scalar?.text }
      wrongType(node, name, "text", hint: "put it in quotes, or write \(example)")
    case .boolean: wrongType(node, name, "text", hint: "put it in quotes, or write \(example)")
    case .list, .mapping, .foreign: wrongType(node, name, "text", hint: "write \(example)")
    }
    return nil
  }

  /// Text with its variables filled in. A variable that is not set is an error here. `mayBeEmpty`: what variables come to.
  func expandedText(
    _ node: YamlNode, _ name: String, example: String, numbers: Bool = false, mayBeEmpty: Bool = false
  ) -> String? {
    guard let raw = text(node, name, example: example, numbers: numbers) else { return nil }
    do throws(RequirementParser.Problem) {
      var result = ""
      var isComplete = true
      for piece in try VariableText(raw).pieces {
        switch piece.kind {
        case .literal(let literal): result += literal
        case .variable(let variable, let otherwise):
          if !allows(variable, towards: nil, name, at: mark(in: node, offset: piece.offset)) {
            isComplete = false
          } else if let value = variables[variable] ?? otherwise {
            noteSecret(variable)
            result += value
          } else {
            isComplete = false
            error(
              "the variable \(variable) is not set, and `\(name)` needs it", at: mark(in: node, offset: piece.offset),
              hint: "set it first: export \(variable)=…", code: .variableUnset)
          }
        }
      }
      guard isComplete else { return nil }
      guard result.isEmpty, !mayBeEmpty else { return result }
      error("`\(name)` is empty", at: node.mark, hint: "write \(example)")
      return nil
    } catch {
      self.error(error, in: node)
      return nil
    }
  }

  func boolean(_ node: YamlNode, _ name: String) -> Bool? {
    if let value = node.bool { return value }
    // What a variable brings is text; it means what it would mean if it were written there.
    if node.kind == .text, let raw = node.scalar?.text, raw.contains("${") {
      guard let text = expandedText(node, name, example: "true or false") else { return nil }
      if let value = YamlScalar(text: text, style: .plain).boolean { return value }
      error("`\(name)` cannot be '\(Excerpt.quoted(text))'", at: node.mark, hint: "write true or false")
      return nil
    }
    let key = name.split(separator: ".").last ?? ""
    wrongType(node, name, "true or false", hint: "write '\(key): true' or '\(key): false'")
    return nil
  }

  /// One of the words of an enumeration.
  func word<Word: RawRepresentable & CaseIterable>(_ node: YamlNode, _ name: String, _ type: Word.Type) -> Word?
  where Word.RawValue == String {
    let words = type.allCases.map(\.rawValue)
    // YAML 1.1 reads a bare `off` as a boolean: what is asked for is another word, and no quotes.
    let isText =
      switch node.kind {
      case .boolean, .integer, .real: false;
      default: true
      }
    let written = isText ? expandedText(node, name, example: words.joined(separator: ", or ")) : node.scalar?.text
    guard let text = written else { return nil }
    if let word = Word(rawValue: text) { return word }
    error(
      "`\(name)` cannot be '\(Excerpt.quoted(text))'", at: node.mark, hint: Suggestion.hint(for: text, among: words))
    return nil
  }

  /// A list of texts, variables filled in. Items that are none are reported and left out.
  func texts(_ node: YamlNode, _ name: String, example: String) -> [(text: String, node: YamlNode)]? {
    guard let items = node.sequence, node.kind == .list else {
      let isText = node.kind == .text && node.scalar?.text.isEmpty == false
      wrongType(node, name, "a list", hint: isText ? "put it in brackets: \(example)" : "write \(example)")
      return nil
    }
    return items.compactMap { item in
      expandedText(item, "\(name)[]", example: "text, as in \(example)").map { ($0, item) }
    }
  }

  // MARK: places

  /// The place of a character of a scalar: exact where the scalar stands on one line as it is, else its beginning.
  func mark(in node: YamlNode, offset: Int) -> YamlMark {
    guard let scalar = node.scalar, node.mark.line == node.end.line, file.lines.indices.contains(node.mark.line - 1),
      file.lines.isWhole(node.mark.line - 1)
    else {
      return node.mark
    }
    let line = Array(file.lines[node.mark.line - 1].unicodeScalars)
    let text = Array(scalar.text.unicodeScalars)
    let quotes = scalar.style == .plain ? 0 : 1
    let start = node.end.column - 1 - quotes - text.count
    // An escape in quotes makes the text differ from what is written.
    guard start >= 0, start + text.count <= line.count, Array(line[start..<(start + text.count)]) == text else {
      return node.mark
    }
    let before = scalar.text.prefix(offset).unicodeScalars.count
    return YamlMark(line: node.mark.line, column: start + before + 1)
  }
}
