internal import Model

/// Reads direct references: git repositories, archives, and directories.
///
/// Whether a path is an archive or a directory is told by its ending: a manifest means the same on every machine, whatever
/// lies on its disk.
struct DirectReader {
  typealias Problem = RequirementParser.Problem

  let context: RequirementContext

  /// What stands around a reference.
  struct Head {
    var name: PackageName?
    var extras: [PackageName] = []
    var marker: Marker?
  }

  // MARK: URLs

  /// What stands behind `name @`, or alone.
  func url(_ text: String, at offset: Int, _ head: Head) throws(Problem) -> Requirement {
    try Self.refuseMarker(in: text, at: offset)
    try Self.refuseSlashes(in: text[...], at: offset)
    if text.lowercased().hasPrefix("git+") { return try git(text, at: offset, head) }
    guard let separator = text.firstRange(of: "://") else { return try localPath(text, at: offset, head) }
    let scheme = text[..<separator.lowerBound].lowercased()
    guard ["https", "http", "file"].contains(scheme) else { throw Self.foreign(scheme, at: offset) }
    let fragmentStart = text.firstIndex(of: "#") ?? text.endIndex
    var read = try URLReader.read(text[..<fragmentStart], at: offset, schemes: ["https", "http", "file"])
    read.extent = offset..<(offset + text.count)
    let userInfo = context.userInfo(read)
    try URLReader.refuseSecrets(in: read)
    if scheme == "file" {
      guard userInfo == nil else { throw Self.fileUserInfo(at: offset, "file:///path") }
      return try local(read.url.path, isEncoded: true, text[fragmentStart...], of: text, at: offset, head)
    }
    read.url.userInfo = userInfo
    let path = read.url.path.prefix { $0 != "?" }
    let fileName = String(path).lastPathComponent
    guard PathForm.archiveEnding(fileName.percentDecoded ?? fileName) != nil else {
      throw Self.noArchive(String(path), at: offset)
    }
    return try archive(read.url, text[fragmentStart...], of: text, at: offset, head)
  }

  /// A marker without a space in front of its `;` would be a part of the URL's path, or of a branch's name.
  private static func refuseMarker(in text: String, at offset: Int) throws(Problem) {
    var start = text.startIndex
    while let semicolon = text[start...].firstIndex(of: ";") {
      start = text.index(after: semicolon)
      let rest = text[start...].prefix { $0 != "#" }
      let word = rest.prefix { $0 == "_" || $0 == "." || $0.isLetter }
      // An older form of the variables has dots: `os.name`.
      let isMarker = Marker.Variable(rawValue: String(word).replacing(".", with: "_")) != nil
      guard isMarker || rest.hasPrefix("'") || rest.hasPrefix("\"") || rest.hasPrefix("("),
        rest.contains(where: { "<>=!~".contains($0) })
      else { continue }
      throw unspaced(at: offset + text.distance(from: text.startIndex, to: semicolon))
    }
  }

  /// `https:/host` and `https//host` would be paths.
  static func refuseSlashes(in text: Substring, at offset: Int) throws(Problem) {
    let head = text.prefix { $0.isLetter }
    let scheme = head.lowercased()
    let rest = text[head.endIndex...]
    guard scheme == "https" || scheme == "http", !rest.hasPrefix("://"), rest.hasPrefix(":") || rest.hasPrefix("//")
    else { return }
    throw Problem(
      message: "behind '\(scheme)' '://' is missing", offset: offset + head.count,
      hint: "write 'https://host/name-1.0.tar.gz'")
  }

  /// A complaint about the `;` that stands there.
  static func unspaced(at offset: Int) -> Problem {
    Problem(
      message: "the ';' before a marker needs a space in front of it", offset: offset,
      hint: "write 'name @ URL ; marker'")
  }

