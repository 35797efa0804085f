/// One condition on a version: an operator and a version, as PEP 440 defines them.
public struct VersionSpecifier: Sendable, Hashable, CustomStringConvertible {
  /// The operators of PEP 440.
  public enum Operator: String, Sendable, Hashable, CaseIterable {
    case compatible = "~="
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case identical = "==="
  }

  /// Why an operator and a version do not go together.
  public enum Flaw: Error, Sendable, Equatable {
    /// The text is no version.
    case noVersion
    /// `.*` goes with `==` and `!=` only.
    case prefix
    /// A local version goes with `==`, `!=` and `===` only.
    case local
    /// `~=` needs a release of at least two numbers.
    case tooShort
  }

  /// The operator.
  public let `operator`: Operator
  /// The version in its normal form, with `.*` where it was given; for `===` as it was written.
  public let version: String
  /// The version, read, without `.*`; nil only for a `===` with something that is no version.
  private let parsed: Version?

  /// Puts an operator and a version together. Throws when they are no condition of PEP 440.
  public init(_ operator: Operator, _ text: some StringProtocol) throws(Flaw) {
    self.operator = `operator`
    let parsed: Version
    switch `operator` {
    case .identical:
      guard !text.isEmpty else { throw .noVersion }
      version = String(text)
      self.parsed = Version(text)
      return
    case .equal, .notEqual:
      if text.hasSuffix(".*") {
        guard let prefix = Version(text.dropLast(2)) else { throw .noVersion }
        guard !prefix.isPrerelease, !prefix.isPostrelease, !prefix.isLocal else { throw .prefix }
        version = prefix.description + ".*"
        self.parsed = prefix
        return
      }
      guard let whole = Version(text) else { throw .noVersion }
      parsed = whole
    default:
      if text.hasSuffix(".*"), Version(text.dropLast(2)) != nil { throw .prefix }
      guard let whole = Version(text) else { throw .noVersion }
      if whole.isLocal { throw .local }
      if `operator` == .compatible, whole.release.count < 2 { throw .tooShort }
      parsed = whole
    }
    version = parsed.description
    self.parsed = parsed
  }

  /// Whether it ends in `.*`.
  public var isPrefix: Bool { `operator` != .identical && version.hasSuffix(".*") }

  /// Whether it asks for a pre-release by naming one.
  public var namesPrerelease: Bool {
    guard `operator` != .notEqual, !isPrefix else { return false }
    return parsed?.isPrerelease ?? false
  }

  /// Whether it names this very version: `==` or `===` without `.*`.
  public func names(_ candidate: Version) -> Bool {
    (`operator` == .equal || `operator` == .identical) && !isPrefix && contains(candidate)
  }

  /// Operator and version without a space.
  public var description: String { `operator`.rawValue + version }

  /// Whether the version meets the condition, pre-release or not.
  public func contains(_ candidate: Version) -> Bool {
    guard let parsed else { return candidate.description.lowercased() == version.lowercased() }
    switch `operator` {
    case .identical: return candidate.description.lowercased() == version.lowercased()
    case .equal: return equals(candidate, parsed)
    case .notEqual: return !equals(candidate, parsed)
    case .lessOrEqual: return candidate.publicPart <= parsed
    case .greaterOrEqual: return candidate.publicPart >= parsed
    case .compatible:
      return candidate.publicPart >= parsed
        && Self.begins(candidate, with: parsed.release.dropLast(), epoch: parsed.epoch)
    case .less: return isBelow(candidate, parsed)
    case .greater: return isAbove(candidate, parsed)
    }
  }

  private func equals(_ candidate: Version, _ wanted: Version) -> Bool {
    if isPrefix { return Self.begins(candidate, with: wanted.release[...], epoch: wanted.epoch) }
    return (wanted.isLocal ? candidate : candidate.publicPart) == wanted
  }

  /// `<V` leaves out the pre-releases of V itself, unless V is one.
  private func isBelow(_ candidate: Version, _ limit: Version) -> Bool {
    guard candidate < limit else { return false }
    guard !limit.isPrerelease, candidate.isPrerelease else { return true }
    var earliest = limit
    earliest.dev = 0
    return candidate < earliest
  }

  /// `>V` leaves out the post-releases of V itself, unless V is one, and its local versions.
  private func isAbove(_ candidate: Version, _ limit: Version) -> Bool {
    guard candidate > limit else { return false }
    if !limit.isPostrelease, candidate.isPostrelease {
      var base = candidate.publicPart
      base.post = nil
      base.dev = nil
      if base == limit { return false }
    }
    return !candidate.isLocal || candidate.publicPart != limit
  }

  /// Whether the release begins with these numbers, missing ones counting as zero.
  private static func begins(_ candidate: Version, with prefix: ArraySlice<Int>, epoch: Int) -> Bool {
    guard candidate.epoch == epoch else { return false }
    for (index, number) in prefix.enumerated() {
      guard number == (index < candidate.release.count ? candidate.release[index] : 0) else { return false }
    }
    return true
  }
}

/// The versions that will do: conditions that hold together, as in `>=1,<2`.
public struct VersionSpecifiers: Sendable, Hashable, CustomStringConvertible {
  /// No condition at all.
  public static let any = VersionSpecifiers([])

  /// The conditions, each once, in the order of their text.
  public let list: [VersionSpecifier]

  /// Takes conditions in any order.
  public init(_ conditions: [VersionSpecifier]) {
    guard conditions.count > 1 else {
      list = conditions
      return
    }
    list = Set(conditions).map { (text: $0.description, condition: $0) }.sorted { $0.text < $1.text }.map(\.condition)
  }

  /// Whether every version will do.
  public var isEmpty: Bool { list.isEmpty }

  /// The conditions in their normal form, sorted, joined with commas; empty for any.
  public var description: String { list.map(\.description).joined(separator: ",") }

  /// Whether the version meets every condition.
  ///
  /// Without `allowPrereleases`, a pre-release will do only where a condition names a pre-release itself (PEP 440).
  public func contains(_ version: Version, allowPrereleases: Bool) -> Bool {
    if version.isPrerelease, !allowPrereleases, !list.contains(where: \.namesPrerelease) { return false }
    return list.allSatisfy { $0.contains(version) }
  }

  /// The conditions of both.
  public func merged(with other: VersionSpecifiers) -> VersionSpecifiers {
    if isEmpty { return other }
    if other.isEmpty { return self }
    return VersionSpecifiers(list + other.list)
  }
}
