/// A distribution's name in its normalised form: lower case, runs of `-`, `_` and `.` folded to one `-`.
///
/// Source: Python Packaging User Guide, "Names and normalization" (PEP 503, PEP 508).
public struct PackageName: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// The normalised name.
  public let text: String

  /// Normalises a name; nil when it is none: it must begin and end with a letter or digit (ASCII).
  public init?(_ raw: some StringProtocol) {
    var folded: [UInt8] = []
    folded.reserveCapacity(raw.utf8.count)
    var lastWasSeparator = false
    for byte in raw.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        folded.append(byte)
        lastWasSeparator = false
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        folded.append(byte + 32)
        lastWasSeparator = false
      case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        guard !folded.isEmpty else { return nil }
        if !lastWasSeparator { folded.append(UInt8(ascii: "-")) }
        lastWasSeparator = true
      default:
        return nil
      }
    }
    guard !folded.isEmpty, !lastWasSeparator else { return nil }
    text = String(decoding: folded, as: UTF8.self)
  }

  /// Decodes and normalises.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let raw = try container.decode(String.self)
    guard let name = PackageName(raw) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(raw)' is not a package name")
    }
    self = name
  }

  /// Encodes the normalised name as a plain string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  /// The normalised name.
  public var description: String { text }

  /// Alphabetical order of the normalised names.
  public static func < (left: PackageName, right: PackageName) -> Bool { left.text < right.text }
}
