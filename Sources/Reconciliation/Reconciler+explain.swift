public import Model
internal import Resolution

extension Reconciler {
  /// What a module or a distribution of the lockfile is, and why.
  public enum Explained: Sendable {
    /// A distribution that is locked, or that the lockfile takes from the base.
    case distribution(Explanation)
    /// A module that no distribution answers for.
    case module(LockedModule)
    /// A module that was left out, since it could not be resolved and had never been locked; with why, as far as the last run said.
    case leftOut(label: String, because: String?)
  }

  /// Explains what is locked under a name: a module's, as `section.name` or alone, or a distribution's. Reads metadata and asks
  /// indexes; changes nothing.
  ///
  /// Throws `lockMissing`, `usage` for a name that is none, and what indexes say.
  public func explain(_ name: String, in lockfile: Lockfile) async throws -> [Explained] {
    let modules = lockfile.modules.filter { $0.label == name || $0.name == name }
    var names: [PackageName] = []
    var explained: [Explained] = []
    for module in modules {
      guard let distribution = module.distribution else {
        explained.append(.module(module))
        continue
      }
      if !names.contains(distribution) { names.append(distribution) }
    }
    if modules.isEmpty, let package = PackageName(name) { names.append(package) }
    let surroundings = Surroundings(services: services, environment: environment)
    for name in names {
      guard lockfile[name] != nil || lockfile.baseNeeds.contains(where: { $0.name == name }) else { continue }
      explained.append(.distribution(try await explanation(of: name, in: lockfile, surroundings)))
    }
    for label in lockfile.heldBack where label == name || label.split(separator: ".", maxSplits: 1).last ?? "" == name {
      guard !lockfile.modules.contains(where: { $0.label == label }) else { continue }
      explained.append(.leftOut(label: label, because: whyHeldBack(label)))
    }
    guard explained.isEmpty else { return explained }
    let known =
      lockfile.modules.map(\.label) + lockfile.distributions.map(\.name.text) + lockfile.baseNeeds.map(\.name.text)
    throw Failure(
      .usage, "the lockfile of \(environment.name) has no module and no distribution '\(name)'",
      at: .path(environment.lockfile),
      hint: nearest(to: name, among: known).map { "did you mean '\($0)'?" } ?? "what it has is in: pinion status")
  }

  /// What the last run said of a module that it held back; nil where it said nothing.
  private func whyHeldBack(_ label: String) -> String? {
    let status = try? StatusFile.read(environment.name, state: services.state)
    let message = status?.modules.first { $0.module == label }?.conditions.first?.message ?? ""
    return message.isEmpty ? nil : message
  }

  /// What is to be known before what is locked is explained.
  private func remarks(on lockfile: Lockfile, heldBack: [String]) throws -> [String] {
    let fits = try ResolutionInputs(environment).digest(holdingBack: lockfile.heldBack) == lockfile.inputsDigest
    let stale =
      fits
      ? [] : ["the lockfile does not fit the manifest any more (pinion lock --check): this is about what is locked"]
    return stale
      + heldBack.map {
        "\($0) is held back: as it is declared it could not be resolved, so it stays as it was locked"
          + (whyHeldBack($0).map { " (\($0))" } ?? "")
      }
  }

  private func nearest(to name: String, among known: [String]) -> String? {
    known.map { (word: $0, distance: EditDistance.between(name.lowercased(), $0.lowercased())) }
      .filter { $0.distance <= 2 }.min { $0.distance < $1.distance }?.word
  }

  private func explanation(
    of name: PackageName, in lockfile: Lockfile, _ surroundings: Surroundings
  ) async throws -> Explanation {
    let places = Dictionary(
      environment.modules.map { ($0.label, $0.location) }, uniquingKeysWith: { first, _ in first })
    let (interpreter, base) = try await surroundings.forLock()
    let explainer = try await services.explainer(for: environment, interpreter: interpreter)
    let needs = try await explainer.needs(of: name, in: lockfile) { locked in
      try await metadata(of: locked, in: lockfile, for: interpreter)
    }
    var limits = lockedLimits(on: name, in: lockfile) + needs.map(\.limit)
    let ways = Self.ways(to: name, in: lockfile, by: needs.map(\.asker))
    let askers = ways.map { module, path in
      Explanation.Asker(
        label: module.label, location: places[module.label], requirement: module.requirement, path: path)
    }
    let heldBack = ways.map(\.module.label).filter(lockfile.heldBack.contains).sorted()
    let remarks = try remarks(on: lockfile, heldBack: heldBack)
    limits += environment.constraints.filter { $0.requirement.name == name }.map {
      Explanation.Limit(source: "spec.constraints (\($0.location))", specifiers: $0.requirement.specifiers)
    }
    // An override takes the place of all others.
    let overrides = environment.overrides.filter { $0.requirement.name == name }
    if !overrides.isEmpty {
      limits = overrides.map {
        Explanation.Limit(source: "spec.overrides (\($0.location))", specifiers: $0.requirement.specifiers)
      }
    }
    guard let locked = lockfile[name] else {
      let version = lockfile.baseNeeds.first { $0.name == name }?.version ?? ""
      var explanation = Explanation(
        name: name, version: version, origin: "the base environment", askers: askers, limits: limits, candidates: [],
        fixedBecause: "the base has it, and what the base has is not changed")
      explanation.remarks = remarks
      return explanation
    }
    let (origin, fixed) = Self.origin(of: locked)
    let options = try environment.entryOptions()[name]
    let candidates =
      fixed == nil
      ? try await explainer.candidates(
        for: name, limits: limits, allowsPrereleases: options?.allowsPrereleases ?? false) : []
    var explanation = Explanation(
      name: name, version: locked.version, origin: origin, askers: askers, limits: limits, candidates: candidates,
      fixedBecause: fixed)
    let own = Version(locked.version)
    let remark = candidates.first { $0.version == own }?.remark
    explanation.remarks = remarks + (remark.map { ["\(locked.version): \($0)"] } ?? [])
    if !heldBack.isEmpty, fixed == nil {
      explanation.fixedBecause =
        "it stays as it was locked, since \(heldBack.joined(separator: ", ")) needs it and is held back"
    }
    if let newest = explanation.possible.first, let own, newest > own, !(options?.ignoresDependencies ?? false) {
      explanation.unmet = try await explainer.unmet(
        by: lockfile, of: name, newest,
        overrides: Dictionary(
          environment.overrides.map { ($0.requirement.name, $0.requirement.specifiers) },
          uniquingKeysWith: { $0.merged(with: $1) }),
        base: Set(base?.distributions.map(\.name) ?? []))
    }
    return explanation
  }

