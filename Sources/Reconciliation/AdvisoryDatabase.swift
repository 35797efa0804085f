internal import Installation
public import Model
internal import Network
internal import Platform
internal import Resolution

/// Where advisories come from: a database on disk, or what the indexes know of their own packages.
public struct AdvisoryDatabase: Sendable {
  /// What was found for some packages.
  public struct Advisories: Sendable {
    /// The advisories that concern them.
    public var advisories: [Advisory]
    /// How many entries were looked through; nil where the indexes were asked.
    public var entries: Int?
    /// When the newest entry was last changed, as it says itself (RFC 3339).
    public var newest: String?
    /// What was not looked up, since nobody could be asked.
    public var unknown: [PackageName] = []
    /// The files of the database that could not be read.
    public var unreadable: [String] = []
  }

  // MARK: on disk

  /// Reads a directory of JSON files in OSV's format, however deep, or a ZIP archive of them, as osv.dev has them for each
  /// ecosystem. Only what concerns the packages is kept.
  ///
  /// Throws `auditFailed` where there is no such database, or it holds nothing about Python packages, so that nothing found is
  /// never nothing looked for.
  public static func read(_ path: String, for names: Set<PackageName>) throws(Failure) -> Advisories {
    var found = Advisories(advisories: [], entries: 0)
    func take(_ file: String, _ bytes: [UInt8]) {
      // A whole entry of another ecosystem need not be read; one that was cut may have been about ours.
      guard bytes.contains(ecosystem) || !bytes.looksLikeEntry else { return }
      guard let node = JSONNode(bytes), Advisory.isEntry(node) else { return found.unreadable.append(file) }
      guard let advisory = Advisory(osv: node) else { return }
      found.entries = (found.entries ?? 0) + 1
      if let modified = node["modified"]?.string, modified > found.newest ?? "" { found.newest = modified }
      if advisory.affected.contains(where: { names.contains($0.name) }) { found.advisories.append(advisory) }
    }
    guard Files.exists(path) else {
      throw Failure(
        .auditFailed, "there is no vulnerability database", at: .path(path),
        hint:
          "fetch one in OSV's format, as a ZIP archive or unpacked, and name it with --database or spec.audit.database")
    }
    if Files.isDirectory(path) {
      var seen: Set<String> = []
      try walk(path, &seen) { file, bytes in
        if let bytes { take(file, bytes) } else { found.unreadable.append(file) }
      }
    } else {
      do throws(Failure) {
        try ZipMembers.forEach(path, where: { $0.hasSuffix(".json") }) { name, bytes in take("\(path):\(name)", bytes) }
      } catch {
        throw Failure(
          .auditFailed, "the vulnerability database cannot be read", at: .path(path),
          because: error.diagnostics.first?.cause ?? error.diagnostics.first?.message,
          hint: "fetch it again: a ZIP archive of JSON files in OSV's format, or a directory of them")
      }
    }
    guard found.entries ?? 0 > 0 || !found.unreadable.isEmpty else {
      throw Failure(
        .auditFailed, "the vulnerability database has nothing about Python packages", at: .path(path),
        hint: "name the database of the ecosystem PyPI in OSV's format")
    }
    return found
  }

  private static let ecosystem = Array("\"PyPI\"".utf8)

  /// Hands out each JSON file below a directory, links followed; nil for one that is no file, or a link that leads nowhere.
  private static func walk(
    _ directory: String, _ seen: inout Set<String>, _ take: (String, [UInt8]?) -> Void
  ) throws(Failure) {
    // A link may lead back up.
    guard seen.insert(Files.realPath(directory) ?? directory).inserted else { return }
    for name in try Files.list(directory) {
      let path = "\(directory)/\(name)"
      guard !Files.isDirectory(path) else {
        try walk(path, &seen, take)
        continue
      }
      guard name.hasSuffix(".json") else { continue }
      take(path, Files.realPath(path).map(Files.kind) == .file ? try Files.read(path) : nil)
    }
  }

