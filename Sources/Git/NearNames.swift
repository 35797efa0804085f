internal import Model

/// Finds the names that somebody may have meant.
enum NearNames {
  /// Up to three names that differ little from the one given, the nearest first: in a third of its characters, or in as
  /// many as `edits` says.
  static func nearest(to name: String, among names: Set<String>, within edits: Int? = nil) -> [String] {
    let wanted = name.lowercased()
    let limit = edits ?? max(2, wanted.count / 3)
    let candidates = names.compactMap { candidate -> (distance: Int, name: String)? in
      let other = candidate.lowercased()
      // No count of edits makes up for a greater difference in length.
      guard abs(other.count - wanted.count) <= limit else { return nil }
      let distance = EditDistance.between(wanted, other)
      return distance <= limit && distance < wanted.count ? (distance, candidate) : nil
    }
    return candidates.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }
}
