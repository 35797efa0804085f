/// What happens where a wheel breaks a rule that real wheels break, too.
public enum BreachLevel: String, Sendable, Codable, CaseIterable { case warn, error }

/// A rule that may be held differently for single distributions.
public struct RuleByName: Sendable, Hashable, CustomStringConvertible {
  /// For all that are not named; nil where nothing is said of them.
  public var standard: BreachLevel?
  /// For single distributions.
  public var named: [PackageName: BreachLevel]

  /// Creates a rule.
  public init(_ standard: BreachLevel? = nil, named: [PackageName: BreachLevel] = [:]) {
    self.standard = standard
    self.named = named
  }

  /// What holds for a distribution; where nothing is said, a breach is an error.
  public func level(of name: PackageName) -> BreachLevel { named[name] ?? standard ?? .error }

  /// What is stated for a distribution; nil where nothing is.
  func statement(of name: PackageName) -> BreachLevel? { named[name] ?? standard }

  /// As a manifest may have it.
  public var description: String {
    guard !named.isEmpty else { return standard?.rawValue ?? BreachLevel.error.rawValue }
    let packages = named.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.rawValue)" }
    return "{\(standard.map { "default: \($0.rawValue), " } ?? "")packages: {\(packages.joined(separator: ", "))}}"
  }
}

/// How much a wheel may unpack to.
public struct UnpackLimits: Sendable, Hashable, CustomStringConvertible {
  /// The size of all its files together, in bytes; nil where nothing is said.
  public var size: Int?
  /// How many times its own size that may be, beyond `ratioFloor`; nil where nothing is said.
  public var ratio: Int?

  /// More than any honest wheel unpacks to.
  public static let standardSize = 8 << 30
  /// Deflate packs text about 4:1, and blank data 1000:1.
  public static let standardRatio = 200
  /// Below this size, in bytes, the ratio does not matter.
  public static let ratioFloor = 64 << 20

  /// Creates limits.
  public init(size: Int? = nil, ratio: Int? = nil) {
    self.size = size
    self.ratio = ratio
  }

  /// The size that holds, in bytes.
  public var largestSize: Int { size ?? UnpackLimits.standardSize }
  /// The ratio that holds.
  public var largestRatio: Int { ratio ?? UnpackLimits.standardRatio }

  /// As a manifest may have it.
  public var description: String {
    let parts = [size.map { "size: \(ByteCount.text($0))" }, ratio.map { "ratio: \($0)" }].compactMap(\.self)
    return "{\(parts.joined(separator: ", "))}"
  }
}

/// Numbers of bytes, as people write them: `512MiB`, `8GiB`.
public enum ByteCount {
  private static let units: [(name: String, size: Int)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
  ]

  /// A text as a number; nil when it is none, or without a unit.
  public static func bytes(_ text: String) -> Int? {
    guard let unit = units.first(where: { text.hasSuffix($0.name) }) else { return nil }
    let digits = text.dropLast(unit.name.count)
    guard !digits.isEmpty, digits.utf8.count <= 9, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits)
    else { return nil }
    let (product, isTooLarge) = number.multipliedReportingOverflow(by: unit.size)
    return isTooLarge ? nil : product
  }

  /// A number as text, in the largest unit that leaves no rest.
  public static func text(_ bytes: Int) -> String {
    let unit = units.first { bytes >= $0.size && bytes % $0.size == 0 } ?? ("B", 1)
    return "\(bytes / unit.size)\(unit.name)"
  }
}
