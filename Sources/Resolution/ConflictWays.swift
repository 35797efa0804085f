internal import Model

/// Follows who needs what, from modules that do not go together to what they are at odds about.
struct ConflictWays: Sendable {
  let probe: ConflictProbe
  let parts: QuestionParts
  let explainer: ConflictExplainer
  /// Entries of `spec.overrides` without which it has no solution either.
  var removed: Set<Constraint> = []

  /// How many distributions deep it is looked into what one of them needs.
  private static let depth = 8

  /// What it comes down to, and whether that is so whatever versions are taken of what lies between.
  typealias Outcome = (finding: Conflict.Finding, isWhatever: Bool)

  /// What it comes down to; `unknown` where it cannot be told for sure.
  func finding(_ minimal: [ConflictPart]) async throws -> Outcome {
    if minimal.count == 1, let only = minimal.first { return try await alone(only) }
    for case .override(let entry) in minimal { return try await overridden(entry, minimal) }
    var claimants: [Claimant] = []
    for part in minimal {
      guard let claimant = try await claimant(part) else { return (.unknown, true) }
      claimants.append(claimant)
    }
    return try await disputed(claimants) { index, name, need in explainer.claim(minimal[index], name, need) }
  }

  // MARK: Several

  /// What a part asks for, and what it leads to where it is alone.
  private func claimant(_ part: ConflictPart) async throws -> Claimant? {
    func fixed(_ name: PackageName, _ specifiers: VersionSpecifiers?) -> Claimant? {
      specifiers.map { Claimant(needs: [name: [NeedGraph.Need(specifiers: $0, path: [])]]) }
    }
    switch part {
    case .constraint(let entry), .override(let entry):
      return fixed(entry.requirement.name, entry.requirement.specifiers)
    case .major(let name): return fixed(name, ConflictWays.specifiers(parts.majors[name], name))
    case .held(let name): return fixed(name, ConflictWays.specifiers(parts.held[name], name))
    case .base(let name):
      let version = parts.base?.distributions.first { $0.name == name }?.version
      return fixed(name, version.flatMap { VersionSpecifiers("==\($0)") })
    case .module(let label):
      let variation = QuestionVariation(kept: [part] + parts.needingBase, removed: removed)
      guard let solved = try await probe.solution(variation), let root = root(of: label) else { return nil }
      let graph = try await graph(solved, roots: [(root.name, root.extras)])
      var needs = graph.needs(from: root.name)
      if !root.specifiers.isEmpty {
        needs[root.name, default: []].insert(NeedGraph.Need(specifiers: root.specifiers, path: []), at: 0)
      }
      return Claimant(needs: needs, versions: graph.versions, variation: variation)
    }
  }

  /// The distribution of a module; where it comes from no index, its version is the only one.
  private func root(of label: String) -> IndexRequirement? {
    if let asked = parts.answers.indexRequirements.first(where: { $0.module.label == label })?.requirement {
      return asked
    }
    let sources = parts.answers.directRequirements.filter { $0.value.contains { $0.label == label } }.keys
    guard let module = sources.lazy.compactMap({ parts.direct.modules[$0] }).first else { return nil }
    return IndexRequirement(
      name: module.metadata.name, extras: module.extras,
      specifiers: VersionSpecifiers("==\(module.metadata.version)") ?? .any)
  }

  /// What they are at odds about: the first distribution of which the resolver says that no version will do for all.
  private func disputed(
    _ claimants: [Claimant], _ claim: (Int, PackageName, NeedGraph.Need) -> Conflict.Claim
  ) async throws -> Outcome {
    for dispute in Dispute.candidates(among: claimants) {
      guard try await isCertain(dispute) else { continue }
      var isWhatever = true
      for (index, claimant) in claimants.enumerated() {
        // Nothing lies between, or the resolver says that there is no way around.
        guard var variation = claimant.variation, !dispute.needs[index].path.allSatisfy(isOfBase) else { continue }
        variation.constraints.append("\(dispute.name)\(dispute.specifiers(without: index))")
        if try await probe.isUnsolvable(variation) != true { isWhatever = false }
      }
      let claims = dispute.needs.enumerated().map { claim($0.offset, dispute.name, $0.element) }
      return (.disputed(claims), isWhatever)
    }
    return (.unknown, true)
  }

