/// A version of a distribution, complete as PEP 440 defines it.
///
/// Two versions are equal when they order the same: trailing zeros of the release do not count, so `1.0 == 1`.
/// The description keeps the release as it was written. Numbers that do not fit an `Int` are refused.
public struct Version: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The epoch; 0 where none is written.
  public var epoch: Int
  /// The release's numbers, at least one, trailing zeros kept.
  public var release: [Int]
  /// The pre-release part.
  public var pre: PreRelease?
  /// The number of the post-release.
  public var post: Int?
  /// The number of the development release.
  public var dev: Int?
  /// The local version label in its normal form: lower case, segments joined with dots, numbers without leading zeros.
  public var local: String?

  /// The pre-release part of a version: `a1`, `b2`, `rc3`.
  public struct PreRelease: Sendable, Hashable {
    /// How far a release has come.
    public enum Phase: Int, Sendable, Hashable {
      /// `a`
      case alpha
      /// `b`
      case beta
      /// `rc`
      case candidate
    }

    /// How far the release has come.
    public var phase: Phase
    /// The number within the phase.
    public var number: Int

    /// Creates a pre-release part.
    public init(phase: Phase, number: Int) {
      self.phase = phase
      self.number = number
    }
  }

  /// Creates a version from its parts, which the caller vouches for.
  init(
    epoch: Int = 0, release: [Int], pre: PreRelease? = nil, post: Int? = nil, dev: Int? = nil, local: String? = nil
  ) {
    self.epoch = epoch
    self.release = release
    self.pre = pre
    self.post = post
    self.dev = dev
    self.local = local
  }

  /// Whether it is a pre-release or a development release.
  public var isPrerelease: Bool { pre != nil || dev != nil }
  /// Whether it is a post-release.
  public var isPostrelease: Bool { post != nil }
  /// Whether it has a local version label.
  public var isLocal: Bool { local != nil }
  /// The first number of the release.
  public var major: Int { release.first ?? 0 }

  /// The version without its local label.
  public var publicPart: Version {
    guard local != nil else { return self }
    var copy = self
    copy.local = nil
    return copy
  }

  /// The normal form of PEP 440: `1!2.0rc1.post2.dev3+local.4`.
  public var description: String {
    var text = epoch == 0 ? "" : "\(epoch)!"
    for (index, number) in release.enumerated() {
      if index > 0 { text += "." }
      text += String(number)
    }
    if let pre {
      switch pre.phase {
      case .alpha: text += "a"
      case .beta: text += "b"
      case .candidate: text += "rc"
      }
      text += String(pre.number)
    }
    if let post { text += ".post\(post)" }
    if let dev { text += ".dev\(dev)" }
    if let local { text += "+\(local)" }
    return text
  }

  /// Whether both order the same.
  public static func == (left: Version, right: Version) -> Bool {
    left.epoch == right.epoch && left.pre == right.pre && left.post == right.post && left.dev == right.dev
      && left.local == right.local && releaseOrder(left, right) == 0
  }

  /// Hashes what equality compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(epoch)
    let significant = release.lastIndex { $0 != 0 } ?? -1
    for number in release.prefix(significant + 1) { hasher.combine(number) }
    hasher.combine(pre)
    hasher.combine(post)
    hasher.combine(dev)
    hasher.combine(local)
  }

  /// The order of PEP 440.
  public static func < (left: Version, right: Version) -> Bool {
    if left.epoch != right.epoch { return left.epoch < right.epoch }
    let order = releaseOrder(left, right)
    if order != 0 { return order < 0 }
    let leftRank = left.suffixRank
    let rightRank = right.suffixRank
    if leftRank != rightRank { return leftRank < rightRank }
    return localOrder(left.local, right.local) < 0
  }

  /// The parts behind the release as numbers that compare in order: phase, its number, post or not, dev or not.
  private var suffixRank: (Int, Int, Int, Int, Int, Int) {
    let phase: Int
    if let pre {
      phase = pre.phase.rawValue
    } else {
      // A bare development release comes before every pre-release; a final one after them all.
      phase = post == nil && dev != nil ? -1 : 3
    }
    return (phase, pre?.number ?? 0, post == nil ? 0 : 1, post ?? 0, dev == nil ? 1 : 0, dev ?? 0)
  }

  private static func releaseOrder(_ left: Version, _ right: Version) -> Int {
    for index in 0..<max(left.release.count, right.release.count) {
      let leftNumber = index < left.release.count ? left.release[index] : 0
      let rightNumber = index < right.release.count ? right.release[index] : 0
      if leftNumber != rightNumber { return leftNumber < rightNumber ? -1 : 1 }
    }
    return 0
  }

  /// Segment by segment: words before numbers, words as text, numbers by value, the shorter label first.
  private static func localOrder(_ left: String?, _ right: String?) -> Int {
    guard let left else { return right == nil ? 0 : -1 }
    guard let right else { return 1 }
    let leftSegments = left.split(separator: ".")
    let rightSegments = right.split(separator: ".")
    for (one, other) in zip(leftSegments, rightSegments) where one != other {
      let oneIsNumber = one.utf8.allSatisfy(\.isDigit)
      let otherIsNumber = other.utf8.allSatisfy(\.isDigit)
      if oneIsNumber != otherIsNumber { return otherIsNumber ? -1 : 1 }
      // Without leading zeros the longer number is the greater one, however large.
      if oneIsNumber, one.utf8.count != other.utf8.count { return one.utf8.count < other.utf8.count ? -1 : 1 }
      return one < other ? -1 : 1
    }
    return leftSegments.count - rightSegments.count
  }
}
