internal import FoundationEssentials
internal import Model

/// JSON as Pinion keeps it on disk: keys sorted, so that the same value has the same bytes.
enum JSONText {
  static func bytes(of value: some Encodable) throws(Failure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return Array(try encoder.encode(value)) + [10] } catch {
      throw Failure(.internal, "could not write a record", because: "\(error)")
    }
  }

  static func value<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
    try? JSONDecoder().decode(type, from: Data(bytes))
  }
}
