internal import Model

/// Searches for the fewest parts of a question that have no solution, and for what has none besides.
struct ConflictSearch: Sendable {
  let probe: ConflictProbe
  let parts: QuestionParts

  /// The fewest parts that do not go together.
  struct Core: Sendable {
    var minimal: MinimalSet<ConflictPart>
    /// Entries of `spec.overrides` without which they do not go together either, each by itself and all at once.
    var removed: Set<Constraint> = []
  }

  /// The fewest parts that do not go together, with the overrides that are at fault.
  ///
  /// Left out, an override lets any version do in place of what others ask for. What has no solution without it either is
  /// told as it is without it; and one that is at fault whatever its version is part of it.
  func core(_ words: String) async throws -> Core {
    let found = try await smallest(in: parts.all, words)
    guard found.isMinimal else { return Core(minimal: found) }
    var removed: Set<Constraint> = []
    for case .override(let entry) in found.parts {
      let variation = QuestionVariation(kept: found.parts, removed: removed.union([entry]))
      if try await probe.isUnsolvable(variation) == true { removed.insert(entry) }
    }
    if !removed.isEmpty {
      let rest = found.parts.filter { part in !removed.contains { part == .override($0) } }
      let asked = removed
      let minimal = try await MinimalSet.find(in: rest) { kept in
        try await probe.isUnsolvable(QuestionVariation(kept: kept, removed: asked))
      }
      return Core(minimal: minimal, removed: removed)
    }
    let mentioned = Blame.names(in: try await probe.words(QuestionVariation(kept: found.parts)) ?? words)
    for entry in parts.environment.overrides where mentioned.contains(entry.requirement.name) {
      // In place of what comes from no index, it is left out altogether.
      guard parts.byName[entry.requirement.name] == nil, !found.parts.contains(.override(entry)) else { continue }
      if try await probe.isUnsolvable(QuestionVariation(kept: found.parts, removed: [entry])) == false {
        return Core(minimal: MinimalSet(parts: found.parts + [.override(entry)], isMinimal: true))
      }
    }
    return Core(minimal: found)
  }

  /// The modules that have no solution either, whatever becomes of those that were found, and whether the others have one.
  func more(besides found: [ConflictPart]) async throws -> (labels: [String], isSound: Bool) {
    var rest = parts.all.filter { !$0.isModule || !found.contains($0) }
    var labels: [String] = []
    while rest.contains(where: \.isModule) {
      switch try await probe.answer(QuestionVariation(kept: rest)) {
      case nil: return (labels, false)
      case .solved?: return (labels, true)
      case .refused(let failure, let words)?:
        let faulty = try await faulty(in: rest, failure, words).filter { rest.contains(.module($0)) }
        guard !faulty.isEmpty else { return (labels, false) }
        labels += faulty
        rest.removeAll { part in faulty.contains { part == .module($0) } }
      }
    }
    return (labels, true)
  }

  /// The modules that a refusal is about: those that it names, where it says for sure, else as few as have no solution.
  private func faulty(in rest: [ConflictPart], _ failure: Failure, _ words: String?) async throws -> [String] {
    let blamed = Blame.assign(failure, to: parts.answers.askers(parts.direct))
    let isSure =
      failure.diagnostics.first?.code == .packageAbsent
      && blamed.diagnostics.first?.message != failure.diagnostics.first?.message
    guard let words, !isSure else { return Array(Set(blamed.diagnostics.flatMap(\.modules))).sorted() }
    return try await smallest(in: rest, words).parts.compactMap { part in
      if case .module(let label) = part { label } else { nil }
    }
  }

  /// The fewest of some parts that do not go together. Those that the resolver speaks of are looked at first.
  private func smallest(in all: [ConflictPart], _ words: String) async throws -> MinimalSet<ConflictPart> {
    let mentioned = Blame.names(in: words)
    let likely = all.filter { !parts.names(of: $0).isDisjoint(with: mentioned) }
    var start = all
    if !likely.isEmpty, likely.count < all.count,
      try await probe.isUnsolvable(QuestionVariation(kept: likely)) == true
    {
      start = likely
    }
    return try await MinimalSet.find(in: start) { kept in
      try await probe.isUnsolvable(QuestionVariation(kept: kept))
    }
  }
}