  /// What others ask for does not count where there is an override: it is at odds with what there is.
  private func overridden(_ entry: Constraint, _ minimal: [ConflictPart]) async throws -> Outcome {
    let name = entry.requirement.name
    let need = NeedGraph.Need(specifiers: entry.requirement.specifiers, path: [])
    let claim = explainer.claim(.override(entry), name, need)
    // What is constrained, kept or there already is so beside an override, too.
    var limits: [(part: ConflictPart, need: NeedGraph.Need)] = [(.override(entry), need)]
    for part in minimal where part != .override(entry) && !part.isModule && parts.names(of: part).contains(name) {
      guard let own = try await claimant(part)?.needs[name]?.first else { continue }
      limits.append((part, own))
    }
    if limits.count > 1, try await isCertain(Dispute(name: name, needs: limits.map(\.need))) {
      return (.disputed(limits.map { explainer.claim($0.part, name, $0.need) }), true)
    }
    let variation = QuestionVariation(
      kept: [], bare: [entry.requirement.name], requirements: [entry.requirement.pep508])
    guard try await probe.isUnsolvable(variation) == true else { return (.unknown, true) }
    return (try await absent(claim), true)
  }

  /// What it is that no index has: where something else answers for the name, they are at odds with each other.
  private func absent(_ claim: Conflict.Claim) async throws -> Conflict.Finding {
    let candidates = try await candidates(for: claim)
    let asked = claim.need.specifiers
    let fitting = candidates.filter { asked.contains($0.version, allowPrereleases: true) }
    guard let other = parts.fixed(claim.name), !asked.contains(other.version, allowPrereleases: true),
      // What an index has does not count beside what comes from none.
      fitting.isEmpty || other.isDirect && fitting.contains(where: \.reasons.isEmpty)
    else { return .absent(claim, candidates) }
    let own = NeedGraph.Need(specifiers: VersionSpecifiers("==\(other.version)") ?? .any, path: [])
    var rival = explainer.claim(other.part, claim.name, own)
    rival.origin = other.origin
    return .disputed([claim, rival])
  }

  private func isCertain(_ dispute: Dispute) async throws -> Bool {
    if dispute.isEvident { return true }
    let lines = dispute.needs.map { "\(dispute.name)\($0.specifiers)" }
    return try await probe.isUnsolvable(QuestionVariation(kept: [], requirements: Array(Set(lines)).sorted())) == true
  }

  /// Whether the base has it, in that very version.
  private func isOfBase(_ step: NeedGraph.Step) -> Bool {
    !parts.needingBase.isEmpty
      && parts.base?.distributions.first { $0.name == step.name }.map { Version($0.version) == Version(step.version) }
        ?? false
  }

  // MARK: One

  /// Why a single part has no solution: what it leads to is looked at one after the other.
  private func alone(_ part: ConflictPart) async throws -> Outcome {
    guard case .module(let label) = part, let root = root(of: label) else { return (.unknown, true) }
    var way = Way(part: part, asked: root, question: QuestionVariation(kept: [part], removed: removed))
    while way.path.count < Self.depth {
      let claim = explainer.claim(
        part, way.asked.name, NeedGraph.Need(specifiers: way.asked.specifiers, path: way.path))
      var bare = way.question
      bare.bare.insert(way.asked.name)
      guard let solved = try await probe.solution(bare) else {
        guard try await probe.isUnsolvable(bare) != nil else { return (.unknown, true) }
        return (try await absent(claim), way.isOnly)
      }
      guard let metadata = try await metadata(of: solved)[way.asked.name] else { return (.unknown, true) }
      let step = NeedGraph.Step(name: way.asked.name, version: metadata.version.description)
      if let wanted = metadata.requiresPython, let own = Version(parts.interpreter.version),
        !wanted.contains(own, allowPrereleases: true)
      {
        var claim = claim
        claim.need.path.append(step)
        return (.python(claim, wanted, running: parts.interpreter.minorVersion), way.isOnly)
      }
      if parts.byName[way.asked.name] == nil {
        let fitting = try await candidates(for: claim).filter {
          claim.need.specifiers.contains($0.version, allowPrereleases: true)
        }
        way.isOnly = way.isOnly && fitting.count == 1
      }
      way.path.append(step)
      let needed = metadata.dependencies(markers: parts.interpreter.markers, extras: Set(way.asked.extras))
        .filter { $0.url == nil && $0.name != step.name }
        .map { IndexRequirement(name: $0.name, extras: $0.extras, specifiers: $0.specifiers) }
      guard try await probe.isUnsolvable(Self.variation(needed)) == true else { return (.unknown, true) }
      let minimal = try await MinimalSet.find(in: needed) { try await probe.isUnsolvable(Self.variation($0)) }
      guard minimal.isMinimal else { return (.unknown, true) }
      guard minimal.parts.count == 1, let next = minimal.parts.first else {
        return try await torn(minimal.parts, way)
      }
      (way.asked, way.question) = (next, Self.variation([next]))
    }
    return (.unknown, true)
  }

