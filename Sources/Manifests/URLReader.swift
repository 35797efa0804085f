internal import Model

/// Reads URLs whose user info has been taken out. Offsets count characters of the text that the URL stands in.
enum URLReader {
  typealias Problem = RequirementParser.Problem

  /// A URL, and what is needed to give it its user info back.
  struct Result {
    /// Scheme, host, port and path; the user info is `embedded`.
    var url: RemoteURL
    /// User info that was still in the text: it came out of a variable.
    var embedded: UserInfo?
    /// Where the host begins, or a user info that was taken out stood.
    var authorityOffset: Int
  }

  /// Scheme, host, port and path.
  static func read(_ text: Substring, at offset: Int, schemes: [String]) throws(Problem) -> Result {
    guard let separator = text.firstRange(of: "://") else {
      throw Problem(message: "this is no URL", offset: offset, hint: "write '\(schemes[0])://host/path'")
    }
    let scheme = text[..<separator.lowerBound].lowercased()
    guard schemes.contains(scheme) else {
      throw Problem(
        message: "the scheme '\(scheme.prefix(20))' is not understood here", offset: offset,
        hint: "what is understood: \(schemes.map { "\($0)://" }.joined(separator: ", "))")
    }
    var rest = text[separator.upperBound...]
    let authorityOffset = offset + text.distance(from: text.startIndex, to: rest.startIndex)
    var userInfo: UserInfo?
    if let at = URLText.userInfoEnd(in: rest) {
      let halves = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = halves.map { String($0).percentDecoded ?? String($0) }
      userInfo = UserInfo(
        username: Template(literal: decoded[0]), password: decoded.count > 1 ? Template(literal: decoded[1]) : nil)
      rest = rest[rest.index(after: at)...]
    }
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let path = rest[authority.endIndex...]
    let place = offset + text.distance(from: text.startIndex, to: authority.startIndex)
    let (host, port) = try self.authority(authority, at: place)
    if scheme == "file" {
      guard host.isEmpty || host == "localhost", port == nil, userInfo == nil, path.hasPrefix("/") else {
        throw Problem(
          message: "a file URL names a path on this machine", offset: place, hint: "write three slashes: 'file:///path'"
        )
      }
      return Result(
        url: RemoteURL(scheme: scheme, host: "", path: String(path)), authorityOffset: authorityOffset)
    }
    guard !host.isEmpty else {
      throw Problem(message: "the URL names no host", offset: place, hint: "write '\(scheme)://host/path'")
    }
    return Result(
      url: RemoteURL(scheme: scheme, host: host, port: port, path: String(path), userInfo: userInfo),
      embedded: userInfo, authorityOffset: authorityOffset)
  }

  /// What is quoted here is a host at most: a misread password is longer or has other letters.
  static func authority(_ text: Substring, at offset: Int) throws(Problem) -> (host: String, port: Int?) {
    var host = text
    var port: Int?
    let portColon = text.hasPrefix("[") ? text.range(after: "]") : text.firstIndex(of: ":")
    if let colon = portColon {
      let digits = text[text.index(after: colon)...]
      host = text[..<colon]
      if !digits.isEmpty {
        guard digits.allSatisfy(\.isASCIIDigit), let number = Int(digits), (1...65_535).contains(number) else {
          throw Problem(
            message: "the URL's port is no number from 1 to 65535", offset: offset,
            hint: "in user info, write '/' as %2F, '?' as %3F and '#' as %23, or put it into a variable")
        }
        port = number
      }
    }
    let isAddress = host.hasPrefix("[") && host.hasSuffix("]")
    let letters = isAddress ? host.dropFirst().dropLast() : host
    let isHost = letters.allSatisfy { character in
      isAddress
        ? character.isASCIIHexadecimal || character == ":" || character == "."
        : character.isASCII && (character.isLetter || character.isNumber || "-._".contains(character))
    }
    guard isHost else {
      throw Problem(
        message: "the URL's host has characters that no host has", offset: offset,
        hint: "hosts are letters, digits, '.' and '-'")
    }
    return (host.lowercased(), port)
  }
}

extension Substring {
  /// The place right behind a character, where a `:` stands there.
  fileprivate func range(after character: Character) -> Index? {
    guard let end = firstIndex(of: character).map({ index(after: $0) }), end < endIndex, self[end] == ":" else {
      return nil
    }
    return end
  }
}
