internal import Model

/// Writes TOML whose bytes depend on the values alone. Source: TOML 1.0.
struct TOMLWriter {
  private(set) var text = ""

  /// A value as lockfiles need them.
  indirect enum Value {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    /// In seconds since 1970.
    case moment(Int)
    case array([Value])
    case table([(String, Value)])
    /// A value that is TOML already.
    case written(String)
  }

  /// What was read, as it is written: tables sorted by key.
  static func text(_ value: TOMLValue) -> String { inline(Value(value)) }

  /// Writes `key = value`.
  mutating func pair(_ key: String, _ value: Value) {
    text += "\(TOMLWriter.key(key)) = \(TOMLWriter.inline(value))\n"
  }

  /// Writes `key = value` unless there is none.
  mutating func pair(_ key: String, _ value: String?) {
    if let value { pair(key, .string(value)) }
  }

  /// Writes an array with one element a line.
  mutating func list(_ key: String, _ values: [Value]) {
    guard !values.isEmpty else { return pair(key, .array([])) }
    text += "\(TOMLWriter.key(key)) = [\n"
    for value in values { text += "    \(TOMLWriter.inline(value)),\n" }
    text += "]\n"
  }

  /// Writes `[name]`, after an empty line.
  mutating func header(_ name: String) { text += "\n[\(name)]\n" }

  /// Writes `[[name]]`, after an empty line.
  mutating func element(_ name: String) { text += "\n[[\(name)]]\n" }

  private static func inline(_ value: Value) -> String {
    switch value {
    case .string(let text): quoted(text)
    case .integer(let number): String(number)
    case .boolean(let flag): flag ? "true" : "false"
    case .moment(let seconds): UTCTime.text(seconds)
    case .written(let text): text
    case .array(let values): "[" + values.map(inline).joined(separator: ", ") + "]"
    case .table(let pairs):
      pairs.isEmpty ? "{}" : "{ " + pairs.map { "\(key($0.0)) = \(inline($0.1))" }.joined(separator: ", ") + " }"
    }
  }

  private static func key(_ name: String) -> String {
    let isBare =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
    return isBare ? name : quoted(name)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension TOMLWriter.Value {
  /// A value that was read.
  init(_ value: TOMLValue) {
    switch value {
    case .string(let text): self = .string(text)
    case .integer(let number): self = .integer(number)
    case .boolean(let flag): self = .boolean(flag)
    case .moment(let seconds): self = .moment(seconds)
    case .array(let values): self = .array(values.map { Self($0) })
    case .table(let table): self = .table(table.sorted { $0.key < $1.key }.map { ($0.key, Self($0.value)) })
    case .other(let text): self = .written(text)
    }
  }
}
