/// A known vulnerability as the Open Source Vulnerability format has it, as far as it concerns Python packages.
///
/// Source: the OSV schema, version 1.7 (https://ossf.github.io/osv-schema/), and its section on evaluation.
public struct Advisory: Sendable, Equatable {
  /// One package that it concerns.
  public struct Affected: Sendable, Equatable {
    /// The package.
    public var name: PackageName
    /// Versions that are listed one by one.
    public var versions: [Version]
    /// What happened at which version, each range in order.
    public var ranges: [[Event]]
    /// What of it cannot be read, in words: whether it concerns a version, nobody can say then.
    public var unread: [String]

    /// Creates an entry; the events of each range are in order.
    public init(name: PackageName, versions: [Version], ranges: [[Event]], unread: [String] = []) {
      self.name = name
      self.unread = unread
      self.versions = versions
      self.ranges = ranges
    }
  }

  /// What happened at a version.
  public enum Event: Sendable, Equatable {
    /// The vulnerability is there from this version on; nil for the first one there was.
    case introduced(Version?)
    /// This version no longer has it.
    case fixed(Version)
    /// This is the last version that has it.
    case lastAffected(Version)

    /// Where it stands among the versions.
    var version: Version? {
      switch self {
      case .introduced(let version): version
      case .fixed(let version), .lastAffected(let version): version
      }
    }
  }

  /// Its id: `PYSEC-2024-1`, `GHSA-…`, `CVE-…`.
  public var id: String
  /// Its ids elsewhere.
  public var aliases: [String]
  /// What it is about, in a sentence; empty where nobody says.
  public var summary: String
  /// How bad it is, as its database says: `HIGH`, or a CVSS vector.
  public var severity: String?
  /// The packages that it concerns.
  public var affected: [Affected]

  /// Creates an advisory.
  public init(
    id: String, aliases: [String] = [], summary: String = "", severity: String? = nil, affected: [Affected] = []
  ) {
    self.id = id
    self.aliases = aliases
    self.summary = summary
    self.severity = severity
    self.affected = affected
  }

  /// Reads an entry of a database. Nil when it is none, was withdrawn, or concerns no Python package.
  public init?(osv entry: JSONNode) {
    guard let id = entry["id"]?.string, !Self.isWithdrawn(entry) else { return nil }
    let affected = (entry["affected"]?.array ?? []).compactMap(Self.affected)
    guard !affected.isEmpty else { return nil }
    let details = entry["details"]?.string ?? ""
    self.init(
      id: id, aliases: entry["aliases"]?.strings ?? [], summary: entry["summary"]?.string ?? Self.sentence(of: details),
      severity: entry["database_specific"]?["severity"]?.string ?? entry["severity"]?.array?.first?["score"]?.string,
      affected: affected)
  }

  /// Whether something has the form of an entry: what has not cannot be judged for any package.
  public static func isEntry(_ node: JSONNode) -> Bool {
    guard node["id"]?.string != nil else { return false }
    guard !isWithdrawn(node) else { return true }
    guard let affected = node["affected"]?.array else { return false }
    return affected.allSatisfy {
      $0["package"]?["ecosystem"]?.string != ecosystem || $0["package"]?["name"]?.string != nil
    }
  }

  private static let ecosystem = "PyPI"

  private static func isWithdrawn(_ entry: JSONNode) -> Bool { entry["withdrawn"]?.string != nil }

  /// The first sentence of a longer text, for those that have no summary.
  public static func sentence(of details: String) -> String {
    let line = details.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let end = line.firstRange(of: ". ")?.lowerBound ?? line.endIndex
    let sentence = line[..<end]
    return sentence.count > 160 ? sentence.prefix(159) + "…" : String(sentence)
  }

