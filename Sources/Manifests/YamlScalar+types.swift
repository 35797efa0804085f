/// What a node is to PyYAML's `safe_load`, which reads vCon Server configs.
///
/// That is YAML 1.1, where `yes` and `off` are booleans.
enum YamlKind: Sendable, Hashable {
  case text, boolean(Bool), integer(Int?), real, null, list, mapping
  /// A tag that stands for none of the above.
  case foreign(String)

  /// For messages: "this is …".
  var description: String {
    switch self {
    case .text: "text"
    case .boolean: "true or false"
    case .integer, .real: "a number"
    case .null: "empty"
    case .list: "a list"
    case .mapping: "a mapping"
    // What is meant as a password may begin with '!', and looks like a tag then.
    case .foreign(let tag): tag.hasPrefix("tag:yaml.org,") ? "tagged '\(tag.prefix(80))'" : "tagged with '!'"
    }
  }
}

extension YamlNode {
  /// What the node is.
  var kind: YamlKind {
    let prefix = "tag:yaml.org,2002:"
    if let tag, tag != "!", !tag.isEmpty {
      guard tag.hasPrefix(prefix) else { return .foreign(tag) }
      let name = tag.dropFirst(prefix.count)
      switch (name, content) {
      case ("str", .scalar): return .text
      case ("map", .mapping): return .mapping
      case ("seq", .sequence): return .list
      case ("null", .scalar): return .null
      case ("bool", .scalar(let scalar)): return scalar.boolean.map { .boolean($0) } ?? .foreign("!!bool")
      case ("int", .scalar(let scalar)): return scalar.isInteger ? .integer(scalar.integer) : .foreign("!!int")
      case ("float", .scalar): return .real
      default: return .foreign("!!\(name)")
      }
    }
    switch content {
    case .sequence: return .list
    case .mapping: return .mapping
    case .scalar(let scalar):
      guard scalar.style == .plain, tag != "!" else { return .text }
      if scalar.isNull { return .null }
      if let value = scalar.boolean { return .boolean(value) }
      if scalar.isInteger { return .integer(scalar.integer) }
      return scalar.isReal ? .real : .text
    }
  }

  /// Text that is text: no number, no boolean, not empty.
  var string: String? { kind == .text ? scalar?.text : nil }
  /// A boolean.
  var bool: Bool? { if case .boolean(let value) = kind { value } else { nil } }
  /// An integer.
  var int: Int? { if case .integer(let value) = kind { value } else { nil } }
  /// Whether there is nothing: `key:`, `~`, `null`.
  var isNull: Bool { kind == .null }
}

/// The resolver rules of YAML 1.1, as PyYAML has them.
extension YamlScalar {
  fileprivate var isNull: Bool { ["", "~", "null", "Null", "NULL"].contains(text) }

  var boolean: Bool? {
    switch text {
    case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
    case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
    default: nil
    }
  }

  fileprivate var isInteger: Bool {
    let body = unsigned
    guard let first = body.first, first.isASCIIDigit else { return false }
    if body.hasPrefix("0b") { return body.dropFirst(2).matches { "01_".contains($0) } }
    if body.hasPrefix("0x") { return body.dropFirst(2).matches { $0.isASCIIHexadecimal || $0 == "_" } }
    if first == "0" { return body.dropFirst().allSatisfy { "01234567_".contains($0) } }
    let parts = body.split(separator: ":", omittingEmptySubsequences: false)
    return parts[0].matches { $0.isASCIIDigit || $0 == "_" } && parts.dropFirst().allSatisfy(\.isSexagesimal)
  }

  /// The value; nil where it does not fit.
  fileprivate var integer: Int? {
    let digits = unsigned.filter { $0 != "_" }
    let magnitude: Int?
    if digits.hasPrefix("0b") {
      magnitude = Int(digits.dropFirst(2), radix: 2)
    } else if digits.hasPrefix("0x") {
      magnitude = Int(digits.dropFirst(2), radix: 16)
    } else if digits.hasPrefix("0") {
      magnitude = Int(digits, radix: 8)
    } else {
      magnitude = digits.split(separator: ":").reduce(0 as Int?) { sum, part in
        guard let sum, let part = Int(part) else { return nil }
        let (scaled, overflow) = sum.multipliedReportingOverflow(by: 60)
        let (total, carry) = scaled.addingReportingOverflow(part)
        return overflow || carry ? nil : total
      }
    }
    return magnitude.map { text.hasPrefix("-") ? -$0 : $0 }
  }

  fileprivate var isReal: Bool {
    let body = unsigned
    if [".inf", ".Inf", ".INF"].contains(body) || [".nan", ".NaN", ".NAN"].contains(text) { return true }
    guard let point = body.firstIndex(of: ".") else { return false }
    let whole = body[..<point]
    let rest = body[body.index(after: point)...]
    let fraction = rest.prefix { $0.isASCIIDigit || $0 == "_" }
    let exponent = rest[fraction.endIndex...]
    guard exponent.isEmpty || exponent.isExponent else { return false }
    // Before a bare point no sign may stand: `-.5` is text.
    if whole.isEmpty { return text.hasPrefix(".") && fraction.first?.isASCIIDigit == true }
    let parts = whole.split(separator: ":", omittingEmptySubsequences: false)
    guard let first = parts.first?.first, first.isASCIIDigit else { return false }
    return parts[0].matches { $0.isASCIIDigit || $0 == "_" } && parts.dropFirst().allSatisfy(\.isSexagesimal)
  }

  private var unsigned: Substring {
    text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
  }
}

extension Substring {
  fileprivate func matches(_ condition: (Character) -> Bool) -> Bool { !isEmpty && allSatisfy(condition) }

  fileprivate var isSexagesimal: Bool {
    (count == 1 || (count == 2 && "012345".contains(self[startIndex]))) && allSatisfy(\.isASCIIDigit)
  }

  fileprivate var isExponent: Bool {
    guard let letter = first, letter == "e" || letter == "E" else { return false }
    let sign = dropFirst().first
    return (sign == "+" || sign == "-") && dropFirst(2).matches(\.isASCIIDigit)
  }
}

extension Character {
  var isASCIIDigit: Bool { isASCII && isNumber }
  var isASCIIHexadecimal: Bool { isASCII && isHexDigit }
}
