internal import Model

/// A line of a manifest as it may be shown.
///
/// Values that are or may be secrets are replaced by `****`: user info in URLs, values of keys whose name says so, and
/// everything under `options`, `ingress_auth` and `env`, which is nobody's business here.
/// A variable's name is no secret.
enum Excerpt {
  /// A line as it may be shown.
  struct Shown: Equatable {
    var text: String
    /// What of the text stands before the column that was asked for; where that is hidden, what stands before the `****`.
    var before: String
  }

  /// The line with that number, counted from 1, cut where it is very long.
  static func of(line number: Int, in lines: LineTable) -> String? {
    guard lines.indices.contains(number - 1) else { return nil }
    return shown(lines[number - 1], secrecy: secrecy(of: number - 1, in: lines))
  }

  /// The same, with what stands before a place in it.
  static func of(_ location: SourceLocation, in lines: LineTable) -> Shown? {
    guard lines.indices.contains(location.line - 1) else { return nil }
    let line = lines[location.line - 1]
    let secrecy = secrecy(of: location.line - 1, in: lines)
    let text = shown(line, secrecy: secrecy)
    // The beginning alone is shown as it is in the whole, up to what is hidden in one of them.
    let scalars = line.unicodeScalars
    let start = String(scalars.prefix(location.column - 1))
    var before = commonStart(text, shown(start, secrecy: secrecy))
    let isWithin = before.utf8.count == text.utf8.count && start.utf8.count < line.utf8.count
    for mark in ["****", "…"] where isWithin && text.hasSuffix(mark) { before = String(text.dropLast(mark.count)) }
    return Shown(text: text, before: before)
  }

  /// With what two texts begin.
  static func commonStart(_ one: String, _ other: String) -> String {
    let count = zip(one.unicodeScalars, other.unicodeScalars).prefix { $0 == $1 }.count
    return String(one.unicodeScalars.prefix(count))
  }

  /// How much of a line may be shown, by what it stands under.
  private enum Secrecy {
    /// What is no secret by its own name or form.
    case ordinary
    /// What is known to be none: the line is about credentials.
    case credentials
    /// No value at all.
    case hidden
  }

  private static func shown(_ line: String, secrecy: Secrecy) -> String {
    let isHidden = secrecy == .hidden
    let known = secrecy == .credentials ? WrittenSecret.hiddenInCredentials(line) : line
    let shown = withoutUserInfo(WrittenSecret.hiddenByName(in: withoutSecretValues(known, isHidden: isHidden)))
    return printable(cut(shown, 200))
  }