  private static func affected(_ node: JSONNode) -> Affected? {
    guard node["package"]?["ecosystem"]?.string == ecosystem, let name = node["package"]?["name"]?.string,
      let package = PackageName(name)
    else { return nil }
    var (ranges, unread, hasCommits): ([[Event]], [String], Bool) = ([], [], false)
    for range in list("ranges", of: node, &unread) {
      switch range["type"]?.string {
      case "ECOSYSTEM":
        let bad = Self.unread(inRange: range)
        // With a bound left out, a range would say something else.
        if bad.isEmpty { ranges.append((range["events"]?.array ?? []).flatMap(events).sortedByVersion()) }
        unread += bad
      case "GIT": hasCommits = true
      case let type?: unread.append("a range has the type '\(type)'")
      case nil: unread.append("a range has no type")
      }
    }
    let listed = list("versions", of: node, &unread)
    let versions = listed.compactMap { $0.string.flatMap { Version($0) } }
    // Beside others, a listed version that is none is no version that could be locked.
    if versions.isEmpty, ranges.isEmpty {
      unread += listed.map { $0.string.map { "'\($0)' is no version" } ?? "a listed version is no text" }
      if unread.isEmpty { unread = [hasCommits ? "it names commits alone" : "it names no versions"] }
    }
    return Affected(name: package, versions: versions, ranges: ranges, unread: unread)
  }

  /// A list of an entry; what is none is told of.
  private static func list(_ key: String, of node: JSONNode, _ unread: inout [String]) -> [JSONNode] {
    guard let value = node[key] else { return [] }
    guard let list = value.array else {
      unread.append("'\(key)' is no list")
      return []
    }
    return list
  }

  private static func unread(inRange range: JSONNode) -> [String] {
    let events = range["events"]?.array ?? []
    guard events.contains(where: { $0["introduced"] != nil }) else { return ["a range has no beginning"] }
    return events.flatMap { event in
      let keys = ["introduced", "fixed", "last_affected"].filter { event[$0] != nil }
      guard !keys.isEmpty || event["limit"] != nil else { return ["a range has an event of no known kind"] }
      return keys.compactMap { key in
        guard let text = event[key]?.string else { return "'\(key)' is no text" }
        return text == "0" || Version(text) != nil ? nil : "'\(text)' is no version"
      }
    }
  }

  private static func events(_ node: JSONNode) -> [Event] {
    func version(_ key: String) -> Version? { node[key]?.string.flatMap { Version($0) } }
    var events: [Event] = []
    if let text = node["introduced"]?.string {
      if text == "0" {
        events.append(.introduced(nil))
      } else if let start = Version(text) {
        events.append(.introduced(start))
      }
    }
    if let end = version("fixed") { events.append(.fixed(end)) }
    if let last = version("last_affected") { events.append(.lastAffected(last)) }
    return events
  }

  /// What of it cannot be judged for a version of a package that, as far as can be told, does not have it.
  func unread(for name: PackageName, _ version: Version) -> [String] {
    let entries = affected.filter { $0.name == name }
    return entries.contains { $0.contains(version) } ? [] : entries.flatMap(\.unread)
  }

  /// Whether a version of a package has it, and, where it does, the versions that no longer do; nil where it does not.
  public func fixes(for name: PackageName, _ version: Version) -> [Version]? {
    let entries = affected.filter { $0.name == name }
    guard entries.contains(where: { $0.contains(version) }) else { return nil }
    var fixes: [Version] = []
    for case .fixed(let fixed) in entries.flatMap(\.ranges).joined() where fixed > version && !fixes.contains(fixed) {
      // A fix on another line may have the vulnerability in turn.
      if !entries.contains(where: { $0.contains(fixed) }) { fixes.append(fixed) }
    }
    return fixes.sorted()
  }
}

extension Advisory.Affected {
  /// Whether a version has the vulnerability. A local version counts as the one that it is made of.
  func contains(_ version: Version) -> Bool {
    let released = version.publicPart
    if versions.contains(where: { $0 == released || $0 == version }) { return true }
    return ranges.contains { events in
      var isAffected = false
      for event in events {
        switch event {
        case .introduced(let start): if start.map({ released >= $0 }) ?? true { isAffected = true }
        case .fixed(let end): if released >= end { isAffected = false }
        case .lastAffected(let last): if released > last { isAffected = false }
        }
      }
      return isAffected
    }
  }
}

extension [Advisory.Event] {
  /// In the order of versions; of one version, what begins there comes first.
  fileprivate func sortedByVersion() -> [Advisory.Event] {
    enumerated().sorted { one, other in
      switch (one.element.version, other.element.version) {
      case (nil, nil): one.offset < other.offset
      case (nil, _): true
      case (_, nil): false
      case (let first?, let second?): first == second ? one.offset < other.offset : first < second
      }
    }.map(\.element)
  }
}
