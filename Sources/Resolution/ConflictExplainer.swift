internal import Model

/// Finds out why a set cannot be solved, and what would help: by asking the resolver again, with less.
struct ConflictExplainer: Sendable {
  /// How often the resolver is run at most, and for how many seconds.
  static let limit = (runs: 25, seconds: 60)

  var uv: UvResolver
  var parts: QuestionParts
  var wheels: WheelCache
  var wheelReading: any WheelReading
  var limit = Self.limit

  /// Explains a refusal of the whole question. Throws what reading files and metadata throws.
  func explain(_ words: String) async throws -> Conflict {
    let found = try await uv.answering(base: parts.base, remembers: true) { session in
      let probe = ConflictProbe(parts, session: session, limit: limit.runs, seconds: limit.seconds)
      let search = ConflictSearch(probe: probe, parts: parts)
      let core = try await search.core(words)
      let minimal = core.minimal
      let ways = ConflictWays(probe: probe, parts: parts, explainer: self, removed: core.removed)
      var conflict = Conflict(
        members: minimal.parts.map(member), isMinimal: minimal.isMinimal, finding: .unknown,
        words: try await probe.words(QuestionVariation(kept: minimal.parts, removed: core.removed)) ?? words)
      if minimal.isMinimal { (conflict.finding, conflict.isWhatever) = try await ways.finding(minimal.parts) }
      // What answers for a name by itself may be left out without any gain: no index has it.
      let added = conflict.finding.members.filter { !conflict.members.contains($0) }
      conflict.members += added
      let other = added.isEmpty ? nil : conflict.name.flatMap { parts.fixed($0) }?.part
      let involved =
        minimal.parts + core.removed.map(ConflictPart.override).filter { !minimal.parts.contains($0) }
        + [other].compactMap(\.self)
      var remedies = ConflictRemedies(probe: probe, parts: parts)
      conflict.remedies = try await remedies.find(for: conflict, among: involved)
      if conflict.remedies.isEmpty {
        let more = try await search.more(besides: involved)
        conflict.isOneOfSeveral = !more.isSound || !more.labels.isEmpty
        if more.isSound, !more.labels.isEmpty {
          remedies.without = Set(more.labels)
          conflict.remedies = try await remedies.find(for: conflict, among: involved)
          if !conflict.remedies.isEmpty { conflict.without = more.labels }
        }
      }
      conflict.runs = await probe.runs
      if await probe.isExhausted { conflict.endedAfter = conflict.runs }
      return conflict
    }
    return try await addingRules(found)
  }

  /// Tries what would be without the rule that passes over what is new, and tells of the other that leaves files out.
  ///
  /// Nothing is built for that: what a rule keeps from being run is not run to find out whether it would help.
  private func addingRules(_ conflict: Conflict) async throws -> Conflict {
    var conflict = conflict
    let policy = parts.environment.policy
    if !uv.context.routes.allowsBuilds {
      conflict.passedOver = "what would have to be built is passed over: \(policy.text(of: .builds))"
    }
    if uv.context.routes.newest != nil {
      var lifted = uv
      (lifted.context.routes.newest, lifted.context.routes.allowsBuilds) = (nil, false)
      let kept = parts.all.filter {
        if case .module(let label) = $0 { !conflict.without.contains(label) } else { true }
      }
      let variation = QuestionVariation(kept: conflict.without.isEmpty ? nil : kept)
      let answer = try await lifted.answering(base: parts.base) { session in
        try await session.answer(parts.question(variation), deadline: Double(limit.seconds))
      }
      conflict.runs += 1
      if case .solved(let solved) = answer {
        let remedy = Remedy.withoutRule(
          policy.text(of: .excludeNewer), taken: conflict.name.map { solved.shown($0) } ?? "a solution")
        // Leaving out a module is what is done last.
        conflict.remedies.insert(remedy, at: conflict.remedies.firstIndex { $0.isLast } ?? conflict.remedies.endIndex)
      }
    }
    conflict.remedies = Remedy.best(conflict.remedies)
    return conflict
  }

  // MARK: Words

  /// A part as people know it.
  private func member(_ part: ConflictPart) -> Conflict.Member {
    func entry(_ kind: Conflict.Member.Kind, _ label: String, _ entry: Constraint) -> Conflict.Member {
      Conflict.Member(kind: kind, label: label, location: entry.location, requirement: entry.description)
    }
    switch part {
    case .constraint(let constraint): return entry(.constraint, "spec.constraints", constraint)
    case .override(let override): return entry(.override, "spec.overrides", override)
    case .major(let name):
      return Conflict.Member(kind: .major, label: "spec.lock.update: minor", requirement: parts.majors[name] ?? "")
    case .held(let name):
      return Conflict.Member(kind: .held, label: "what is held back", requirement: parts.held[name] ?? "")
    case .base(let name):
      let version = parts.base?.distributions.first { $0.name == name }?.version ?? ""
      return Conflict.Member(
        kind: .base(path: parts.base?.path ?? ""), label: "the base", requirement: "\(name) \(version)")
    case .module(let label):
      let entry = parts.answers.answers.first { $0.module.label == label }
      var kind = Conflict.Member.Kind.module
      var requirement = ""
      switch entry?.answer {
      case .index(let asked): requirement = asked.description
      case .direct(let source, let asked): (kind, requirement) = (.directModule(source: "\(source)"), "\(asked)")
      default: break
      }
      return Conflict.Member(kind: kind, label: label, location: entry?.module.location, requirement: requirement)
    }
  }

  func claim(_ part: ConflictPart, _ name: PackageName, _ need: NeedGraph.Need) -> Conflict.Claim {
    Conflict.Claim(member: member(part), name: name, need: need)
  }
}

extension Conflict {
  /// The distribution that it is about.
  var name: PackageName? {
    switch finding {
    case .disputed(let claims): claims.first?.name
    case .absent(let claim, _), .python(let claim, _, _): claim.name
    case .unknown: nil
    }
  }
}

extension Conflict.Finding {
  /// Who is at odds.
  fileprivate var members: [Conflict.Member] {
    if case .disputed(let claims) = self { claims.map(\.member) } else { [] }
  }
}

extension Remedy {
  /// Whether nobody looked whether it helps.
  var isUntried: Bool { if case .insteadBrought = self { true } else { false } }

  /// Whether it is what is done where nothing else helps.
  var isLast: Bool { if case .leaveOut = self { true } else { false } }

  /// Three at most, the best first. What takes nothing away goes before what does, which is always said.
  static func best(_ all: [Remedy]) -> [Remedy] {
    let last = all.filter(\.isLast)
    return Array(all.filter { !$0.isLast }.prefix(3 - min(last.count, 1)) + last.prefix(1))
  }
}

extension [SolvedDistribution] {
  /// `alpha 1.1`, as it was chosen.
  func shown(_ name: PackageName) -> String {
    first { $0.name == name }.map { "\(name) \($0.version)" } ?? "a solution without \(name)"
  }
}
