internal import Model

/// URLs as text in which `${…}` may stand: what can be said of them before anything is expanded.
enum URLText {
  /// Where the user info ends (at its `@`) in what stands behind `://`; nil when there is none.
  ///
  /// `${…}` counts as one piece, whatever stands in it, and so does `$$`. The authority ends at the first `/`, `?` or `#`.
  /// `generously` also takes a password with such a character in it for user info, as is wanted where the
  /// question is what to hide.
  static func userInfoEnd(in text: Substring, generously: Bool = false) -> Substring.Index? {
    var at: Substring.Index?
    var lastAt: Substring.Index?
    var authorityEnd: Substring.Index?
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      if let end = VariableText.end(from: index, in: text) {
        index = end
        continue
      }
      if character == "/" || character == "?" || character == "#" {
        authorityEnd = authorityEnd ?? index
        if !generously { break }
      } else if character == "@" {
        if authorityEnd == nil { at = index }
        lastAt = index
      }
      index = text.index(after: index)
    }
    if at != nil || !generously { return at }
    // `user:pass/word@host`: what looks like a port is none.
    let authority = text[..<(authorityEnd ?? text.endIndex)]
    guard !authority.hasPrefix("["), let colon = authority.firstIndex(of: ":") else { return nil }
    let port = authority[authority.index(after: colon)...]
    return port.allSatisfy(\.isASCIIDigit) ? nil : lastAt
  }

  /// What stands in front of `://`, and is nobody's host.
  static let schemes = ["https", "http", "ssh", "file", "git"]

  /// The name of a query's field in lower case, if servers take a secret under it; else nil.
  static func secretField(_ written: Substring) -> String? {
    let name = (String(written).percentDecoded ?? String(written)).lowercased()
    return secretFields.contains(name) || name.hasPrefix("x-amz-") || name.hasPrefix("x-goog-") ? name : nil
  }

  /// What servers call secrets in queries.
  private static let secretFields: Set<String> = [
    "token", "private_token", "private-token", "access_token", "access-token", "auth_token", "job_token",
    "deploy_token",
    "api_token", "oauth_token", "id_token", "key", "api_key", "api-key", "apikey", "access_key", "accesskey", "sig",
    "signature", "password", "passwd", "secret", "client_secret", "auth", "credential", "credentials",
  ]
}