  private func git(_ text: String, at offset: Int, _ head: Head) throws(Problem) -> Requirement {
    var reader = try GitReferenceReader(text, at: offset)
    let userInfo = context.userInfo(reader.read)
    try URLReader.refuseSecrets(in: reader.read)
    let scheme = reader.source.url.scheme
    if scheme == "file", userInfo != nil { throw Self.fileUserInfo(at: offset, "git+file:///path/to/repo.git") }
    if scheme == "ssh", userInfo?.password != nil {
      throw Problem(
        message: "a password in a URL is nothing to ssh, which uses keys", offset: offset,
        hint: "write 'git+ssh://git@\(reader.source.url.host)/organisation/repo.git'")
    }
    reader.source.url.userInfo = userInfo
    let (name, extras) = try names(head, reader.egg, at: offset)
    return .git(GitRequirement(name: name, extras: extras, source: reader.source, marker: head.marker))
  }

  // MARK: paths

  /// A bare path: all up to a `;`, with extras and a fragment behind it.
  func path(_ text: Substring, at offset: Int) throws(Problem) -> Requirement {
    var head = Head()
    var body = text
    if let semicolon = text.firstIndex(of: ";") {
      let start = text.index(after: semicolon)
      head.marker = try RequirementReader.shifting(
        by: offset + text.distance(from: text.startIndex, to: start)
      ) { () throws(Problem) in try Marker(parsing: text[start...]) }
      body = text[..<semicolon]
    }
    while body.last?.isWhitespace == true { body.removeLast() }
    let fragmentStart = body.firstIndex(of: "#") ?? body.endIndex
    var path = body[..<fragmentStart]
    if path.hasSuffix("]"), let opening = path.lastIndex(of: "[") {
      let prefix = "name"
      let place = offset + path.distance(from: path.startIndex, to: opening)
      head.extras = try RequirementReader.shifting(by: place - prefix.count) { () throws(Problem) in
        try RequirementParser.parse(prefix + path[opening...]).extras
      }
      path = path[..<opening]
    }
    return try local(String(path), isEncoded: false, body[fragmentStart...], of: String(text), at: offset, head)
  }

  /// `file:./x`, `file:/srv/x`, or a path behind `name @`.
  private func localPath(_ text: String, at offset: Int, _ head: Head) throws(Problem) -> Requirement {
    let scheme = "file:"
    let isURL = text.lowercased().hasPrefix(scheme)
    let body = isURL ? text.dropFirst(scheme.count) : text[...]
    let fragmentStart = body.firstIndex(of: "#") ?? body.endIndex
    let path = body[..<fragmentStart]
    if isURL, path.isEmpty {
      throw Problem(message: "the URL names no path", offset: offset, hint: "write 'file:///the/path' or './path'")
    }
    // Without a mark of a path, what stands here may be anything, a URL without its scheme for instance.
    guard isURL || path.hasPrefix(".") || path.hasPrefix("/") || PathForm.archiveEnding(path) != nil,
      !path.hasPrefix("//"), !path.isEmpty, !path.contains("@"), isURL || !path.contains(":")
    else {
      throw Problem(
        message: "what stands behind '@' is no URL and no path", offset: offset,
        hint: Version(text) != nil
          ? "a version stands behind an operator: write 'name==\(text)'"
          : "write 'name @ https://host/name-1.0.tar.gz', 'name @ git+https://host/repo.git' or 'name @ ./path'")
    }
    return try local(String(path), isEncoded: isURL, body[fragmentStart...], of: text, at: offset, head)
  }

