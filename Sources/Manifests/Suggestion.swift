internal import Model

/// What was probably meant.
public enum Suggestion {
  /// The known word nearest to the one that was written; nil when none is near.
  public static func nearest(to word: String, among known: [String]) -> String? {
    let folded = fold(word)
    if let same = known.first(where: { fold($0) == folded }) { return same }
    let limit = word.count <= 3 ? 1 : word.count <= 6 ? 2 : 3
    var best: (word: String, distance: Int)?
    for candidate in known {
      let distance = EditDistance.between(folded, fold(candidate))
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
    word != known && EditDistance.between(fold(word), fold(known)) <= 1
  }

  /// `pipName`, `pip-name` and `pip_name` are one word.
  private static func fold(_ word: String) -> String {
    word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
  }
}
