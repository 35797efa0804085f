internal import Model

/// Reads the URL that `.gitmodules` gives for a submodule, as git does, save what could run a program or lead onto this
/// machine's disk. Pure.
struct SubmoduleAddress {
  /// Where the submodule is. Without user info, save the name that an ssh server wants to hear.
  let url: RemoteURL

  /// Why it leads nowhere.
  struct Problem: Error, Equatable {
    /// The reason.
    var message: String
  }

  /// Reads `../lib.git`, `https://host/lib.git`, `git@host:lib.git` or, where the superproject is on disk too, `/srv/lib.git`.
  init(_ text: String, of superproject: RemoteURL) throws(Problem) {
    let url: RemoteURL
    if text.hasPrefix("./") || text.hasPrefix("../") {
      url = try Self.relative(text, to: superproject)
    } else if text.hasPrefix("/") {
      url = RemoteURL(scheme: "file", host: "", path: text.percentEncodedPath)
    } else if let separator = text.firstRange(of: "://") {
      url = try Self.whole(text, separator)
    } else {
      url = try Self.secureCopy(text)
    }
    if url.scheme == "file", superproject.scheme != "file" {
      throw Problem(message: "it leads onto this machine's disk, and the repository is on a server")
    }
    let names = url.path.split(separator: "/")
    guard !names.isEmpty, !names.contains(where: { ["..", "."].contains($0.percentDecodedText) }) else {
      throw Problem(message: "its path names no repository")
    }
    self.url = url
  }

  /// Source: git's remote.c, relative_url. Where that would go up beyond the server's root, it is refused.
  private static func relative(_ text: String, to superproject: RemoteURL) throws(Problem) -> RemoteURL {
    var base = superproject.path.prefix { $0 != "?" }.split(separator: "/")
    var rest = text[...]
    while true {
      if rest.hasPrefix("../") {
        guard base.popLast() != nil else { throw Problem(message: "it leads up beyond the server's root") }
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("./") {
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    let place = (base + rest.split(separator: "/")).joined(separator: "/")
    var url = RemoteURL(
      scheme: superproject.scheme, host: superproject.host, port: superproject.port, path: "/\(place)")
    // To ssh a user is a name, and identifies nobody. Anything else was given for the superproject alone.
    if url.scheme == "ssh", let user = superproject.userInfo, user.password == nil, user.username.variables.isEmpty {
      url.userInfo = UserInfo(username: user.username)
    }
    return url
  }

  private static func whole(_ text: String, _ separator: Range<String.Index>) throws(Problem) -> RemoteURL {
    let scheme = text[..<separator.lowerBound].lowercased()
    guard ["https", "http", "ssh", "file"].contains(scheme) else {
      throw Problem(message: "only https, http, ssh and file are understood")
    }
    let rest = text[separator.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let path = String(rest[authority.endIndex...])
    if scheme == "file" {
      guard authority.isEmpty || authority == "localhost" else { throw Problem(message: "it names another machine") }
      return RemoteURL(scheme: scheme, host: "", path: path)
    }
    return try remote(scheme, authority, path: path, hasPort: true)
  }

  /// `user@host:path`.
  private static func secureCopy(_ text: String) throws(Problem) -> RemoteURL {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/"), !text[colon...].hasPrefix("::") else {
      throw Problem(message: "it is no URL; one that starts from the repository's own begins with './' or '../'")
    }
    let path = text[text.index(after: colon)...].drop { $0 == "/" }
    return try remote("ssh", text[..<colon], path: "/\(path)", hasPort: false)
  }

  private static func remote(
    _ scheme: String, _ authority: Substring, path: String, hasPort: Bool
  ) throws(Problem) -> RemoteURL {
    var place = authority
    var user: UserInfo?
    if let at = place.lastIndex(of: "@") {
      let name = place[..<at].prefix { $0 != ":" }
      if scheme == "ssh", !name.isEmpty, name.utf8.allSatisfy(isPlain), !name.hasPrefix("-") {
        user = UserInfo(username: Template(literal: String(name)))
      }
      place = place[place.index(after: at)...]
    }
    var port: Int?
    if hasPort, let colon = place.lastIndex(of: ":"), !place.hasSuffix("]") {
      port = Int(place[place.index(after: colon)...])
      guard let port, (1...65535).contains(port) else { throw Problem(message: "its port is none") }
      place = place[..<colon]
    }
    let name = place.hasPrefix("[") && place.hasSuffix("]") ? place.dropFirst().dropLast() : place
    let isAddress = name.count != place.count
    guard !name.isEmpty, !name.hasPrefix("-"),
      name.utf8.allSatisfy({ isPlain($0) || isAddress && $0 == UInt8(ascii: ":") })
    else { throw Problem(message: "its host is none") }
    guard !path.unicodeScalars.contains(where: { $0.value <= 0x20 || $0 == "\\" }) else {
      throw Problem(message: "its path names no repository")
    }
    return RemoteURL(scheme: scheme, host: place.lowercased(), port: port, path: path, userInfo: user)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-".utf8.contains(byte)
  }
}

extension Substring {
  /// With every `%XX` decoded; as it is where that gives nothing.
  fileprivate var percentDecodedText: String { String(self).percentDecoded ?? String(self) }
}
