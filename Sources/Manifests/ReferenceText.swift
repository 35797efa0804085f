internal import Model

/// Text of a requirement or a URL, expanded, with the user info of its URL taken out and kept as a template.
///
/// User info is split off by the letters, before anything is expanded: a token may hold any character then.
struct ReferenceText {
  /// What is left, expanded.
  var expanded = ExpandedText()
  /// What stood before the `@` of the URL.
  var userInfo: UserInfo?
  /// Variables outside user info that have no value. When there are any, `expanded` is not complete.
  var unset: [Occurrence] = []
  /// Variables in user info that have no value.
  var unsetInUserInfo: [Occurrence] = []
  /// Values that must never be shown.
  var secrets: [String] = []
  /// Where a secret is written out; an offset into the text.
  var literalSecret: Int?

  /// A variable at its place in the text.
  struct Occurrence: Hashable {
    var name: String
    var offset: Int
  }

  /// Throws where a variable is malformed, or an escape in the user info is.
  init(
    _ raw: String, variables: Variables, location: (_ offset: Int) -> SourceLocation
  ) throws(RequirementParser.Problem) {
    guard let separator = raw.firstRange(of: "://"),
      let at = URLText.userInfoEnd(in: Self.word(raw[separator.upperBound...]))
    else {
      try append(raw[...], of: raw, variables)
      return
    }
    try append(raw[..<separator.upperBound], of: raw, variables)
    try readUserInfo(raw[separator.upperBound..<at], of: raw, variables, location)
    try append(raw[raw.index(after: at)...], of: raw, variables)
  }

  /// What stands up to the first white space outside `${…}`.
  private static func word(_ text: Substring) -> Substring {
    var depth = 0
    return text.prefix { character in
      if character == "{" { depth += 1 }
      if character == "}" { depth = max(0, depth - 1) }
      return depth > 0 || !character.isWhitespace
    }
  }

  private mutating func append(
    _ part: Substring, of raw: String, _ variables: Variables
  ) throws(RequirementParser.Problem) {
    let offset = raw.distance(from: raw.startIndex, to: part.startIndex)
    for piece in try VariableText(part, offset: offset).pieces {
      switch piece.kind {
      case .literal(let text): expanded.append(text, from: piece.offset, isLiteral: true)
      case .variable(let name, let otherwise):
        if let value = variables[name] ?? otherwise {
          expanded.append(value, from: piece.offset, isLiteral: false)
        } else {
          unset.append(Occurrence(name: name, offset: piece.offset))
        }
      }
    }
  }

  // MARK: user info

  private mutating func readUserInfo(
    _ part: Substring, of raw: String, _ variables: Variables, _ location: (_ offset: Int) -> SourceLocation
  ) throws(RequirementParser.Problem) {
    let offset = raw.distance(from: raw.startIndex, to: part.startIndex)
    var username: [Template.Part] = []
    var password: [Template.Part]?
    func add(_ piece: Template.Part) {
      if password == nil { username.append(piece) } else { password?.append(piece) }
    }
    for piece in try VariableText(part, offset: offset).pieces {
      switch piece.kind {
      case .variable(let name, let otherwise):
        if let value = variables[name] {
          secrets.append(value)
          add(.variable(name, location(piece.offset)))
        } else if let otherwise {
          if !otherwise.isEmpty { add(.literal(otherwise)) }
        } else {
          unsetInUserInfo.append(Occurrence(name: name, offset: piece.offset))
          add(.variable(name, location(piece.offset)))
        }
      case .literal(let text):
        let halves =
          password == nil
          ? text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) : [text[...]]
        for (index, half) in halves.enumerated() {
          if index == 1 { password = [] }
          guard let decoded = String(half).percentDecoded else {
            throw RequirementParser.Problem(
              message: "a '%' in the user info begins no escape", offset: offset,
              hint: "write '%25' for '%', or put the credential into a variable")
          }
          if !half.isEmpty { add(.literal(decoded)) }
          if decoded != half { secrets.append(String(half)) }
        }
      }
    }
    take(UserInfo(username: Template(username), password: password.map { Template($0) }), at: offset)
  }

  /// Names that go with tokens and are none. Hiding them everywhere would hide everything.
  private static let plainNames: Set<String> = [
    "git", "user", "username", "oauth2", "x-access-token", "x-token-auth", "x-oauth-basic", "__token__",
    "gitlab-ci-token",
  ]

  /// Keeps user info, and notes what is written out in it. `offset` is its place in the text; nil where a variable
  /// brought it.
  mutating func take(_ info: UserInfo, at offset: Int?) {
    // `https://@host` says nothing.
    userInfo = info.username.parts.isEmpty && info.password == nil ? nil : info
    var literals = info.password?.literals ?? []
    // Beside a password that comes from a variable, the user name is just a name.
    let isOnlyName = info.password.map { !$0.variables.isEmpty && !$0.hasLiteralText } ?? false
    if !isOnlyName { literals += info.username.literals }
    literals.removeAll { Self.plainNames.contains($0) }
    secrets += literals
    if !literals.isEmpty { literalSecret = offset }
  }
}

extension Template {
  fileprivate var literals: [String] {
    parts.compactMap { if case .literal(let text) = $0 { text } else { nil } }
  }
}
