/// Durations in manifests and options: `500ms`, `2s`, `1m30s`, `7d`.
public enum DurationText {
  /// Why a text is no duration.
  public struct Problem: Error, Hashable {
    /// What is wrong with it.
    public var message: String
    /// What to write instead.
    public var hint: String
  }

  private static let units: [(name: String, seconds: Double)] = [
    ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1), ("ms", 0.001),
  ]

  /// The duration in seconds. Larger units come first, each at most once.
  public static func seconds(_ text: String) throws(Problem) -> Double {
    var rest = text[...]
    var total = 0.0
    var allowed = units[...]
    repeat {
      let digits = rest.prefix(while: \.isASCIIDigit)
      guard !digits.isEmpty, digits.count <= 9, let number = Int(digits) else {
        throw Problem(message: "'\(shown(text))' is no duration", hint: advice)
      }
      rest = rest[digits.endIndex...]
      let name = rest.prefix { !$0.isASCIIDigit }
      rest = rest[name.endIndex...]
      if name.isEmpty {
        throw Problem(message: "the duration '\(shown(text))' has no unit", hint: "write '\(shown(text))s' for seconds")
      }
      guard let unit = units.firstIndex(where: { $0.name == name }) else {
        throw Problem(
          message: "'\(shown(String(name.drop { $0 == " " })))' is no unit of time",
          hint: "the units are d, h, m, s and ms")
      }
      guard unit >= allowed.startIndex else {
        throw Problem(
          message: "the units of '\(shown(text))' are not in order", hint: "larger units come first, as in '1m30s'")
      }
      allowed = units[(unit + 1)...]
      total += Double(number) * units[unit].seconds
    } while !rest.isEmpty
    return total
  }

  private static let advice = "write it as in '500ms', '2s', '1m30s' or '7d'"

  private static func shown(_ text: String) -> String { text.count > 20 ? text.prefix(20) + "…" : text }
}
