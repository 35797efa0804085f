/// Finds as few parts as possible that still do not go together. Pure: what a resolver says is handed in.
///
/// Source: the deletion filter of Chinneck and Dravnieks ("Locating minimal infeasible constraint sets in linear programs",
/// 1991), with halves, quarters and so on before single parts, as in Zeller's delta debugging: what is to be found is small.
struct MinimalSet<Part: Hashable & Sendable>: Sendable, Equatable {
  /// The parts, in the order that they were given in.
  var parts: [Part]
  /// Whether leaving out any one of them would do. False where the search was ended before that was known.
  var isMinimal: Bool

  /// Searches parts that do not go together.
  ///
  /// `isUnsolvable` says whether some of them do not go together either; nil ends the search.
  static func find(
    in all: [Part], isUnsolvable: ([Part]) async throws -> Bool?
  ) async rethrows -> MinimalSet {
    var current = all
    var size = max(all.count / 2, 1)
    while true {
      var start = 0
      while start < current.count, current.count > 1 {
        let rest = Array(current[..<start] + current[min(start + size, current.count)...])
        guard !rest.isEmpty else { break }
        guard let isUnsolvable = try await isUnsolvable(rest) else {
          return MinimalSet(parts: current, isMinimal: false)
        }
        if isUnsolvable { current = rest } else { start += size }
      }
      guard size > 1 else { return MinimalSet(parts: current, isMinimal: true) }
      size = max(min(size / 2, current.count / 2), 1)
    }
  }
}
