public import Model
internal import Network
internal import Platform

/// Makes a lockfile out of a declaration: git through libgit2, everything else through uv.
public struct LockResolver: Sendable {
  /// What a resolution came to.
  public struct Outcome: Sendable {
    /// The lockfile.
    public var lockfile: Lockfile
    /// What the user should know.
    public var warnings: [Diagnostic]
    /// The modules that could not be resolved, where others were all the same.
    public var heldBack: [HeldBack] = []
  }

  private let uv: Uv
  private var context: UvContext
  private let sources: any SourceProvider
  private let wheels: WheelCache
  private let wheelReading: any WheelReading
  private let references: any ReferenceReading
  private let archives: ArchiveCache
  private let announce: @Sendable (String) -> Void

  /// Wires the parts together. `announce` is told of each slow step, in a few words.
  public init(
    uv: Uv, context: UvContext, sources: any SourceProvider, wheelReading: any WheelReading,
    references: any ReferenceReading, announce: @escaping @Sendable (String) -> Void
  ) {
    self.uv = uv
    self.context = context
    self.sources = sources
    self.wheelReading = wheelReading
    self.references = references
    self.announce = announce
    let credentials = context.credentials
    archives = ArchiveCache(state: context.state, client: context.client) { try credentials.credentials(for: $0) }
    wheels = WheelCache(
      state: context.state, sources: sources, builder: { UvBuilder(uv: uv, context: context) }, announce: announce)
  }

  /// What builds wheels.
  public var builder: any Builder { UvBuilder(uv: uv, context: context) }

  /// What a resolution starts from.
  public struct Start: Sendable {
    /// The lockfile so far; what it says is preferred.
    public var previous: Lockfile?
    /// What may move all the same.
    public var upgrade: UpgradeScope
    /// Whether upgrades stay within the major version.
    public var isMinor: Bool
    /// What happens to others where a module cannot be resolved.
    public var onFailure: FailureHandling
    /// What is known to be wrong with modules by now: they are held back.
    public var refused: Failure?

    /// Gathers it.
    public init(
      previous: Lockfile?, upgrade: UpgradeScope = .none, isMinor: Bool = false, onFailure: FailureHandling = .fail,
      refused: Failure? = nil
    ) {
      self.previous = previous
      self.upgrade = upgrade
      self.isMinor = isMinor
      self.onFailure = onFailure
      self.refused = refused
    }
  }

  /// Resolves everything that an environment declares; with `keepOthers`, without the modules that cannot be resolved, which
  /// stay as they were locked.
  ///
  /// Throws what `SourceProvider`, `UvResolver` and `WheelCache` throw, `moduleUnresolved` and `gitTagMoved`.
  public func resolve(
    _ environment: DesiredEnvironment, interpreter: Interpreter, base: BaseEnvironment?, from start: Start
  ) async throws -> Outcome {
    let targets = try UpgradeTargets(start.upgrade, modules: environment.modules, previous: start.previous)
    var isolation = Isolation(environment, previous: start.previous)
    if let refused = start.refused {
      guard let held = isolation.holding(refused) else { throw refused }
      isolation = held
    }
    while true {
      do {
        var outcome = try await resolve(
          isolation.rest, interpreter: interpreter, base: base, start, targets: targets, held: isolation.pins)
        outcome.lockfile = try isolation.completed(outcome.lockfile)
        if let previous = start.previous { outcome.lockfile.keepUnknown(of: previous) }
        outcome.heldBack = isolation.heldBack
        return outcome
      } catch let failure as Failure {
        guard start.onFailure == .keepOthers, let held = isolation.holding(failure) else { throw failure }
        isolation = held
        announce("Holding back " + isolation.labels.sorted().joined(separator: ", "))
      }
    }
  }