  // MARK: the indexes

  /// Asks each distribution's own index what it knows of that version, 8 at a time.
  ///
  /// Source: the JSON API of PyPI's software (`/pypi/NAME/VERSION/json`, key `vulnerabilities`). Throws `auditFailed` where an
  /// index has no such data, and `indexUnreachable`, `indexRefused`.
  static func ask(
    _ distributions: [LockedDistribution], client: WebClient, credentials: IndexCredentials
  ) async throws -> Advisories {
    var found = Advisories(advisories: [])
    var questions: [(name: PackageName, version: String, index: String, url: String)] = []
    for distribution in distributions {
      guard case .index(let index, _, _) = distribution.source, let root = root(of: index) else {
        found.unknown.append(distribution.name)
        continue
      }
      let url = "\(root)/pypi/\(distribution.name.text)/\(distribution.version.percentEncodedPath)/json"
      questions.append((distribution.name, distribution.version, index, url))
    }
    try await withThrowingTaskGroup(of: [Advisory].self) { tasks in
      var rest = questions[...]
      func askNext() {
        guard let question = rest.popFirst() else { return }
        tasks.addTask {
          let own = try credentials.credentials(for: question.url, of: question.name, from: question.index)
          let document = try await client.getAll(question.url, credentials: own)
          return try advisories(in: document, of: question.name, question.version, index: question.index)
        }
      }
      for _ in 0..<8 { askNext() }
      while let advisories = try await tasks.next() {
        found.advisories += advisories
        askNext()
      }
    }
    return found
  }

  /// What stands beside an index's simple pages.
  private static func root(of index: String) -> String? {
    index.hasSuffix("/simple") ? String(index.dropLast("/simple".count)) : nil
  }

  private static func advisories(
    in document: WebDocument, of name: PackageName, _ version: String, index: String
  ) throws(Failure) -> [Advisory] {
    switch document.status {
    case 200: break
    case 401, 403:
      throw Failure(
        .indexRefused, "the index refused to say which vulnerabilities its packages have", at: .url(index),
        because: "HTTP \(document.status)", hint: "give the index credentials: spec.indexes")
    default: throw noData(index, "HTTP \(document.status)")
    }
    guard let entries = JSONNode(document.bytes)?["vulnerabilities"]?.array else {
      throw noData(index, "its answer has no list of vulnerabilities")
    }
    guard let affected = Version(version) else { return [] }
    return entries.compactMap { entry in
      guard let id = entry["id"]?.string, entry["withdrawn"] == nil else { return nil }
      let fixes = (entry["fixed_in"]?.strings ?? []).compactMap { Version($0) }
      let summary = entry["summary"]?.string ?? Advisory.sentence(of: entry["details"]?.string ?? "")
      // The index names what concerns this very version, and where it was fixed.
      let about = Advisory.Affected(name: name, versions: [affected], ranges: [fixes.map { .fixed($0) }])
      return Advisory(id: id, aliases: entry["aliases"]?.strings ?? [], summary: summary, affected: [about])
    }
  }

  private static func noData(_ index: String, _ cause: String) -> Failure {
    Failure(
      .auditFailed, "the index does not say which vulnerabilities its packages have", at: .url(index), because: cause,
      hint: "name a database in OSV's format with --database or spec.audit.database")
  }
}

extension [UInt8] {
  /// Whether some bytes stand in these.
  fileprivate func contains(_ part: [UInt8]) -> Bool { firstRange(of: part) != nil }

  /// Whether they begin and end as a JSON object does, and name an id.
  fileprivate var looksLikeEntry: Bool {
    func isText(_ byte: UInt8) -> Bool { ![9, 10, 13, 32].contains(byte) }
    return first(where: isText) == UInt8(ascii: "{") && last(where: isText) == UInt8(ascii: "}")
      && contains(Array("\"id\"".utf8))
  }
}
