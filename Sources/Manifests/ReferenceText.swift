internal import Model

/// Text of a requirement or a URL, expanded, with the user info of each URL in it taken out and kept as a template.
///
/// User info is split off by the letters, before anything is expanded: a token may hold any character then.
struct ReferenceText {
  typealias Problem = RequirementParser.Problem

  /// What is left, expanded.
  var expanded = ExpandedText()
  /// What stood before the `@` of a URL, by its place in `expanded`.
  private(set) var credentials: [Int: WrittenCredential] = [:]
  /// Variables outside user info that have no value. When there are any, `expanded` is not complete.
  private(set) var unset: [Occurrence] = []
  /// Variables in user info that have no value.
  private(set) var unsetInUserInfo: [Occurrence] = []
  /// All variables in user info, by the place of the credential in `expanded`.
  private(set) var usedInUserInfo: [(variable: Occurrence, credential: Int)] = []

  /// A variable at its place in the text.
  struct Occurrence: Hashable {
    var name: String
    var offset: Int
  }

  /// Throws where a variable is malformed, or an escape in a user info is.
  init(_ raw: String, variables: Variables, location: (_ offset: Int) -> SourceLocation) throws(Problem) {
    guard raw.utf8.contains(UInt8(ascii: ":")), raw.contains("://") else {
      try append(raw[...], at: 0, variables)
      return
    }
    var rest = raw[...]
    var offset = 0
    while !rest.isEmpty {
      let word = Self.word(rest)
      if let separator = VariableText.schemeEnd(in: word),
        let at = URLText.userInfoEnd(in: word[separator.upperBound...])
      {
        let head = word[..<separator.upperBound]
        let userInfo = word[separator.upperBound..<at]
        try append(head, at: offset, variables)
        let isLogin = head.lowercased().hasSuffix("ssh://")
        try readUserInfo(userInfo, at: offset + head.count, isLogin: isLogin, variables, location)
        try append(word[word.index(after: at)...], at: offset + head.count + userInfo.count + 1, variables)
      } else {
        try append(word, at: offset, variables)
      }
      offset += word.count
      rest = rest[word.endIndex...]
    }
  }

  /// Whether the URL whose host begins there is a git repository's.
  func isGit(at authorityOffset: Int) -> Bool {
    let head = expanded.text.prefix(authorityOffset)
    return head.reversed().prefix { !$0.isWhitespace && $0 != "@" && $0 != "=" }.reversed().starts(with: "git+")
  }

  /// White space and what stands behind it up to the next, both outside `${…}`.
  private static func word(_ text: Substring) -> Substring {
    var index = text.startIndex
    var hasBegun = false
    while index < text.endIndex {
      if let end = VariableText.end(from: index, in: text) {
        hasBegun = true
        index = end
        continue
      }
      if !text[index].isWhitespace { hasBegun = true } else if hasBegun { break }
      index = text.index(after: index)
    }
    return text[..<index]
  }

  private mutating func append(_ part: Substring, at offset: Int, _ variables: Variables) throws(Problem) {
    guard part.utf8.contains(UInt8(ascii: "$")) else {
      expanded.append(String(part), from: offset, .literal)
      return
    }
    for piece in try VariableText(part, offset: offset).pieces {
      switch piece.kind {
      case .literal(let text): expanded.append(text, from: piece.offset, .literal)
      case .variable(let name, let otherwise):
        if let value = variables[name] {
          expanded.append(value, from: piece.offset, .value(of: name))
        } else if let otherwise {
          expanded.append(otherwise, from: piece.offset, .fallback(for: name))
        } else {
          unset.append(Occurrence(name: name, offset: piece.offset))
        }
      }
    }
  }

  // MARK: user info

  private mutating func readUserInfo(
    _ part: Substring, at offset: Int, isLogin: Bool, _ variables: Variables,
    _ location: (_ offset: Int) -> SourceLocation
  ) throws(Problem) {
    var username: [Template.Part] = []
    var password: [Template.Part]?
    var secrets: [String] = []
    func add(_ piece: Template.Part) {
      if password == nil { username.append(piece) } else { password?.append(piece) }
    }
    for piece in Self.joined(try VariableText(part, offset: offset).pieces) {
      switch piece.kind {
      case .variable(let name, let otherwise):
        usedInUserInfo.append((Occurrence(name: name, offset: piece.offset), expanded.count))
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
            throw Problem(
              message: "a '%' in the user info begins no escape", offset: offset,
              hint: "write '%25' for '%', or put the credential into a variable")
          }
          if !half.isEmpty { add(.literal(decoded)) }
          if decoded != half { secrets.append(String(half)) }
        }
      }
    }
    var credential = WrittenCredential(
      UserInfo(username: Template(username), password: password.map { Template($0) }), isLogin: isLogin, at: offset)
    if !isLogin || password != nil { credential.secrets += secrets }
    credentials[expanded.count] = credential
  }

  /// With neighbouring literals as one: where `$$` stood, a secret must not fall into pieces.
  private static func joined(_ pieces: [VariableText.Piece]) -> [VariableText.Piece] {
    var result: [VariableText.Piece] = []
    for piece in pieces {
      if case .literal(let text) = piece.kind, case .literal(let before)? = result.last?.kind {
        result[result.count - 1].kind = .literal(before + text)
      } else {
        result.append(piece)
      }
    }
    return result
  }
}

/// User info as a manifest has it, and what of it is a secret.
struct WrittenCredential {
  /// What stood before the `@`; nil when that says nothing.
  var userInfo: UserInfo?
  /// Values that must never be shown.
  var secrets: [String]
  /// Where a secret is written out; an offset into the text.
  var literalSecret: Int?

  /// Names that go with tokens and are none. Hiding them everywhere would hide everything.
  static let plainNames: Set<String> = [
    "git", "user", "username", "oauth2", "x-access-token", "x-token-auth", "x-oauth-basic", "__token__",
    "gitlab-ci-token",
  ]

  /// Notes what is written out in a user info. `offset` is its place in the text; nil where a variable brought it.
  ///
  /// To ssh a user alone is the name of an account, and no secret.
  init(_ info: UserInfo, isLogin: Bool, at offset: Int?) {
    // `https://@host` says nothing.
    userInfo = info.username.parts.isEmpty && info.password == nil ? nil : info
    var literals = info.password?.literals ?? []
    // Beside a password that comes from a variable, the user name is just a name.
    let isOnlyName = info.password.map { !$0.variables.isEmpty && !$0.hasLiteralText } ?? false
    if !isOnlyName, !isLogin || info.password != nil { literals += info.username.literals }
    literals.removeAll { Self.plainNames.contains($0) }
    secrets = literals
    if !literals.isEmpty { literalSecret = offset }
  }
}

extension Template {
  fileprivate var literals: [String] {
    parts.compactMap { if case .literal(let text) = $0 { text } else { nil } }
  }
}