  private func resolve(
    _ declared: DesiredEnvironment, interpreter: Interpreter, base: BaseEnvironment?, _ start: Start,
    targets: UpgradeTargets, held: [PackageName: String]
  ) async throws -> Outcome {
    let inputs = try ResolutionInputs(declared)
    var environment = declared
    // What is not meant for this interpreter takes nobody's place: the resolver would drop the distribution altogether.
    environment.overrides.removeAll { $0.requirement.marker?.evaluate(interpreter.markers) == false }
    let answers = try await ModuleAnswers.find(environment, interpreter: interpreter, base: base)
    let decided = environment.overrides.map(\.requirement.name) + (base?.distributions ?? []).map(\.name)
    let found = try await DirectModules(
      sources: sources, isOffline: context.client.isOffline, archives: archives, wheels: wheels,
      wheelReading: wheelReading, reading: references,
      interpreter: interpreter, policy: environment.policy, signatures: environment.signatures,
      rules: GitRules(environment), decided: Set(decided)
    ).resolve(answers, previous: start.previous, upgrade: targets)
    let byName = try DirectModules.byName(found)

    var parts = QuestionParts(
      environment: environment, answers: answers, direct: found, byName: byName, interpreter: interpreter, base: base)
    parts.preferences = start.previous?.distributions ?? []
    parts.upgrade = targets.scope
    parts.held = held
    if start.isMinor { parts.majors = try LockResolver.withinMajor(start.previous, of: environment) }
    let question = parts.question().question
    var resolver = UvResolver(uv: uv, context: context)
    // Whoever upgrades wants what is there now.
    resolver.context.asksAnew = start.upgrade != .none
    var bound: Set<PackageName> = []
    var disagreement: Agreement.Disagreement?
    while true {
      resolver.context.routes.bound = (bound, interpreter.minorVersion)
      let solved = question.requirements.isEmpty ? [] : try await solve(parts, with: resolver, after: disagreement)
      do {
        var outcome = try await assemble(
          environment, inputs: inputs, answers: answers, found: found, byName: byName, solved: solved,
          withoutDependencies: question.withoutDependencies, interpreter: interpreter, base: base, bound: bound)
        outcome.warnings += found.warnings
        return outcome
      } catch let crossed as PythonBound.Crossed {
        bound.formUnion(crossed.names)
      } catch let found as Agreement.Disagreement {
        // Each is told to the resolver once; what it cannot hold to is not for it to decide.
        guard !found.limits.isSubset(of: parts.limits) else { throw found.failure }
        parts.limits.formUnion(found.limits)
        disagreement = found
      }
    }
  }

  /// Solves, with what is declared in place of what packages of an index name by its place. What has no solution is explained,
  /// once every page was asked for: nothing fails for a page that is some minutes old.
  private func solve(
    _ parts: QuestionParts, with uv: UvResolver, after disagreement: Agreement.Disagreement?
  ) async throws -> [SolvedDistribution] {
    var resolver = uv
    func ask() async throws -> (answer: UvResolver.Answer, mayBeStale: Bool) {
      try await resolver.answering(base: parts.base) { (try await $0.answer(parts.question()), $0.mayBeStale) }
    }
    var asked = try await ask()
    if case .refused = asked.answer, asked.mayBeStale {
      resolver.context.asksAnew = true
      asked = try await ask()
    }
    switch asked.answer {
    case .solved(let solved): return solved
    case .refused(let failure, let words):
      if let parts = parts.avoiding,
        case .solved(let solved) = try await resolver.answering(
          base: parts.base,
          {
            try await $0.answer(parts.question())
          })
      {
        return solved
      }
      let blamed = Blame.assign(failure, to: parts.answers.askers(parts.direct))
      guard let words, let first = failure.diagnostics.first, !Blame.isLeftOut(first) else { throw blamed }
      // Who asks for what does not exist is told without a search; but not who brings it along.
      let isDirect = !Blame.names(in: words).isDisjoint(with: parts.byName.keys)
      guard first.code == .unsolvable || isDirect || blamed.diagnostics.first?.message == first.message else {
        throw blamed
      }
      announce("Finding out what cannot go together")
      let conflict: Conflict
      do {
        conflict = try await ConflictExplainer(uv: resolver, parts: parts, wheels: wheels, wheelReading: wheelReading)
          .explain(words)
      } catch is Failure {
        // What cannot be looked into is told in the resolver's words.
        throw blamed
      }
      throw disagreement?.explained(by: conflict) ?? Failure([conflict.diagnostic])
    }
  }

