/// Why a text is no YAML that Pinion reads.
struct YamlProblem: Error, Sendable, Hashable {
  /// What is wrong. Holds no value of the text, since values may be secrets.
  var message: String
  /// Where.
  var mark: YamlMark
  /// What was being read.
  var cause: String?
  /// What to write instead.
  var hint: String?

  init(_ message: String, at mark: YamlMark, because cause: String? = nil, hint: String? = nil) {
    self.message = message
    self.mark = mark
    self.cause = cause
    self.hint = hint
  }
}

extension YamlProblem {
  /// What to do about libyaml's most frequent complaints.
  static func hint(for problem: String) -> String? {
    switch problem {
    case "mapping values are not allowed in this context":
      "check the indentation; a text that contains ': ' needs quotes"
    case "found character that cannot start any token", "found a tab character that violates indentation":
      "indent with spaces, never with tabs; a text that begins with %, @ or ` needs quotes"
    case "did not find expected key", "did not find expected '-' indicator":
      "check the indentation: entries of one mapping or list begin in the same column"
    case "found unexpected ':'": "put a space after the colon, or the text in quotes"
    case "could not find expected ':'": "write 'key: value', with a space after the colon"
    case "found unexpected end of stream": "close the quotes"
    case "did not find expected ',' or '}'": "close the brace '{', and put commas between entries"
    case "did not find expected ',' or ']'": "close the bracket '[', and put commas between entries"
    case "did not find expected alphabetic or numeric character":
      "a text that begins with * or & needs quotes, as in \"*.main\""
    case "found unknown escape character": "use single quotes, where a backslash is a backslash"
    case "found undefined tag handle": "a text that begins with ! needs quotes"
    default: nil
    }
  }
}
