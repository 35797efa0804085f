/// What an environment may be made of, as its manifest and the host file say together.
public struct Policy: Sendable, Equatable {
  /// The rules, by their names in `spec.policy`.
  public enum Rule: String, Sendable, Codable, CaseIterable {
    case pinned, sources, impliedPackages, builds, excludeNewer, downgrade, rewinds
    case pth, collisions, record, unpacked, buildLimits
  }

  /// Whether entries must name one version or one commit.
  public var pinned: PinnedLevel
  /// Where distributions may come from.
  public var sources: SourceRules
  /// What happens to an undotted import path that nothing answers for: it is taken as the package's name or refused.
  public var impliedPackages: PolicyLevel
  /// Whether anything may be built from source, metadata included.
  public var builds: BuildPermission
  /// How much a build may take.
  public var buildLimits: BuildLimits
  /// Files of package indexes that are newer are passed over.
  public var excludeNewer: ExcludeNewer?
  /// Whether a distribution may go back to an earlier version.
  public var downgrade: Permission
  /// What happens when the history behind a locked reference was rewritten, or a locked tag was moved.
  public var rewinds: PolicyLevel
  /// Whether distributions may bring `.pth` files, which Python reads whenever it starts.
  public var pth: PolicyLevel
  /// Whether two distributions may bring different content for one file.
  public var collisions: RuleByName
  /// Whether a wheel's RECORD may say something else than what is in it.
  public var record: RuleByName
  /// How much a wheel may unpack to.
  public var unpacked: UnpackLimits
  /// Where a rule that is in force is written; a rule that is a default stands nowhere.
  public var places: [Rule: SourceLocation]

  /// The defaults of a kind of manifest: a vCon Server config, which nobody wrote for Pinion, gets warnings where a ModuleSet is
  /// held to what it says.
  public init(for kind: DesiredEnvironment.Kind) {
    pinned = kind == .vconServer ? .warn : .off
    sources = SourceRules()
    impliedPackages = kind == .vconServer ? .warn : .deny
    builds = .allow
    buildLimits = BuildLimits()
    downgrade = .allow
    rewinds = .warn
    pth = .warn
    collisions = RuleByName(.error)
    record = RuleByName(.error)
    unpacked = UnpackLimits()
    places = [:]
  }

  /// The same for tags alone: they are not meant to move, so that they are held fast unless somebody says otherwise.
  public var movedTags: PolicyLevel { places[.rewinds] == nil ? .deny : rewinds }
}

/// How strictly a rule is held.
public enum PolicyLevel: String, Sendable, Codable, CaseIterable { case allow, warn, deny }

/// Whether something may be done.
public enum Permission: String, Sendable, Codable, CaseIterable { case allow, deny }

/// Whether entries must be pinned: to one version, one tag or one commit.
public enum PinnedLevel: String, Sendable, Codable, CaseIterable { case off, warn, require }

/// From when on files of package indexes are passed over. With both, the earlier one counts.
public struct ExcludeNewer: Sendable, Hashable, CustomStringConvertible {
  /// A moment in seconds since 1970.
  public var moment: Int?
  /// An age in seconds.
  public var age: Int?
  /// How its file has it; two limits that are written differently may be the same.
  public var written: String?

  /// Creates a limit.
  public init(moment: Int? = nil, age: Int? = nil, written: String? = nil) {
    self.moment = moment
    self.age = age
    self.written = written
  }

  /// Whether two limits mean the same.
  public static func == (left: ExcludeNewer, right: ExcludeNewer) -> Bool {
    left.moment == right.moment && left.age == right.age
  }

  /// Hashes what is compared.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(moment)
    hasher.combine(age)
  }

  /// The moment from which on files are passed over; both in seconds since 1970.
  public func cutoff(now: Int) -> Int {
    min(moment ?? .max, age.map { now - $0 } ?? .max)
  }

  /// Not after one of the two, whatever the time is.
  public func tightened(by other: ExcludeNewer) -> ExcludeNewer {
    let both = ExcludeNewer(
      moment: [moment, other.moment].compactMap(\.self).min(), age: [age, other.age].compactMap(\.self).max())
    if both == self { return self }
    return both == other ? other : ExcludeNewer(moment: both.moment, age: both.age, written: "\(self) and \(other)")
  }

  /// As it is written, else `2026-01-31T00:00:00Z`, `7d`, or both.
  public var description: String {
    if let written { return written }
    return [moment.map(UTCTime.text), age.map(Self.durationText)].compactMap(\.self).joined(separator: " and ")
  }

  static func durationText(_ seconds: Int) -> String {
    var rest = seconds
    var text = ""
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] where rest >= size {
      text += "\(rest / size)\(unit)"
      rest %= size
    }
    return text.isEmpty ? "0s" : text
  }
}
