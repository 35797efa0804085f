internal import Model

/// Reads `git+https://host/repo.git@reference#subdirectory=path&egg=name`, user info apart.
struct GitReferenceReader {
  typealias Problem = RequirementParser.Problem

  /// What the text says. Its URL has no user info.
  var source: GitSource
  /// What `#egg=` says.
  var egg: RequirementParser.Parsed?
  /// The URL as it was read.
  var read: URLReader.Result

  /// `text` begins with `git+`; `offset` is its place in the text that complaints are about.
  init(_ text: String, at offset: Int) throws(Problem) {
    let body = text.dropFirst("git+".count)
    let fragmentStart = body.firstIndex(of: "#") ?? body.endIndex
    read = try Self.url(body[..<fragmentStart], at: offset + 4)
    let queryStart = read.url.path.firstIndex(of: "?") ?? read.url.path.endIndex
    let query = read.url.path[queryStart...]
    var path = read.url.path[..<queryStart]
    source = GitSource(url: read.url)
    if let at = path.lastIndex(of: "@") {
      let name = String(path[path.index(after: at)...])
      let place = offset + 4 + body.distance(from: body.startIndex, to: fragmentStart) - query.count - name.count
      if let range = try Self.range(name, at: place) {
        source.range = range
      } else {
        try Self.checkReference(name, at: place)
        source.reference = name
      }
      path = path[..<at]
    }
    while path.hasSuffix("/") { path = path.dropLast() }
    guard !path.isEmpty else {
      throw Problem(
        message: "the URL names no repository", offset: offset, hint: "write 'git+https://host/organisation/repo.git'")
    }
    read.url.path = String(path + query)
    read.extent = offset..<(offset + text.count)
    source.url = read.url
    guard fragmentStart < body.endIndex else { return }
    let place = offset + 4 + body.distance(from: body.startIndex, to: fragmentStart) + 1
    let fragment = try URLFragment(
      body[body.index(after: fragmentStart)...], at: place, isFile: false, inside: "the repository")
    source.subdirectory = fragment.subdirectory
    egg = fragment.egg
  }

  // MARK: the URL

  private static func url(_ text: Substring, at offset: Int) throws(Problem) -> URLReader.Result {
    guard let separator = text.firstRange(of: "://") else { return try secureCopy(text, at: offset) }
    let scheme = text[..<separator.lowerBound].lowercased()
    if scheme == "git" {
      throw Problem(
        message: "git:// is not understood: whoever is on the way can change what comes", offset: offset - 4,
        hint: "write 'git+https://host/organisation/repo.git'")
    }
    if scheme == "ssh" { try refusePath(text[separator.upperBound...], at: offset) }
    var read = try URLReader.read(text, at: offset, schemes: ["https", "http", "ssh", "file"])
    // GitHub's own page shows `ssh://git@github.com:org/repo.git` nowhere, but people write it.
    if scheme == "ssh", !read.url.path.hasPrefix("/") { read.url.path = "/" + read.url.path }
    return read
  }

  /// `ssh://git@host:organisation/repo.git` mixes the two forms.
  private static func refusePath(_ text: Substring, at offset: Int) throws(Problem) {
    let authority = text.prefix { $0 != "/" }
    let host = authority[(authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex)...]
    guard !host.hasPrefix("["), let colon = host.firstIndex(of: ":") else { return }
    let port = host[host.index(after: colon)...]
    guard let first = port.first, first.isASCII, first.isLetter else { return }
    throw Problem(
      message: "behind the host of an ssh URL stands a port, and no path", offset: offset,
      hint: "write 'git+ssh://git@host/organisation/repo.git', or 'git+git@host:organisation/repo.git'")
  }