  /// Keeps what is locked within its major version, except what a module asks for in other words than before.
  private static func withinMajor(_ previous: Lockfile?, of environment: DesiredEnvironment) throws -> [PackageName:
    String]
  {
    var changed: Set<PackageName> = []
    let before = Dictionary((previous?.modules ?? []).map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    for module in environment.modules {
      guard let name = try module.resolvedRequirement()?.name else { continue }
      if try before[module.label]?.requirement != module.requirementText() { changed.insert(name) }
    }
    let limits = (previous?.distributions ?? []).compactMap { locked -> (PackageName, String)? in
      guard case .index = locked.source, !changed.contains(locked.name), let version = Version(locked.version) else {
        return nil
      }
      let epoch = version.epoch == 0 ? "" : "\(version.epoch)!"
      return (locked.name, "\(locked.name)>=\(version.publicPart),<\(epoch)\(version.major + 1)")
    }
    return Dictionary(limits, uniquingKeysWith: { first, _ in first })
  }

  // MARK: Putting it together

  private func assemble(
    _ environment: DesiredEnvironment, inputs: ResolutionInputs, answers: ModuleAnswers,
    found: DirectModules.Outcome, byName: [PackageName: DirectModule], solved: [SolvedDistribution],
    withoutDependencies: Set<PackageName>, interpreter: Interpreter, base: BaseEnvironment?, bound: Set<PackageName>
  ) async throws -> Outcome {
    // What the base has in that very version is taken from there; everything else is installed.
    let use = BaseUse(base, of: solved, built: Set(byName.keys))
    let installed = solved.filter { !use.taken.contains($0.name) }
    let complete = try await Hashes(
      client: context.client, credentials: context.credentials, wanted: context.routes.options.mapValues(\.hashes)
    ).filled(installed)
    func agreement(_ metadata: [PackageName: DistributionMetadata]) -> Agreement {
      let known = metadata.merging(byName.mapValues(\.metadata)) { _, direct in direct }
        .filter { !withoutDependencies.contains($0.key) }
      return Agreement(
        environment, answers: answers, found: found, solved: solved, metadata: known, markers: interpreter.markers,
        base: base, withoutDependencies: withoutDependencies)
    }
    let metadata: [PackageName: DistributionMetadata]
    do {
      metadata = try await DependencyReader(
        context: context, interpreter: interpreter, wheels: wheels, wheelReading: wheelReading,
        credentials: context.credentials
      ).metadata(of: complete.filter { byName[$0.name] == nil })
    } catch let unbuilt as DependencyReader.Unbuilt {
      throw agreement(unbuilt.others).blamed(for: unbuilt.failures)
    }
    try PythonBound.check(metadata, for: interpreter, bound: bound)
    try agreement(metadata).check()

    let extras = LockResolver.activeExtras(
      roots: answers.indexRequirements.map { ($0.requirement.name, $0.requirement.extras) }
        + byName.values.map { ($0.metadata.name, $0.extras) },
      metadata: { name in
        withoutDependencies.contains(name) ? nil : byName[name]?.metadata ?? metadata[name] ?? use[name]
      }, markers: interpreter.markers)
    let names = Set(complete.map(\.name))
    var asked: [PackageName: VersionSpecifiers] = [:]
    var distributions: [LockedDistribution] = []
    for entry in complete {
      let own = withoutDependencies.contains(entry.name) ? nil : byName[entry.name]?.metadata ?? metadata[entry.name]
      let dependencies = own?.dependencies(markers: interpreter.markers, extras: extras[entry.name] ?? []) ?? []
      for dependency in dependencies where use.taken.contains(dependency.name) {
        asked[dependency.name] = (asked[dependency.name] ?? .any).merged(with: dependency.specifiers)
      }
      distributions.append(
        LockedDistribution(
          name: entry.name, version: byName[entry.name]?.metadata.version.description ?? entry.version,
          source: byName[entry.name]?.pin ?? .index(url: entry.index, wheels: entry.wheels, sdist: entry.sdist),
          dependencies: Set(dependencies.map(\.name)).intersection(names).subtracting([entry.name]).sorted()))
    }
    for (requirement, _) in answers.indexRequirements where use.taken.contains(requirement.name) {
      asked[requirement.name] = (asked[requirement.name] ?? .any).merged(with: requirement.specifiers)
    }
    let overridden = Dictionary(
      environment.overrides.map { ($0.requirement.name, $0.requirement.specifiers) },
      uniquingKeysWith: { $0.merged(with: $1) })
    var lockfile = Lockfile(
      requiresPython: LockResolver.requiresPython(environment, interpreter), distributions: distributions,
      inputsDigest: inputs.digest, modules: answers.locked(direct: found.modules, taken: use.taken),
      baseNeeds: use.needs(
        asked: asked, overridden: overridden, installed: names, markers: interpreter.markers, extras: extras))
    lockfile.python = interpreter.minorVersion
    lockfile.platform = interpreter.platformName
    lockfile.environments = [interpreter.environmentMarker]
    return Outcome(lockfile: lockfile, warnings: answers.warnings)
  }

  private static func requiresPython(_ environment: DesiredEnvironment, _ interpreter: Interpreter) -> String {
    if let request = environment.python, let specifiers = InterpreterFinder.versionRequest(request) {
      return specifiers.description
    }
    return ">=\(interpreter.minorVersion)"
  }

  /// Which extras of each distribution are asked for, by modules or by other distributions.
  static func activeExtras(
    roots: [(PackageName, [PackageName])], metadata: (PackageName) -> DistributionMetadata?, markers: [String: String]
  ) -> [PackageName: Set<PackageName>] {
    var active: [PackageName: Set<PackageName>] = [:]
    var visited: Set<PackageName> = []
    var pending = roots
    while let (name, extras) = pending.popLast() {
      let before = active[name] ?? []
      let after = before.union(extras)
      guard !visited.contains(name) || after != before else { continue }
      visited.insert(name)
      active[name] = after
      for dependency in metadata(name)?.dependencies(markers: markers, extras: after) ?? [] {
        pending.append((dependency.name, dependency.extras))
      }
    }
    return active
  }
}
