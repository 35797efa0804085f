internal import FoundationEssentials

/// Messages as lines: JSON, which has no line break inside, and one at its end.
public enum WireLine {
  /// A message as a line, with its line break.
  public static func encode(_ message: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(message)) + [UInt8(ascii: "\n")]
  }

  /// The message in a line, with or without its line break.
  public static func decode<Message: Decodable>(_ type: Message.Type, from line: some Sequence<UInt8>) throws -> Message
  {
    try JSONDecoder().decode(type, from: Data(line))
  }
}

/// Cuts a stream of bytes into lines.
public struct LineBuffer: Sendable {
  /// Longer lines than this are no messages of ours: 64 MiB hold half a million references.
  public static let limit = 64 << 20

  private var bytes: [UInt8] = []
  private var searched = 0

  /// Begins with nothing.
  public init() {}

  /// Takes more bytes. Returns false when a line grows beyond all measure.
  public mutating func append(_ more: some Collection<UInt8>) -> Bool {
    bytes.append(contentsOf: more)
    return bytes.count <= Self.limit
  }

  /// The next whole line, without its line break; nil until there is one.
  public mutating func next() -> [UInt8]? {
    guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = bytes.count
      return nil
    }
    let line = Array(bytes[..<end])
    bytes.removeSubrange(...end)
    searched = 0
    return line
  }
}
