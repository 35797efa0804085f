internal import Model

/// Reads `git+https://host/repo.git@reference#subdirectory=path&egg=name`, user info apart.
struct GitReferenceReader {
  typealias Problem = RequirementParser.Problem

  /// What the text says.
  var source: GitSource
  /// What `#egg=` says.
  var egg: RequirementParser.Parsed?
  /// User info that a variable's value brought along.
  var userInfo: UserInfo?

  /// `text` begins with `git+`; `offset` is its place in the text that complaints are about.
  init(_ text: String, at offset: Int) throws(Problem) {
    let body = text.dropFirst("git+".count)
    let fragmentStart = body.firstIndex(of: "#") ?? body.endIndex
    var (url, userInfo) = try URLReader.read(
      body[..<fragmentStart], at: offset + 4, schemes: ["https", "http", "file"])
    let queryStart = url.path.firstIndex(of: "?") ?? url.path.endIndex
    let query = url.path[queryStart...]
    var path = url.path[..<queryStart]
    var reference: String?
    if let at = path.lastIndex(of: "@") {
      let name = String(path[path.index(after: at)...])
      let place = offset + 4 + body.distance(from: body.startIndex, to: fragmentStart) - query.count - name.count
      try Self.checkReference(name, at: place)
      reference = name
      path = path[..<at]
    }
    while path.hasSuffix("/") { path = path.dropLast() }
    guard !path.isEmpty else {
      throw Problem(
        message: "the URL names no repository", offset: offset, hint: "write 'git+https://host/organisation/repo.git'")
    }
    url.path = String(path + query)
    source = GitSource(url: url, reference: reference)
    self.userInfo = userInfo
    guard fragmentStart < body.endIndex else { return }
    var place = offset + 4 + body.distance(from: body.startIndex, to: fragmentStart) + 1
    for part in body[body.index(after: fragmentStart)...].split(separator: "&", omittingEmptySubsequences: false) {
      try readFragment(part, at: place)
      place += part.count + 1
    }
  }

  private mutating func readFragment(_ part: Substring, at offset: Int) throws(Problem) {
    let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let known = "what may follow '#': subdirectory=path, egg=name"
    guard halves.count == 2, let value = String(halves[1]).percentDecoded, !value.isEmpty else {
      throw Problem(message: "what follows '#' is not understood", offset: offset, hint: known)
    }
    let place = offset + halves[0].count + 1
    switch halves[0] {
    case "subdirectory": source.subdirectory = try Self.subdirectory(value, at: place)
    case "egg":
      do throws(Problem) {
        let parsed = try RequirementParser.parse(value)
        guard parsed.url == nil, parsed.marker == nil, parsed.specifiers.isEmpty else {
          throw Problem(
            message: "'egg=' gives a name, and no more", offset: 0, hint: "write 'egg=name' or 'egg=name[extra]'")
        }
        egg = parsed
      } catch {
        throw Problem(message: error.message, offset: place + error.offset, hint: error.hint)
      }
    default:
      throw Problem(message: "'#\(halves[0].prefix(30))=' is not understood", offset: offset, hint: known)
    }
  }

  private static func subdirectory(_ path: String, at offset: Int) throws(Problem) -> String? {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let isInside = !path.hasPrefix("/") && !parts.contains("..") && !path.contains("\\") && !path.contains("\0")
    guard isInside else {
      throw Problem(
        message: "the subdirectory leads out of the repository", offset: offset,
        hint: "write a path from the repository's root, without '..', as in 'subdirectory=packages/my-link'")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  /// Source: git-check-ref-format(1). Commits satisfy it, too.
  private static func checkReference(_ name: String, at offset: Int) throws(Problem) {
    guard !name.isEmpty else {
      throw Problem(
        message: "the reference after '@' is missing", offset: offset,
        hint: "write a branch, a tag or a commit, or take the '@' out")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let isValid =
      !parts.contains { $0.isEmpty || $0.hasPrefix(".") || $0.hasSuffix(".lock") } && !name.hasPrefix("-")
      && !name.hasSuffix(".") && !name.contains("..") && !name.contains("@{")
      && name.unicodeScalars.allSatisfy {
        $0.value > 0x20 && $0.value != 0x7F && !"~^:?*[\\".unicodeScalars.contains($0)
      }
    guard isValid else {
      throw Problem(
        message: "'\(name.prefix(60))' is no name of a branch, a tag or a commit", offset: offset,
        hint: "write it as git shows it, as in '@main', '@feature/login' or '@v1.2.3'")
    }
  }
}
