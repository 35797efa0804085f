internal import Model

/// Tries what may help where a set cannot be solved: each change by itself, on the whole set.
struct ConflictRemedies: Sendable {
  let probe: ConflictProbe
  let parts: QuestionParts
  /// Modules that are left out of all that is tried, by their labels: they have no solution either.
  var without: Set<String> = []

  /// What each change is tried on.
  private var all: [ConflictPart] {
    parts.all.filter { if case .module(let label) = $0 { !without.contains(label) } else { true } }
  }

  /// The same, in the words of a variation.
  private var kept: [ConflictPart]? { without.isEmpty ? nil : all }

  /// What helps, the best first: what takes nothing away, then what loosens a limit, then leaving out a module.
  func find(for conflict: Conflict, among minimal: [ConflictPart]) async throws -> [Remedy] {
    var found = try await prereleases(conflict)
    for part in minimal {
      if let remedy = try await loosened(part, about: conflict.name) { found.append(remedy) }
    }
    var modules: [String] = []
    for case .module(let label) in minimal where parts.all.count > 1 {
      let rest = all.filter { $0 != .module(label) }
      if try await probe.solution(QuestionVariation(kept: rest)) != nil { modules.append(label) }
    }
    return found + (modules.isEmpty ? [] : [.leaveOut(modules)])
  }

  /// The newest pre-release of what a module asks for, where there is no release of it: `>=2` does not hold for `2.0rc1`.
  ///
  /// Source: PEP 440. What a condition holds for is taken by the resolver by itself where there is no release.
  private func prereleases(_ conflict: Conflict) async throws -> [Remedy] {
    guard case .absent(let claim, let candidates) = conflict.finding, claim.need.path.isEmpty, claim.member.isModule,
      var asked = parts.answers.indexRequirements.first(where: { $0.module.label == claim.member.label })?.requirement,
      let newest = candidates.first(where: { $0.version.isPrerelease && $0.isWanted(by: asked.specifiers) })?.version,
      let wanted = VersionSpecifiers(">=\(newest)")
    else { return [] }
    let variation = QuestionVariation(
      kept: kept, relaxed: [claim.member.label], constraints: ["\(claim.name)\(wanted)"])
    guard let solved = try await probe.solution(variation) else { return [] }
    asked.specifiers = wanted
    return [
      .prerelease(module: claim.member.label, requirement: asked.description, taken: solved.shown(claim.name))
    ]
  }

  /// What comes of it where a part asks for less.
  private func loosened(_ part: ConflictPart, about name: PackageName?) async throws -> Remedy? {
    let without = QuestionVariation(kept: all.filter { $0 != part })
    switch part {
    case .module(let label):
      guard let asked = parts.answers.indexRequirements.first(where: { $0.module.label == label })?.requirement,
        !asked.specifiers.isEmpty,
        let solved = try await probe.solution(QuestionVariation(kept: kept, relaxed: [label]))
      else { return nil }
      var any = asked
      any.specifiers = .any
      return .anyVersion(module: label, requirement: any.description, taken: solved.shown(asked.name))
    case .constraint(let entry):
      guard let solved = try await probe.solution(without) else { return nil }
      return .without(
        entry: "spec.constraints (\(entry.location))", requirement: entry.description,
        taken: solved.shown(entry.requirement.name))
    case .override(let entry): return try await loosened(entry, without)
    case .major(let name):
      let others = all.filter { if case .major = $0 { false } else { true } }
      guard let solved = try await probe.solution(QuestionVariation(kept: others)) else { return nil }
      return .otherMajor(taken: solved.shown(name))
    case .base(let name):
      guard let solved = try await probe.solution(without) else { return nil }
      return .otherBase(taken: solved.shown(name))
    case .held: return nil
    }
  }

  /// Without an override what others ask for counts again: where that is no better, it may still say less.
  private func loosened(_ override: Constraint, _ without: QuestionVariation) async throws -> Remedy? {
    let entry = "spec.overrides (\(override.location))"
    if let solved = try await probe.solution(QuestionVariation(kept: kept, removed: [override])) {
      return .without(
        entry: entry, requirement: override.description, taken: solved.shown(override.requirement.name))
    }
    guard let solved = try await probe.solution(without) else {
      return parts.bringer(of: override.requirement.name).map {
        .insteadBrought(entry: entry, requirement: override.description, bringer: $0)
      }
    }
    return .anyOverride(
      entry: entry, requirement: override.description, name: override.requirement.name.text,
      taken: solved.shown(override.requirement.name))
  }
}

extension Explanation.Candidate {
  /// Whether the release that it comes before would do.
  fileprivate func isWanted(by specifiers: VersionSpecifiers) -> Bool {
    var release = version
    (release.pre, release.dev) = (nil, nil)
    return reasons.allSatisfy { $0 == "it is a pre-release" } && specifiers.contains(release, allowPrereleases: false)
  }
}