  /// A way from a module to what it needs.
  private struct Way {
    let part: ConflictPart
    var asked: IndexRequirement
    var question: QuestionVariation
    var path: [NeedGraph.Step] = []
    /// Whether there is one version only of everything on it.
    var isOnly = true
  }

  /// What the needs of a single distribution are at odds about.
  private func torn(_ needed: [IndexRequirement], _ way: Way) async throws -> Outcome {
    var claimants: [Claimant] = []
    for need in needed {
      guard let solved = try await probe.solution(Self.variation([need])) else { return (.unknown, true) }
      let graph = try await graph(solved, roots: [(need.name, need.extras)])
      var needs = graph.needs(from: need.name, after: way.path)
      if !need.specifiers.isEmpty {
        needs[need.name, default: []].insert(NeedGraph.Need(specifiers: need.specifiers, path: way.path), at: 0)
      }
      claimants.append(Claimant(needs: needs, versions: graph.versions, variation: Self.variation([need])))
    }
    let found = try await disputed(claimants) { _, name, need in explainer.claim(way.part, name, need) }
    return (found.finding, found.isWhatever && way.isOnly)
  }

  private static func variation(_ needed: [IndexRequirement]) -> QuestionVariation {
    QuestionVariation(kept: [], requirements: needed.map(\.pep508))
  }

  private func candidates(for claim: Conflict.Claim) async throws -> [Explanation.Candidate] {
    try await Explainer(
      context: explainer.uv.context, wheels: explainer.wheels, wheelReading: explainer.wheelReading,
      interpreter: parts.interpreter
    ).candidates(
      for: claim.name, limits: [], allowsPrereleases: false)
  }

  // MARK: Metadata

  private func graph(
    _ solved: [SolvedDistribution], roots: [(PackageName, [PackageName])]
  ) async throws -> NeedGraph {
    // What the base has is part of no solution unless an installed one needs it.
    let base = parts.needingBase.isEmpty ? [] : parts.base?.distributions ?? []
    let here = Set(solved.map(\.name))
    let solved =
      solved
      + base.filter { !here.contains($0.name) }.map {
        SolvedDistribution(name: $0.name, version: $0.version, index: "", wheels: [])
      }
    let metadata = try await metadata(of: solved, ofBase: !base.isEmpty)
    let versions = solved.map { entry in
      (entry.name, parts.byName[entry.name]?.metadata.version ?? Version(entry.version))
    }
    let known = versions.compactMap { name, version in version.map { (name, $0) } }
    return NeedGraph(
      Dictionary(known, uniquingKeysWith: { first, _ in first }), roots: roots, metadata: { metadata[$0] },
      markers: parts.interpreter.markers)
  }

  /// What distributions of a solution say of themselves, where nothing has to be built for that.
  ///
  /// - Parameter ofBase: whether what the base's require of others counts as well.
  private func metadata(
    of solved: [SolvedDistribution], ofBase: Bool = false
  ) async throws -> [PackageName: DistributionMetadata] {
    var found = parts.byName.mapValues(\.metadata)
    let stubs = Dictionary(
      (parts.base?.distributions ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var open: [SolvedDistribution] = []
    let ranking = WheelTags.Ranking(parts.interpreter.tags)
    for entry in solved where found[entry.name] == nil {
      if let stub = stubs[entry.name], Version(stub.version) == Version(entry.version) {
        found[entry.name] = DistributionMetadata(
          ofBase ? stub.completeMetadata(base: Set(stubs.keys)) : stub.stubMetadata)
      } else if ranking.best(among: entry.wheels.compactMap { WheelName($0.name) }) != nil {
        open.append(entry)
      }
    }
    let read = try await DependencyReader(
      context: explainer.uv.context, interpreter: parts.interpreter, wheels: explainer.wheels,
      wheelReading: explainer.wheelReading, credentials: explainer.uv.context.credentials
    ).metadata(of: open)
    return found.merging(read) { first, _ in first }
  }

  /// What stands behind a name in a constraint.
  private static func specifiers(_ text: String?, _ name: PackageName) -> VersionSpecifiers? {
    text.flatMap { try? RequirementParser.parse($0).specifiers }
  }
}
