internal import Model

/// Reads what `pip_name` says, expanded and without the user info of its URL.
struct RequirementReader {
  typealias Problem = RequirementParser.Problem

  /// What the text says. User info is not in it.
  var requirement: Requirement
  /// User info that a variable's value brought along.
  var userInfo: UserInfo?

  static let understood =
    "what is understood: name, name==1.2.3, name[extra]>=1,<2, git+https://host/repo.git@reference"

  /// Throws what is wrong, with the place in the text.
  init(_ text: String) throws(Problem) {
    let start = text.prefix(while: \.isWhitespace).count
    let trimmed = text.dropFirst(start)
    try Self.refuse(trimmed, at: start)
    if Self.isURL(trimmed) {
      // A bare URL is a requirement without its name: one grammar reads both, markers included.
      let prefix = "name @ "
      let parsed = try Self.shifting(by: start - prefix.count) { () throws(Problem) in
        try RequirementParser.parse(prefix + trimmed)
      }
      try self.init(parsed, in: text, name: nil)
    } else {
      let parsed = try RequirementParser.parse(text)
      try self.init(parsed, in: text, name: parsed.name)
    }
  }

  private init(_ parsed: RequirementParser.Parsed, in text: String, name: PackageName?) throws(Problem) {
    guard let url = parsed.url else {
      requirement = .index(
        IndexRequirement(
          name: parsed.name, extras: parsed.extras, specifiers: parsed.specifiers, marker: parsed.marker))
      return
    }
    let offset = text.firstRange(of: url).map { text.distance(from: text.startIndex, to: $0.lowerBound) } ?? 0
    guard url.lowercased().hasPrefix("git+") else { throw Self.foreign(url[...], at: offset) }
    if let scheme = url.dropFirst(4).firstRange(of: "://").map({ url.dropFirst(4)[..<$0.lowerBound].lowercased() }),
      scheme == "ssh" || scheme == "git"
    {
      throw Problem(
        message: "git over \(scheme) is not understood by this version", offset: offset,
        hint: "write 'git+https://${GIT_TOKEN}@host/organisation/repo.git'")
    }
    let reader = try GitReferenceReader(url, at: offset)
    if let name, let egg = reader.egg, egg.name != name {
      throw Problem(
        message: "the requirement has two names, '\(name)' and '\(egg.name)'", offset: offset,
        hint: "take '#egg=…' out")
    }
    requirement = .git(
      GitRequirement(
        name: name ?? reader.egg?.name, extras: (name == nil ? [] : parsed.extras) + (reader.egg?.extras ?? []),
        source: reader.source, marker: parsed.marker))
    userInfo = reader.userInfo
  }

  private static func isURL(_ text: Substring) -> Bool {
    let scheme = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    return !scheme.isEmpty && text[scheme.endIndex...].hasPrefix("://") || text.lowercased().hasPrefix("git+")
  }

  // MARK: what is not understood

  /// Forms that pip knows and this version does not. A complaint shows no URL and no option's value.
  private static func refuse(_ text: Substring, at offset: Int) throws(Problem) {
    let word = text.prefix { !$0.isWhitespace }
    if word == "-e" || word == "--editable" || word.hasPrefix("--editable=") {
      throw Problem(message: "an editable install is not understood", offset: offset, hint: understood)
    }
    if word.hasPrefix(".") || word.hasPrefix("/") || word.hasPrefix("~") || word.hasPrefix("\\") {
      throw Problem(message: "a local path is not understood by this version", offset: offset, hint: understood)
    }
    if isURL(text) { return }
    if let archive = [".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2"].first(where: { word.hasSuffix($0) }),
      !word.contains("=")
    {
      throw Problem(
        message: "an archive ('\(archive)') is not understood by this version", offset: offset, hint: understood)
    }
    // `git@host:organisation/repo.git`, as git itself writes it.
    if let colon = word.firstIndex(of: ":"), word[..<colon].contains("@") {
      let parts = word[..<colon].split(separator: "@", omittingEmptySubsequences: false)
      let host = parts.last ?? ""
      throw Problem(
        message: "git over ssh is not understood by this version", offset: offset,
        hint: "write 'git+https://${GIT_TOKEN}@\(host)/\(word[word.index(after: colon)...])'")
    }
  }

  private static func foreign(_ url: Substring, at offset: Int) -> Problem {
    let scheme = url.firstRange(of: "://").map { url[..<$0.lowerBound].lowercased() } ?? ""
    let path = url.prefix { $0 != "?" && $0 != "#" }
    if ["https", "http"].contains(scheme), path.contains(".git") {
      return Problem(
        message: "a URL of a git repository begins with 'git+'", offset: offset, hint: "put 'git+' in front of it")
    }
    if scheme == "ssh" || scheme == "git" {
      return Problem(
        message: "git over \(scheme) is not understood by this version", offset: offset,
        hint: "write 'git+https://${GIT_TOKEN}@host/organisation/repo.git'")
    }
    let what =
      ["https", "http", "file"].contains(scheme)
      ? "a URL of an archive or a directory is not understood by this version" : "this URL is not understood"
    return Problem(message: what, offset: offset, hint: understood)
  }

  private static func shifting<Value>(
    by distance: Int, _ body: () throws(Problem) -> Value
  ) throws(Problem) -> Value {
    do throws(Problem) {
      return try body()
    } catch {
      throw Problem(message: error.message, offset: max(0, error.offset + distance), hint: error.hint)
    }
  }
}