  /// An archive or a directory on this machine.
  private func local(
    _ written: String, isEncoded: Bool, _ fragment: Substring, of text: String, at offset: Int, _ head: Head
  ) throws(Problem) -> Requirement {
    guard let decoded = isEncoded ? written.percentDecoded : written else {
      throw Problem(
        message: "a '%' in the URL begins no escape", offset: offset, hint: "write '%25' for '%'")
    }
    guard !decoded.isEmpty, !decoded.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      throw Problem(message: "this is no path", offset: offset, hint: "write './path' or '/the/whole/path'")
    }
    let path = decoded.absolutePath(from: context.directory)
    // A slash at the end says that it is a directory.
    if !decoded.hasSuffix("/"), PathForm.archiveEnding(path.lastPathComponent) != nil {
      let url = RemoteURL(scheme: "file", host: "", path: path.percentEncodedPath)
      return try archive(url, fragment, of: text, at: offset, head)
    }
    let parts = try self.fragment(fragment, of: text, at: offset, isFile: false, inside: "the directory")
    let (name, extras) = try names(head, parts.egg, at: offset)
    return .directory(
      DirectoryRequirement(
        name: name, extras: extras, path: path, subdirectory: parts.subdirectory, marker: head.marker))
  }

  // MARK: archives

  private func archive(
    _ url: RemoteURL, _ fragment: Substring, of text: String, at offset: Int, _ head: Head
  ) throws(Problem) -> Requirement {
    let parts = try self.fragment(fragment, of: text, at: offset, isFile: true, inside: "the archive")
    let (name, extras) = try names(head, parts.egg, at: offset)
    var result = ArchiveRequirement(
      name: name, extras: extras, url: url, subdirectory: parts.subdirectory, hashes: parts.hashes, marker: head.marker)
    guard PathForm.archiveEnding(result.fileName) == ".whl" else { return .archive(result) }
    guard let wheel = result.wheel else {
      throw Problem(
        message: "this is no wheel's file name", offset: offset,
        hint: "wheels are called name-version-python-abi-platform.whl, as in 'my_link-1.0-py3-none-any.whl'")
    }
    if let name, name != wheel.distribution {
      throw Self.twoNames(
        name, wheel.distribution, at: offset, hint: "write '\(wheel.distribution) @ …', or another wheel")
    }
    guard result.subdirectory == nil else {
      throw Problem(
        message: "a wheel is installed whole: it has no subdirectory to build", offset: offset,
        hint: "take '#subdirectory=…' out")
    }
    result.name = wheel.distribution
    return .archive(result)
  }

  private func fragment(
    _ fragment: Substring, of text: String, at offset: Int, isFile: Bool, inside whole: String
  ) throws(Problem) -> URLFragment {
    guard !fragment.isEmpty else { return URLFragment() }
    let start = fragment.index(after: fragment.startIndex)
    return try URLFragment(
      fragment[start...], at: offset + text.distance(from: text.startIndex, to: start), isFile: isFile, inside: whole)
  }

  /// The name in front and the one of `#egg=` are one.
  private func names(
    _ head: Head, _ egg: RequirementParser.Parsed?, at offset: Int
  ) throws(Problem) -> (PackageName?, [PackageName]) {
    if let name = head.name, let egg, egg.name != name {
      throw Self.twoNames(name, egg.name, at: offset, hint: "take '#egg=…' out")
    }
    return (head.name ?? egg?.name, head.extras + (egg?.extras ?? []))
  }

  // MARK: what is not understood

  private static func twoNames(_ one: PackageName, _ other: PackageName, at offset: Int, hint: String) -> Problem {
    Problem(
      message: "the requirement has two names, '\(one)' and '\(other)'", offset: offset, hint: hint)
  }

  private static func fileUserInfo(at offset: Int, _ example: String) -> Problem {
    Problem(message: "a file URL has no user info", offset: offset, hint: "write '\(example)'")
  }

  private static func foreign(_ scheme: String, at offset: Int) -> Problem {
    if scheme == "ssh" || scheme == "git" {
      return Problem(
        message: "the URL of a git repository begins with 'git+'", offset: offset,
        hint: scheme == "ssh" ? "put 'git+' in front of it" : "write 'git+https://host/organisation/repo.git'")
    }
    for system in ["hg", "svn", "bzr"] where scheme.hasPrefix("\(system)+") {
      return Problem(
        message: "\(system) is not understood: Pinion fetches from git alone", offset: offset,
        hint: "name a git repository or an archive")
    }
    return Problem(
      message: "the scheme '\(scheme.prefix(20))' is not understood here", offset: offset,
      hint: RequirementReader.understood)
  }

  private static func noArchive(_ path: String, at offset: Int) -> Problem {
    if path.contains(".git") {
      return Problem(
        message: "the URL of a git repository begins with 'git+'", offset: offset, hint: "put 'git+' in front of it")
    }
    if path.hasSuffix("]"), path.contains("[") {
      return Problem(
        message: "extras stand behind the name, not behind the URL", offset: offset,
        hint: "write 'name[extra] @ https://host/name-1.0.tar.gz'")
    }
    return Problem(
      message: "the URL does not say what it is: neither an archive's name nor 'git+'", offset: offset,
      hint: "a repository is written 'git+https://…'; an archive ends with "
        + ArchiveRequirement.endings.joined(separator: ", "))
  }
}
