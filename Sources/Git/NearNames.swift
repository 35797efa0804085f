/// Finds the names that somebody may have meant.
enum NearNames {
  /// Up to three names that differ little from the one given, the nearest first: in a third of its characters, or in as
  /// many as `edits` says.
  static func nearest(to name: String, among names: Set<String>, within edits: Int? = nil) -> [String] {
    let wanted = Array(name.lowercased().unicodeScalars)
    let limit = edits ?? max(2, wanted.count / 3)
    let candidates = names.compactMap { candidate -> (distance: Int, name: String)? in
      let other = Array(candidate.lowercased().unicodeScalars)
      // No count of edits makes up for a greater difference in length.
      guard abs(other.count - wanted.count) <= limit else { return nil }
      let distance = distance(wanted, other)
      return distance <= limit && distance < wanted.count ? (distance, candidate) : nil
    }
    return candidates.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// How many characters must be put in, taken out or replaced (Levenshtein's distance).
  static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
    var row = Array(0...second.count)
    for (index, scalar) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (column, other) in second.enumerated() {
        let replaced = diagonal + (scalar == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
      }
    }
    return row[second.count]
  }
}
