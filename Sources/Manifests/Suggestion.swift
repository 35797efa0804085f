/// What was probably meant.
enum Suggestion {
  /// The known word nearest to the one that was written; nil when none is near.
  static func nearest(to word: String, among known: [String]) -> String? {
    let folded = fold(word)
    if let same = known.first(where: { fold($0) == folded }) { return same }
    let limit = word.count <= 3 ? 1 : word.count <= 6 ? 2 : 3
    var best: (word: String, distance: Int)?
    for candidate in known {
      let distance = distance(folded, fold(candidate))
      guard distance <= limit, distance < candidate.count else { continue }
      if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
  }

  /// `did you mean 'pip_name'?`, or all that may stand there.
  static func hint(for word: String, among known: [String]) -> String {
    if let nearest = nearest(to: word, among: known) { return "did you mean '\(nearest)'?" }
    return "what may stand here: \(known.joined(separator: ", "))"
  }

  /// Whether one word is another one but for a slip: case, separators, or one letter.
  static func isMisspelling(_ word: String, of known: String) -> Bool {
    word != known && distance(fold(word), fold(known)) <= 1
  }

  /// `pipName`, `pip-name` and `pip_name` are one word.
  private static func fold(_ word: String) -> String {
    word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
  }

  /// Damerau's distance: insertions, deletions, replacements, and neighbours that changed places.
  static func distance(_ left: String, _ right: String) -> Int {
    // Nobody misspells words of this length; the table would grow with the square.
    let one = Array(left.prefix(64))
    let other = Array(right.prefix(64))
    var table = [[Int]](repeating: Array(0...other.count), count: one.count + 1)
    for row in 1..<(one.count + 1) {
      table[row][0] = row
      for column in 1..<(other.count + 1) {
        let cost = one[row - 1] == other[column - 1] ? 0 : 1
        var value = min(table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + cost)
        let isSwap =
          row > 1 && column > 1 && one[row - 1] == other[column - 2] && one[row - 2] == other[column - 1]
        if isSwap { value = min(value, table[row - 2][column - 2] + 1) }
        table[row][column] = value
      }
    }
    return table[one.count][other.count]
  }
}