  /// `user@host:organisation/repo.git`, as git itself writes it. The path starts from the user's home there, and so it does
  /// on every forge.
  private static func secureCopy(_ text: Substring, at offset: Int) throws(Problem) -> URLReader.Result {
    let hint = "write 'git+https://host/organisation/repo.git' or 'git+ssh://git@host/organisation/repo.git'"
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
      throw Problem(
        message: "this is no URL of a repository", offset: offset,
        hint: text.hasPrefix("/") && !text.contains("@")
          || text.hasPrefix(".") ? "a path is written whole: 'git+file:///path/to/repo.git'" : hint)
    }
    let halves = text[..<colon].split(separator: "@", omittingEmptySubsequences: false)
    var path = text[text.index(after: colon)...]
    let isUser = halves.count < 2 || halves[0].isLoginName
    guard let name = halves.last, halves.count <= 2, isUser, !name.isEmpty, !path.isEmpty else {
      throw Problem(message: "this is no URL of a repository", offset: offset, hint: hint)
    }
    if let scheme = URLText.schemes.first(where: { $0 == name.lowercased() }) {
      throw Problem(
        message: "behind '\(scheme):' two slashes are missing", offset: offset,
        hint: scheme == "file" ? "write 'git+file:///path/to/repo.git'" : hint)
    }
    try URLReader.refuseSpaces(text, at: offset)
    let hostOffset = offset + (halves.count == 2 ? halves[0].count + 1 : 0)
    let (host, _) = try URLReader.authority(name, at: hostOffset)
    if let slash = path.firstIndex(of: "/"), slash > path.startIndex, path[..<slash].allSatisfy(\.isASCIIDigit) {
      throw Problem(
        message: "in this form a path follows the ':', and no port", offset: hostOffset + name.count + 1,
        hint: "write 'git+ssh://git@\(host):\(path[..<slash])/organisation/repo.git'")
    }
    while path.hasPrefix("/") { path = path.dropFirst() }
    let user = halves.count == 2 ? UserInfo(username: Template(literal: String(halves[0]))) : nil
    let url = RemoteURL(scheme: "ssh", host: host, path: "/\(path)", userInfo: user)
    // Nothing was taken out of the text: the place is one where no user info can have stood.
    return URLReader.Result(
      url: url, embedded: user, authorityOffset: -1, extent: offset..<(offset + text.count),
      userInfoExtent: user == nil ? nil : offset..<hostOffset, hostExtent: hostOffset..<(hostOffset + name.count))
  }

  // MARK: the reference

  /// `semver:>=1.2,<2`: a range over the versions that tags name. Nil for any other reference.
  private static func range(_ name: String, at offset: Int) throws(Problem) -> VersionSpecifiers? {
    let prefix = "semver:"
    guard name.lowercased().hasPrefix(prefix) else {
      guard name.lowercased().hasPrefix("semver"), let next = name.dropFirst("semver".count).first,
        "<>=!~^".contains(next)
      else { return nil }
      throw Problem(
        message: "behind 'semver' a ':' is missing", offset: offset + "semver".count,
        hint: "a range over tags is written '@semver:>=1.2,<2'")
    }
    let place = offset + prefix.count
    let text = name.dropFirst(prefix.count)
    if let first = text.first, first.isNumber || first == "v" || first == "*" {
      let version = text.hasPrefix("v") ? text.dropFirst() : text
      let isVersion = version.count <= 40 && Version(version) != nil
      throw Problem(
        message: "the range after 'semver:' has no operator", offset: place,
        hint: text == "*"
          ? "write '@semver:>=0' for any version"
          : isVersion ? "write '@semver:==\(version)'" : "write which versions will do, as in '@semver:>=1.2,<2'")
    }
    do throws(Problem) {
      let range = try VersionSpecifiers(parsing: text)
      guard !range.isEmpty else {
        throw Problem(
          message: text.isEmpty
            ? "the range after 'semver:' is missing" : "the range after 'semver:' is not understood",
          offset: 0, hint: "write which versions will do, as in '@semver:>=1.2,<2'")
      }
      return range
    } catch {
      throw Problem(
        message: error.message, offset: place + error.offset,
        hint: error.hint ?? "write which versions will do, as in '@semver:>=1.2,<2'")
    }
  }

  /// Source: git-check-ref-format(1). Commits satisfy it, too.
  private static func checkReference(_ name: String, at offset: Int) throws(Problem) {
    guard !name.isEmpty else {
      throw Problem(
        message: "the reference after '@' is missing", offset: offset,
        hint: "write a branch, a tag or a commit, or take the '@' out")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    // git allows some of these, but nobody calls a tag so.
    let isRange = name.first.map { "<>=~^!".contains($0) } ?? false
    let isValid =
      !isRange && !parts.contains { $0.isEmpty || $0.hasPrefix(".") || $0.hasSuffix(".lock") } && !name.hasPrefix("-")
      && !name.hasSuffix(".") && !name.contains("..") && !name.contains("@{")
      && name.unicodeScalars.allSatisfy {
        $0.value > 0x20 && $0.value != 0x7F && !"~^:?*[\\".unicodeScalars.contains($0)
      }
    guard isValid else {
      throw Problem(
        message: "'\(name.prefix(60))' is no name of a branch, a tag or a commit", offset: offset,
        hint: isRange
          ? "a range over tags is written '@semver:>=1.2,<2'"
          : "write it as git shows it, as in '@main', '@feature/login' or '@v1.2.3'")
    }
  }
}

extension Substring {
  /// Whether it is what a system would take for a user's name; a misread token seldom is.
  fileprivate var isLoginName: Bool {
    count <= 64 && !isEmpty && first != "-"
      && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  }
}
