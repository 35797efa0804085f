/// An advisory that is known and does not count for a while: an entry of `spec.audit.ignore`.
public struct AuditException: Sendable, Equatable {
  /// The advisory's id, or one of its ids elsewhere.
  public var id: String
  /// Why it does not count.
  public var reason: String
  /// Until when, in seconds since 1970.
  public var until: Int
  /// Where it stands.
  public var location: SourceLocation

  /// Creates an exception.
  public init(id: String, reason: String, until: Int, location: SourceLocation) {
    self.id = id
    self.reason = reason
    self.until = until
    self.location = location
  }
}

/// Where known vulnerabilities are looked up, and which do not count: `spec.audit`.
public struct AuditSettings: Sendable, Equatable {
  /// A database of advisories in OSV's format, as a directory or a ZIP archive; absolute. Nil for what the indexes know.
  public var database: String?
  /// What does not count for a while.
  public var exceptions: [AuditException] = []

  /// Nothing is said.
  public init() {}
}

/// What is known against the distributions of a lockfile.
public struct Audit: Sendable, Equatable {
  /// A vulnerability of one distribution.
  public struct Finding: Sendable, Equatable {
    /// The distribution.
    public var name: PackageName
    /// Its version.
    public var version: String
    /// All ids of the vulnerability, the advisory's own first.
    public var ids: [String]
    /// What it is about.
    public var summary: String
    /// How bad it is, as its database says; nil where it does not.
    public var severity: String?
    /// The versions that no longer have it, the lowest first.
    public var fixes: [Version]
    /// The labels of the modules that ask for the distribution.
    public var modules: [String]
    /// The exception that keeps it from counting; nil where there is none.
    public var exception: AuditException?
    /// What of the advisory cannot be read, in words: whether this version has the vulnerability cannot be judged. Empty where it
    /// has.
    public var unread: [String] = []
  }

  /// What was found, sorted by distribution and id; what exceptions cover included.
  public var findings: [Finding]
  /// Exceptions whose time is over, and that would cover something.
  public var expired: [AuditException]
  /// Exceptions that cover nothing.
  public var idle: [AuditException]
  /// How many distributions were looked at.
  public var count: Int

  /// What counts: everything that no exception covers.
  public var open: [Finding] { findings.filter { $0.exception == nil } }

  /// Holds the distributions of a lockfile, and those that it takes from the base, against advisories. `now` is in seconds
  /// since 1970. Advisories that share an id are one.
  public init(_ lockfile: Lockfile, _ advisories: [Advisory], except exceptions: [AuditException], now: Int) {
    let askers = lockfile.askers()
    var byName: [PackageName: [Advisory]] = [:]
    for advisory in advisories {
      for name in Set(advisory.affected.map(\.name)) { byName[name, default: []].append(advisory) }
    }
    let audited =
      lockfile.distributions.map { ($0.name, $0.version) } + lockfile.baseNeeds.map { ($0.name, $0.version) }
    count = audited.count
    var findings: [Finding] = []
    for (name, text) in audited {
      guard let version = Version(text) else { continue }
      var own: [Finding] = []
      for advisory in (byName[name] ?? []).sorted(by: { $0.id < $1.id }) {
        let fixes = advisory.fixes(for: name, version)
        let unread = advisory.unread(for: name, version)
        guard fixes != nil || !unread.isEmpty else { continue }
        let found = Finding(
          name: name, version: text, ids: [advisory.id] + advisory.aliases.sorted(), summary: advisory.summary,
          severity: advisory.severity, fixes: fixes ?? [], modules: askers[name] ?? [], unread: unread)
        own = Self.joining(found, to: own)
      }
      findings += own
    }
    findings.sort { ($0.name, $0.ids[0]) < ($1.name, $1.ids[0]) }
    var used: Set<Int> = []
    var late: Set<Int> = []
    for index in findings.indices {
      for (number, exception) in exceptions.enumerated() where findings[index].ids.contains(exception.id) {
        used.insert(number)
        if exception.until <= now {
          late.insert(number)
        } else if findings[index].exception == nil {
          findings[index].exception = exception
        }
      }
    }
    self.findings = findings
    expired = late.sorted().map { exceptions[$0] }
    idle = exceptions.indices.filter { !used.contains($0) }.map { exceptions[$0] }
  }

  /// Two advisories that share an id tell of one vulnerability.
  private static func joining(_ found: Finding, to findings: [Finding]) -> [Finding] {
    var joined = found
    var rest: [Finding] = []
    for other in findings {
      guard !Set(other.ids).isDisjoint(with: joined.ids) else {
        rest.append(other)
        continue
      }
      joined = Finding(
        name: joined.name, version: joined.version, ids: other.ids + joined.ids.filter { !other.ids.contains($0) },
        summary: other.summary.isEmpty ? joined.summary : other.summary, severity: other.severity ?? joined.severity,
        fixes: Set(other.fixes + joined.fixes).sorted(), modules: joined.modules,
        unread: other.unread.isEmpty || joined.unread.isEmpty ? [] : other.unread + joined.unread)
    }
    return rest + [joined]
  }
}
