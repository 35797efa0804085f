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
    /// The characters that the URL takes up, with all that belongs to it.
    var extent: Range<Int>
    /// The characters of `embedded`, with their `@`.
    var userInfoExtent: Range<Int>?
    /// The characters of host and port.
    var hostExtent: Range<Int>
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
    try refuseSpaces(text, at: offset)
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
    let extent = offset..<(offset + text.count)
    let hostExtent = place..<(place + authority.count)
    let (host, port) = try self.authority(authority, at: place)
    if scheme == "file" {
      guard authority.isEmpty || host == "localhost", port == nil, userInfo == nil, path.hasPrefix("/") else {
        throw Problem(
          message: "a file URL names a path on this machine", offset: place, hint: "write three slashes: 'file:///path'"
        )
      }
      return Result(
        url: RemoteURL(scheme: scheme, host: "", path: String(path)), authorityOffset: authorityOffset,
        extent: extent, hostExtent: hostExtent)
    }
    guard !host.isEmpty else {
      throw Problem(message: "the URL names no host", offset: place, hint: "write '\(scheme)://host/path'")
    }
    return Result(
      url: RemoteURL(scheme: scheme, host: host, port: port, path: String(path), userInfo: userInfo),
      embedded: userInfo, authorityOffset: authorityOffset, extent: extent,
      userInfoExtent: userInfo == nil ? nil : authorityOffset..<place, hostExtent: hostExtent)
  }

  /// The root of a package index: without a fragment and slashes at its end. What is asked for stands behind it, so that it
  /// has no query.
  static func index(_ text: Substring, at offset: Int) throws(Problem) -> Result {
    var read = try read(text, at: offset, schemes: ["https", "http"])
    if let fragment = read.url.path.firstIndex(of: "#") { read.url.path = String(read.url.path[..<fragment]) }
    guard !read.url.path.contains("?") else {
      throw Problem(
        message: "the URL of a package index has no query", offset: read.hostExtent.upperBound,
        hint:
          "write 'https://host/simple'; a token stands in front of the host, as in 'https://user:${TOKEN}@host/simple'")
    }
    while read.url.path.hasSuffix("/") { read.url.path.removeLast() }
    return read
  }

  /// Any white space that Unicode knows: what ends a URL here and not there would let a part of it be something else.
  static func refuseSpaces(_ text: Substring, at offset: Int) throws(Problem) {
    guard let space = text.firstIndex(where: \.isWhitespace) else { return }
    throw Problem(
      message: "a URL has no space in it", offset: offset + text.distance(from: text.startIndex, to: space),
      hint: "write one URL; where a space belongs to it, write '%20'")
  }

  /// Refuses a query that names a secret: the lockfile has the URL with all but its user info.
  static func refuseSecrets(in read: Result) throws(Problem) {
    guard let start = read.url.path.firstIndex(of: "?") else { return }
    let query = read.url.path[read.url.path.index(after: start)...].prefix { $0 != "#" }
    for field in query.split(whereSeparator: { $0 == "&" || $0 == ";" }) {
      guard let name = URLText.secretField(field.prefix { $0 != "=" }) else { continue }
      throw Problem(
        message: "the query of the URL has a secret, '\(name)=…', which would stand in the lockfile",
        offset: read.hostExtent.upperBound,
        hint: "put it in front of the host, as in '\(read.url.scheme)://${TOKEN}@\(read.url.host)/…'")
    }
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
    // The root's dot at the end names the same host (RFC 3986, 3.2.2), which rules and credentials know without it.
    return ((host.hasSuffix(".") ? host.dropLast() : host).lowercased(), port)
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
