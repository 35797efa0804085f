/// Whether anything may be built from source, and how.
public enum BuildPermission: String, Sendable, Codable, CaseIterable {
  /// With a network of its own where the system gives one, and with the host's where it does not.
  case allow
  /// With a network of its own, or not at all.
  case isolated
  /// Not at all.
  case deny
}

/// How much a build may take.
public struct BuildLimits: Sendable, Hashable, CustomStringConvertible {
  /// The private memory of each of its processes, in bytes; nil where nothing is said.
  public var memory: Int?
  /// How long all of it may take, in seconds; nil where nothing is said.
  public var deadline: Int?

  /// More than compilers need.
  public static let standardMemory = 4 << 30
  /// Half an hour.
  public static let standardDeadline = 1_800

  /// Creates limits.
  public init(memory: Int? = nil, deadline: Int? = nil) {
    self.memory = memory
    self.deadline = deadline
  }

  /// The memory that each process may have, in bytes.
  public var mostMemory: Int { memory ?? BuildLimits.standardMemory }
  /// The time that a build may take, in seconds.
  public var longest: Int { deadline ?? BuildLimits.standardDeadline }
  /// The same as text: `30m`.
  public var longestText: String { ExcludeNewer.durationText(longest) }

  /// As a manifest may have it.
  public var description: String {
    let parts = [
      memory.map { "memory: \(ByteCount.text($0))" }, deadline.map { "deadline: \(ExcludeNewer.durationText($0))" },
    ].compactMap(\.self)
    return "{\(parts.joined(separator: ", "))}"
  }
}

/// The time that builds are told it is (`SOURCE_DATE_EPOCH`), so that the same source gives the same bytes.
///
/// Source: https://reproducible-builds.org/specs/source-date-epoch/
public enum SourceDate {
  /// For what has no time of its own: the first moment that a ZIP archive can hold, 1980-01-01, in seconds since 1970.
  public static let standard = 315_532_800

  /// For a commit of that time: nothing before the first moment that a ZIP archive can hold.
  public static func of(commitTime: Int) -> Int { max(commitTime, standard) }
}
