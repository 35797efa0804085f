/// A wheel's file name, taken apart: `name-version[-build]-python-abi-platform.whl`.
///
/// Source: Python Packaging User Guide, "Binary distribution format", "File name convention".
public struct WheelName: Sendable, Hashable, CustomStringConvertible {
  /// The file name as it was given.
  public let fileName: String
  /// The distribution's name.
  public let distribution: PackageName
  /// The distribution's version.
  public let version: Version
  /// What tells builds of one version apart.
  public let buildTag: BuildTag?
  /// The Python tags, in lower case, as listed: `py2`, `py3`.
  public let pythonTags: [String]
  /// The ABI tags, in lower case, as listed.
  public let abiTags: [String]
  /// The platform tags, in lower case, as listed.
  public let platformTags: [String]

  /// A wheel's build tag: a number, then anything.
  public struct BuildTag: Sendable, Hashable, Comparable {
    /// The number that it begins with.
    public let number: Int
    /// What follows the number; often empty.
    public let suffix: String

    /// Creates a build tag.
    public init(number: Int, suffix: String) {
      self.number = number
      self.suffix = suffix
    }

    /// By number, then by the text behind it.
    public static func < (left: BuildTag, right: BuildTag) -> Bool {
      (left.number, left.suffix) < (right.number, right.suffix)
    }
  }

  /// Takes a file name apart. Nil when it is no wheel's name.
  public init?(_ fileName: String) {
    guard fileName.hasSuffix(".whl") else { return nil }
    // By bytes: a large lockfile has thousands of these names, and splitting by characters takes ten times as long.
    let parts = fileName.utf8.dropLast(4).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      .map { Substring($0) }
    guard parts.count == 5 || parts.count == 6, let name = PackageName(parts[0]), let version = Version(parts[1]) else {
      return nil
    }
    if parts.count == 6 {
      let digits = parts[2].prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(digits) else { return nil }
      buildTag = BuildTag(number: number, suffix: String(parts[2].dropFirst(digits.count)))
    } else {
      buildTag = nil
    }
    let tags = parts.suffix(3).map { part in
      part.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Self.lowercased($0) }
    }
    guard !tags.contains(where: { $0.contains("") }) else { return nil }
    self.fileName = fileName
    distribution = name
    self.version = version
    pythonTags = tags[0]
    abiTags = tags[1]
    platformTags = tags[2]
  }

  private static func lowercased(_ tag: Substring.UTF8View) -> String {
    let text = String(Substring(tag))
    return text.utf8.contains { $0.isLetter && !$0.isLowercaseLetter } ? text.lowercased() : text
  }

  /// Every tag that the name stands for, written out: `py3-none-any`.
  public var tags: [String] {
    var all: [String] = []
    all.reserveCapacity(pythonTags.count * abiTags.count * platformTags.count)
    for python in pythonTags {
      for abi in abiTags {
        for platform in platformTags { all.append("\(python)-\(abi)-\(platform)") }
      }
    }
    return all
  }

  /// Whether its build tag comes before the other's. No build tag comes before every build tag.
  public func hasLowerBuild(than other: WheelName) -> Bool {
    guard let build = other.buildTag else { return false }
    return buildTag.map { $0 < build } ?? true
  }

  /// The file name as it was given.
  public var description: String { fileName }
}
