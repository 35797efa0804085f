internal import FoundationEssentials
internal import Model

/// JSON as Pinion writes it: sorted keys, indented, slashes as they are, a line feed at the end.
public enum JSONText {
  /// Encodes a value.
  public static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  /// Decodes a file of Pinion's own. Throws `stateInvalid` naming the file.
  public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], path: String) throws -> Value {
    do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
      throw Failure(
        .stateInvalid, "a file of the state directory cannot be read", at: .path(path),
        because: "it is damaged, or a newer Pinion wrote it",
        hint: "remove the environment's directory and apply again: lockfile and store bring it back")
    }
  }
}
