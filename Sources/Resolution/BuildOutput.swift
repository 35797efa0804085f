/// What a failed build said, for people: the end of it, without the traces of the back end.
enum BuildOutput {
  /// Drops each Python traceback but for its last line, which says what went wrong, and keeps the last lines.
  static func cause(_ text: String, lines count: Int = 12) -> String {
    var kept: [Substring] = []
    var depth: Int?
    for line in text.split(separator: "\n") {
      let indentation = line.prefix { $0 == " " || $0 == "│" }.count
      if line.contains("Traceback (most recent call last):") {
        depth = indentation
      } else if let open = depth {
        guard indentation <= open else { continue }
        depth = nil
        kept.append(line)
      } else {
        kept.append(line)
      }
    }
    // Where it was built is gone by now, and what uv makes of it in general is of no use.
    kept.removeAll { $0.contains("/staging/") || $0.contains("Build failures usually indicate") }
    return kept.suffix(count).joined(separator: "\n")
  }
}
