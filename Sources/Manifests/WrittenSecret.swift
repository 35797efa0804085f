internal import Model

/// Secrets that are written out where nobody expects them, known by their form or by the word in front of them.
enum WrittenSecret {
  /// What services let their tokens begin with. Sources: the pages of GitHub, GitLab, Atlassian, PyPI, AWS, Slack and npm on
  /// the forms of their tokens.
  private static let beginnings = [
    "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "ATBB", "ATCTT", "pypi-AgE",
    "AKIA",
    "ASIA", "xoxb-", "xoxp-", "npm_", "sk-",
  ]
  /// A token has at least so many characters behind its beginning.
  private static let shortest = 8

  /// The text with `****` for every word that has the form of a token, and for private keys.
  static func hidden(in text: String) -> String {
    var text = text
    if let key = text.firstRange(of: "-----BEGIN"), text[key.upperBound...].contains("KEY") {
      text = text[..<key.lowerBound] + "****"
    }
    guard beginnings.contains(where: text.contains) else { return text }
    return rewritten(text) { word, rest in
      let beginning = beginnings.first { word.hasPrefix($0) && word.utf8.count >= $0.utf8.count + shortest }
      return (beginning == nil ? String(word) : "****", rest)
    }
  }

  /// The text with each word, and what follows it, as `rewrite` makes it: it says what stands in the word's place, and where to
  /// go on.
  private static func rewritten(
    _ text: String, _ rewrite: (_ word: Substring, _ rest: Substring) -> (text: String, rest: Substring)
  ) -> String {
    var result = ""
    var rest = text[...]
    while let first = rest.first {
      let word = rest.prefix(while: isTokenPart)
      guard !word.isEmpty else {
        result.append(first)
        rest = rest.dropFirst()
        continue
      }
      let (text, next) = rewrite(word, rest[word.endIndex...])
      result += text
      rest = next
    }
    return result
  }

  private static func isTokenPart(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-")
  }

  /// Keys beside credentials whose values are none.
  private static let plainKeys: Set<String> = [
    "host", "path", "username", "name", "url", "packages", "tokenFile", "passwordFile", "sshKey", "knownHosts",
    "passphraseFile", "caFile", "verify",
  ]

  /// A line about credentials: what is not `key: value` with a key that is known to hold no secret is hidden from there on, since
  /// it may be one that a slip put in the wrong place.
  static func hiddenInCredentials(_ line: String) -> String {
    var rest = line.drop { " \t-{[".contains($0) }
    while !rest.isEmpty, !rest.hasPrefix("#") {
      let key = rest.prefix { $0 != ":" && $0 != "," && $0 != "}" }
      let word = key.drop { $0 == "\"" }.prefix { $0 != "\"" && $0 != " " }
      let gap = rest[key.endIndex...].prefix { $0 == ":" || $0 == " " }
      guard gap.hasPrefix(": ") || (gap == ":" && gap.endIndex == line.endIndex), !key.contains(" ") else {
        return line[..<rest.startIndex] + "****"
      }
      guard plainKeys.contains(String(word)) else {
        let isValue = gap.endIndex < line.endIndex && line[gap.endIndex] != "#"
        return isValue ? line[..<gap.endIndex] + "****" : line
      }
      rest = rest[valueEnd(in: rest[gap.endIndex...])...]
      let between = rest.prefix { " }],{".contains($0) }
      guard !between.isEmpty || rest.isEmpty else { return line[..<rest.startIndex] + "****" }
      rest = rest[between.endIndex...]
    }
    return line
  }

  /// Where a value ends: at its closing quote or bracket, else where the next entry begins.
  private static func valueEnd(in text: Substring) -> Substring.Index {
    let closing: Character? =
      switch text.first {
      case "\""?: "\""
      case "'"?: "'"
      case "["?: "]"
      default: nil
      }
    guard let closing else { return text.firstIndex { ",}#".contains($0) } ?? text.endIndex }
    return text.dropFirst().firstIndex(of: closing).map { text.index(after: $0) } ?? text.endIndex
  }

  /// Words behind which a secret stands, also where the colon between them was forgotten.
  private static let names = ["token", "password", "passwd", "passphrase", "secret", "apikey", "api_key", "api-key"]

  /// A line with `****` for what stands behind a word such as `token`: `token hunter2`, `token:hunter2`, `--token=hunter2`.
  /// Variables stay.
  static func hiddenByName(in line: String) -> String {
    rewritten(line) { word, rest in
      let name = word.lowercased().drop { $0 == "-" }
      let gap = rest.prefix { " :=".contains($0) }
      let value = rest[gap.endIndex...].prefix { !",}]\"'#".contains($0) }
      let isSecret =
        names.contains { $0 == name } && !gap.isEmpty && !value.isEmpty
        && !["$", "****", "@"].contains(where: value.hasPrefix)
      return isSecret ? ("\(word)\(gap)****", rest[value.endIndex...]) : (String(word), rest)
    }
  }
}
