internal import CTOML
internal import Model

/// A value of a TOML document, as far as lockfiles and settings have them. Source: TOML 1.0.
indirect enum TOMLValue {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  /// A date and time with an offset, in seconds since 1970.
  case moment(Int)
  /// Anything else, as TOML writes it: nothing that is read here has it.
  case other(String)
  case array([TOMLValue])
  case table([String: TOMLValue])

  /// The text; nil for other values.
  var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The number; nil for other values.
  var int: Int? { if case .integer(let value) = self { value } else { nil } }
  /// The truth value; nil for other values.
  var bool: Bool? { if case .boolean(let value) = self { value } else { nil } }
  /// Seconds since 1970; nil for other values.
  var moment: Int? { if case .moment(let value) = self { value } else { nil } }
  /// The elements; nil for other values.
  var array: [TOMLValue]? { if case .array(let value) = self { value } else { nil } }
  /// The entries; nil for other values.
  var table: [String: TOMLValue]? { if case .table(let value) = self { value } else { nil } }
}

/// Reads TOML through toml++.
enum TOMLDocument {
  /// Why a document cannot be read, and where (from 1).
  struct Problem: Error {
    var message: String
    var line: Int
    var column: Int
  }

  /// The document's top table.
  static func parse(_ text: String) throws(Problem) -> [String: TOMLValue] {
    let builder = Builder()
    var error = pinion_toml_error()
    let status = withExtendedLifetime(builder) {
      var visitor = pinion_toml_visitor()
      visitor.context = Unmanaged.passUnretained(builder).toOpaque()
      visitor.begin_table = { Builder.of($0)?.begin(isTable: true, key: Builder.text($1, $2)) }
      visitor.begin_array = { Builder.of($0)?.begin(isTable: false, key: Builder.text($1, $2)) }
      visitor.end = { Builder.of($0)?.end() }
      visitor.string = { Builder.of($0)?.add(.string(Builder.text($3, $4)), key: Builder.text($1, $2)) }
      visitor.integer = { Builder.of($0)?.add(.integer(Int($3)), key: Builder.text($1, $2)) }
      visitor.boolean = { Builder.of($0)?.add(.boolean($3 != 0), key: Builder.text($1, $2)) }
      visitor.moment = { context, key, keyLength, text, length in
        guard let seconds = UTCTime.seconds(Builder.text(text, length)) else { return }
        Builder.of(context)?.add(.moment(seconds), key: Builder.text(key, keyLength))
      }
      visitor.other = { Builder.of($0)?.add(.other(Builder.text($3, $4)), key: Builder.text($1, $2)) }
      var text = text
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { pinion_toml_parse($0.baseAddress, $0.count, &visitor, &error) }
      }
    }
    guard status == 0 else {
      let message = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      throw Problem(message: message, line: Int(error.line), column: Int(error.column))
    }
    return builder.root
  }

  /// Puts the values together as they come.
  private final class Builder {
    private struct Level {
      var key: String
      var isTable: Bool
      var table: [String: TOMLValue] = [:]
      var array: [TOMLValue] = []
    }

    private var levels: [Level] = []
    private(set) var root: [String: TOMLValue] = [:]

    static func of(_ context: UnsafeMutableRawPointer?) -> Builder? {
      context.map { Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
    }

    static func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
      String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }

    func begin(isTable: Bool, key: String) { levels.append(Level(key: key, isTable: isTable)) }

    func end() {
      guard let level = levels.popLast() else { return }
      if levels.isEmpty {
        root = level.table
      } else {
        add(level.isTable ? .table(level.table) : .array(level.array), key: level.key)
      }
    }

    func add(_ value: TOMLValue, key: String) {
      guard let last = levels.indices.last else { return }
      if levels[last].isTable { levels[last].table[key] = value } else { levels[last].array.append(value) }
    }
  }
}