  /// The text without what would make a terminal do something, or turn the order of letters round; each such character
  /// becomes U+FFFD.
  static func printable(_ text: String) -> String {
    func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.value {
      case 0x09, 0x0A: true
      case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: false
      default: true
      }
    }
    guard !text.unicodeScalars.allSatisfy(isHarmless) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(isHarmless(scalar) ? scalar : "\u{FFFD}") }
    return String(result)
  }

  private static let privateSections: Set<String> = ["options", "ingress_auth", "env"]
  private static let secretWords: Set<String> = [
    "key", "keys", "pass", "pwd", "pw", "cred", "creds", "auth", "authorization",
  ]
  private static let secretParts = ["token", "secret", "passw", "passphrase", "credential", "apikey", "accesskey"]
  /// Keys that sound like secrets, and under which mappings stand whose keys say what is one.
  private static let groups: Set<String> = ["credentials", "keys"]
  /// Keys that sound like secrets, and list paths.
  private static let harmless: Set<String> = ["credentialFiles"]

  static func isSecret(_ key: String) -> Bool {
    if harmless.contains(key) { return false }
    let lowercased = key.lowercased()
    if isPrivate(key) || secretParts.contains(where: lowercased.contains) { return true }
    return lowercased.split { !$0.isLetter && !$0.isNumber }.contains { secretWords.contains(String($0)) }
  }

  /// Whether nothing under the key is shown: one of the private sections, or what was probably meant as one.
  private static func isPrivate(_ key: String) -> Bool {
    privateSections.contains { $0 == key || Suggestion.isMisspelling(key, of: $0) }
  }

  private static let secretNames: Set<String> = [
    "token", "tokens", "secret", "secrets", "password", "passwords", "passwd", "passwort", "pass", "pwd", "passphrase",
    "pat", "credential", "credentials", "apikey", "accesskey", "auth",
  ]
  private static let keyNames: Set<String> = ["api", "access", "secret", "private", "deploy", "ssh"]

  /// Whether a variable's name says that its value is a secret: `GITHUB_TOKEN`, `API_KEY`, `PASSWORD_2`.
  static func namesSecret(_ variable: String) -> Bool {
    let words = variable.lowercased().split { !$0.isLetter }.map(String.init)
    guard let last = words.last else { return false }
    return secretNames.contains(last)
      || (last == "key" && (words.count == 1 || keyNames.contains(words[words.count - 2])))
  }

  /// A text as messages quote it: cut short, without user info.
  static func quoted(_ text: some StringProtocol, _ length: Int = 60) -> String {
    cut(withoutUserInfo(String(text)), length)
  }

  /// A text cut by code points: one character may have any number of them.
  static func cut(_ text: String, _ length: Int) -> String {
    let start = text.unicodeScalars.prefix(length)
    return start.endIndex == text.endIndex ? text : String(start) + "…"
  }

  // MARK: values

  /// The line up to the first value that must not be shown.
  private static func withoutSecretValues(_ line: String, isHidden: Bool) -> String {
    let content = line.drop { $0 == " " || $0 == "\t" || $0 == "-" }
    // A list's item may be all value.
    if isHidden, line.drop(while: { $0 == " " || $0 == "\t" }).hasPrefix("-") {
      return line[..<content.startIndex] + "****"
    }
    var start = line.startIndex
    while let colon = line[start...].firstIndex(of: ":") {
      let after = line.index(after: colon)
      start = after
      let isKey = after == line.endIndex || line[after] == " " || line[after] == "\t"
      guard isKey, isHidden || isSecret(key(endingWith: line[..<colon])) else { continue }
      let value = line[after...].drop { $0 == " " || $0 == "\t" }
      if !isHidden, groups.contains(key(endingWith: line[..<colon])), isGroup(value, key(endingWith: line[..<colon])) {
        continue
      }
      return value.isEmpty || value.hasPrefix("#") ? line : line[..<value.startIndex] + "****"
    }
    return isHidden && !content.isEmpty ? line[..<content.startIndex] + "****" : line
  }

  /// Whether a value is a list whose items say themselves what is secret: of mappings, or of the names of keys.
  private static func isGroup(_ value: Substring, _ key: String) -> Bool {
    if value.hasPrefix("[{") { return true }
    guard key == "keys", value.hasPrefix("["), let end = value.firstIndex(of: "]") else { return false }
    return value[..<end].dropFirst().allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_., \"'".contains($0))
    }
  }

  /// The key at the end of what stands before a colon.
  private static func key(endingWith text: Substring) -> String {
    let reversed = text.reversed().drop { $0 == " " || $0 == "\"" || $0 == "'" }
    return String(reversed.prefix { !" \t,{[\"'".contains($0) }.reversed())
  }

  /// How far up is looked: more than YAML may nest.
  private static let mostLevels = 200

  /// What the line stands under, judged by indentation alone, since the text may be no valid YAML.
  private static func secrecy(of index: Int, in lines: LineTable) -> Secrecy {
    var line = index
    var found = Secrecy.ordinary
    for _ in 0..<mostLevels {
      guard let parent = lines.parent(of: line) else { return found }
      let content = lines[parent].drop { $0 == " " || $0 == "\t" }
      if let colon = content.firstIndex(of: ":") {
        let key = key(endingWith: content[..<colon])
        if key == "credentials" || key == "indexes" { found = .credentials }
        if isSecret(key), !groups.contains(key) { return .hidden }
      }
      line = parent
    }
    // Nobody knows what stands further up: it might hide this line.
    return .hidden
  }

  // MARK: URLs

  /// The text with `****` for the user info of every URL in it. Variables' names stay.
  static func withoutUserInfo(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let separator = rest.firstRange(of: "://") {
      result += rest[..<separator.upperBound]
      rest = rest[separator.upperBound...]
      let url = rest.prefix { !" \t\"'<>".contains($0) }
      guard let end = URLText.userInfoEnd(in: url, generously: true) else {
        // The line goes on in the next one, where the `@` may stand.
        if url.hasSuffix("\\") { return result + "****" }
        if let stray = strayUserInfo(in: url, before: rest[url.endIndex...]) {
          result += url[..<stray.lowerBound] + "****"
          rest = rest[stray.upperBound...]
        }
        continue
      }
      result += hidden(url[..<end])
      rest = rest[end...]
    }
    return WrittenSecret.hidden(in: withoutLogins(withoutSecretFields(result + rest)))
  }

  /// User info that is none by the rules: with an `@` that is percent-encoded or stands behind a space, or as what a
  /// port cannot be, for want of an `@`. Nil where there is none.
  private static func strayUserInfo(in url: Substring, before rest: Substring) -> Range<Substring.Index>? {
    // A reference is set apart as easily as a host; it is no `host/path`.
    let behind = rest.drop { $0 == " " }.prefix { !" \t\"'".contains($0) }
    if behind.hasPrefix("@"), behind.contains("."), behind.contains("/"), !rest.hasPrefix("@") {
      return url.startIndex..<url.endIndex
    }
    let authority = url.prefix { !"/?#".contains($0) }
    let parts = authority.split(separator: "%40", omittingEmptySubsequences: false)
    if parts.count > 1, let host = parts.last { return url.startIndex..<host.startIndex }
    guard !authority.hasPrefix("["), !authority.contains("${"), let colon = authority.firstIndex(of: ":"),
      !authority[colon...].dropFirst().allSatisfy(\.isASCIIDigit)
    else { return nil }
    return authority.index(after: colon)..<authority.endIndex
  }

  /// The text with `****` for what a URL's query, or its fragment, says under a name such as `token`. Variables stay.
  private static func withoutSecretFields(_ text: String) -> String {
    guard text.contains("="), text.contains(where: { $0 == "?" || $0 == "#" }) else { return text }
    var result = ""
    var rest = text[...]
    while let mark = rest.firstIndex(where: { "?&;#".contains($0) }) {
      let start = rest.index(after: mark)
      result += rest[..<start]
      rest = rest[start...]
      let name = rest.prefix { $0 != "=" && !" \t\"'&;#?".contains($0) }
      guard name.endIndex < rest.endIndex, rest[name.endIndex] == "=", URLText.secretField(name) != nil else {
        continue
      }
      let value = rest[name.endIndex...].dropFirst().prefix { !" \t\"'&;#".contains($0) }
      guard !value.isEmpty, !value.hasPrefix("${") else { continue }
      result += "\(name)=****"
      rest = rest[value.endIndex...]
    }
    return result + rest
  }

  /// The text with `****` for what stands before the `@` of `user:token@host/path`, as people write it without a scheme.
  private static func withoutLogins(_ text: String) -> String {
    guard text.contains("@") else { return text }
    return text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      guard !word.contains("://"), let at = word.firstIndex(of: "@") else { return String(word) }
      let host = word[word.index(after: at)...].prefix {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0))
      }
      let next = word[host.endIndex...].first
      guard !host.isEmpty, host.first != ".", next == ":" || next == "/" || host.dropFirst().contains(".") else {
        return String(word)
      }
      let opening = word.prefix { "\"'[{".contains($0) }
      let scheme = word[opening.endIndex...].hasPrefix("git+") ? "git+" : ""
      let login = word[opening.endIndex..<at].dropFirst(scheme.count)
      let isScheme = next == ":" && URLText.schemes.contains(host.lowercased())
      guard !login.isEmpty, login != "git" || isScheme, !login.hasPrefix("${") else { return String(word) }
      // In `git+git@https:TOKEN@host/path` the user info stands behind the scheme.
      let end = isScheme ? word.lastIndex(of: "@") ?? at : at
      return "\(opening)\(scheme)****\(word[end...])"
    }.joined(separator: " ")
  }

  /// `${NAME}` stays, with the colon between two of them; anything else is hidden as a whole.
  private static func hidden(_ userInfo: Substring) -> String {
    // A default is written out.
    guard !userInfo.contains(":-") else { return "****" }
    let parts = userInfo.split(separator: ":", omittingEmptySubsequences: false)
    return parts.map { part in
      let isVariable =
        part.hasPrefix("${") && part.hasSuffix("}") && part.dropFirst(2).dropLast().allSatisfy(\.isNamePart)
      return isVariable ? String(part) : "****"
    }.joined(separator: ":")
  }
}

extension Character {
  /// Whether it may stand in a variable's name.
  var isNamePart: Bool { isASCII && (isLetter || isNumber || self == "_") }
}
