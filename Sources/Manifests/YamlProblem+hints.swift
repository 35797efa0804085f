extension YamlProblem {
  /// What to do about any of libyaml's complaints: often what stands at the place says more than its words.
  static func hint(for problem: String, at mark: YamlMark, in lines: LineTable) -> String {
    let line = lines.indices.contains(mark.line - 1) ? Array(lines[mark.line - 1].unicodeScalars) : []
    if line.first == "%" { return "take out the line that begins with %: a manifest needs none" }
    if problem.hasPrefix("did not find expected ',' or"), mark.column > 1, line.indices.contains(mark.column - 1),
      "{[".unicodeScalars.contains(line[mark.column - 1]), !" \t,:{[".unicodeScalars.contains(line[mark.column - 2])
    {
      return "between braces and brackets, a text that has one of them in it needs quotes, as in \"${NAME}\""
    }
    return hint(for: problem) ?? rareHint(for: problem)
  }

  /// What to do about the others.
  private static func rareHint(for problem: String) -> String {
    switch problem {
    case "did not find expected comment or line break": "a text that begins with > or | needs quotes, as in \">=3.11\""
    case "did not find expected <document start>":
      "write '---' on a line of its own between two documents; else check the indentation"
    case "block sequence entries are not allowed in this context":
      "begin a list on the line below its key; a text that begins with '- ' needs quotes"
    case "did not find expected node content":
      "a value is missing here; a text that begins with , or a bracket needs quotes"
    case "found a tab character where an indentation space is expected": "indent with spaces, never with tabs"
    case "found an indentation indicator equal to 0": "write a digit from 1 to 9 behind > or |, or none"
    case "found unexpected document indicator": "close the quotes: a line of '---' or '...' ends the document"
    case "did not find expected hexdecimal number", "found invalid Unicode character escape code":
      "use single quotes, where a backslash is a backslash"
    case "did not find expected '!'", "did not find expected tag URI", "did not find the expected '>'",
      "did not find URI escaped octet", "found an incorrect leading UTF-8 octet",
      "found an incorrect trailing UTF-8 octet", "did not find expected whitespace or line break":
      "a text that begins with ! needs quotes"
    default: "check quotes and indentation; a text with special characters needs quotes"
    }
  }
}
