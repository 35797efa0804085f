internal import FoundationEssentials
public import Model

/// JSON as Pinion writes it: sorted keys, slashes as they are, a line feed at the end; the same value gives the same bytes.
public enum JSONText {
  /// A value as people read it: indented.
  public static func encode(_ value: some Encodable) throws(Failure) -> String {
    String(decoding: try bytes(of: value, .prettyPrinted), as: UTF8.self)
  }

  /// A value as Pinion keeps it: on one line.
  public static func bytes(of value: some Encodable) throws(Failure) -> [UInt8] {
    try bytes(of: value, [])
  }

  private static func bytes(
    of value: some Encodable, _ formatting: JSONEncoder.OutputFormatting
  ) throws(Failure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    do { return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")] } catch {
      throw Failure(.internal, "could not write a record", because: "\(error)")
    }
  }

  /// Decodes a value; nil when the bytes are none.
  public static func value<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
    try? JSONDecoder().decode(type, from: Data(bytes))
  }

  /// What is said of a file of Pinion's own that is none: `stateInvalid`, naming the file.
  public static func unreadable(_ path: String) -> Failure {
    Failure(
      .stateInvalid, "a file of the state directory cannot be read", at: .path(path),
      because: "it is damaged, or a newer Pinion wrote it",
      hint: "remove the environment's directory and apply again: lockfile and store bring it back")
  }
}