  /// What modules ask of its version by themselves, as they are locked: that may be older than what is declared.
  private func lockedLimits(on name: PackageName, in lockfile: Lockfile) -> [Explanation.Limit] {
    let declared = Dictionary(environment.modules.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    return lockfile.modules.compactMap { module in
      guard module.distribution == name, let text = module.requirement,
        let requirement = try? RequirementParser.parse(text), requirement.url == nil
      else { return nil }
      let source = declared[module.label].map { entry in
        let isSame = (try? entry.requirementText()) ?? nil == text
        return "\(module.label) (\(isSame ? "" : "as it is locked; declared at ")\(entry.location))"
      }
      return Explanation.Limit(
        source: source ?? "\(module.label), as it is locked", specifiers: requirement.specifiers)
    }
  }

  /// The ways from modules to a distribution. A lockfile does not say which distributions need what the base has: these are
  /// `askers`, as their metadata has it.
  private static func ways(
    to name: PackageName, in lockfile: Lockfile, by askers: [PackageName]
  ) -> [(module: LockedModule, path: [PackageName])] {
    var ways = lockfile.ways(to: name)
    guard lockfile[name] == nil else { return ways }
    let others = askers.flatMap { asker in lockfile.ways(to: asker).map { ($0.module, $0.path + [asker]) } }
    for (module, path) in others.sorted(by: { $0.1.count < $1.1.count })
    where !ways.contains(where: { $0.module.label == module.label }) {
      ways.append((module, path))
    }
    return ways.sorted { ($0.path.count, $0.module.label) < ($1.path.count, $1.module.label) }
  }

  /// Where it comes from, and, where no version was to choose, why.
  private static func origin(of locked: LockedDistribution) -> (origin: String, fixed: String?) {
    switch locked.source {
    case .index(let url, _, _): return (url.isEmpty ? "a page of --find-links" : url, nil)
    case .git(let pin):
      return (
        "git+\(pin.url)@\(pin.requestedRevision ?? "HEAD"), commit \(pin.commit)"
          + (pin.subdirectory.map { ", directory \($0)" } ?? ""),
        "its version is that of its commit"
      )
    case .archive(let pin): return (pin.url, "its version is that of the archive")
    case .directory(let pin): return (pin.path, "its version is that of the directory")
    }
  }

  /// The metadata of what comes from no index: out of its wheel, which the lock has built. Nil where the manifest, moved on, has no
  /// way to its repository any more.
  private func metadata(
    of locked: LockedDistribution, in lockfile: Lockfile, for interpreter: Interpreter
  ) async throws -> DistributionMetadata? {
    let wheels = services.wheelCache(for: environment, interpreter: interpreter)
    let path: String
    switch locked.source {
    case .git(let pin):
      guard let source = try declaredSource(of: pin, in: lockfile) else { return nil }
      path = try await wheels.wheel(of: source, commit: pin.commit, for: interpreter)
    case .directory(let pin): path = try await wheels.wheel(of: pin, for: interpreter)
    case .archive(let pin):
      let credentials = try await services.credentials(of: environment, interpreter: interpreter)
      let archives = ArchiveCache(state: services.state, client: services.client) {
        try credentials.credentials(for: $0)
      }
      path =
        pin.isWheel
        ? try await archives.archive(pin)
        : try await wheels.wheel(of: pin, for: interpreter) { try await archives.archive(pin) }
    case .index: return nil
    }
    return DistributionMetadata(try services.wheelReading.metadata(ofWheel: path))
  }

  /// The source of a locked commit; nil where nothing declares it any more.
  private func declaredSource(of pin: GitPin, in lockfile: Lockfile) throws -> GitSource? {
    do {
      return try environment.gitSource(of: pin, in: lockfile, reading: services.references)
    } catch {
      guard error.diagnostics.first?.code == .lockStale else { throw error }
      return nil
    }
  }
}
