public import Model

/// Finds out what narrows a distribution's versions, and which there are: by the metadata of those that need it, and the pages of
/// the indexes.
public struct Explainer: Sendable {
  let context: UvContext
  private let wheels: WheelCache
  private let wheelReading: any WheelReading
  let interpreter: Interpreter

  /// Wires the parts together.
  public init(
    context: UvContext, wheels: WheelCache, wheelReading: any WheelReading, interpreter: Interpreter
  ) {
    self.context = context
    self.wheels = wheels
    self.wheelReading = wheelReading
    self.interpreter = interpreter
  }

  /// What a locked distribution asks of another's version.
  public struct Need: Sendable {
    /// Who asks.
    public var asker: PackageName
    /// What it asks.
    public var limit: Explanation.Limit
  }

  /// What each locked distribution that needs the name asks of its version. Those whose metadata cannot be read without a build
  /// are handed to `direct`, which gives nothing where they cannot be had at all.
  ///
  /// A lockfile does not say who needs what the base has: for that, all are read. Throws what reading metadata throws.
  public func needs(
    of name: PackageName, in lockfile: Lockfile,
    direct: (LockedDistribution) async throws -> DistributionMetadata?
  ) async throws -> [Need] {
    let isLocked = lockfile[name] != nil
    let needing = lockfile.distributions.filter { !isLocked || $0.dependencies.contains(name) }
    let solved = needing.compactMap { locked -> SolvedDistribution? in
      guard case .index(let url, let wheels, let sdist) = locked.source else { return nil }
      return SolvedDistribution(name: locked.name, version: locked.version, index: url, wheels: wheels, sdist: sdist)
    }
    var metadata = try await DependencyReader(
      context: context, interpreter: interpreter, wheels: wheels, wheelReading: wheelReading,
      credentials: context.credentials
    ).metadata(of: solved)
    for locked in needing where metadata[locked.name] == nil { metadata[locked.name] = try await direct(locked) }
    let asked = isLocked ? [:] : Self.extras(in: lockfile, metadata)
    return needing.compactMap { locked in
      // Of what is locked: which extras are asked for does not matter, what names it, names it.
      let extras = isLocked ? Set(metadata[locked.name]?.providesExtra ?? []) : asked[locked.name] ?? []
      let needs = (metadata[locked.name]?.dependencies(markers: interpreter.markers, extras: extras) ?? []).filter {
        $0.name == name
      }
      guard isLocked || !needs.isEmpty else { return nil }
      let specifiers = needs.reduce(VersionSpecifiers.any) { $0.merged(with: $1.specifiers) }
      let unknown = metadata[locked.name] == nil ? ", whose requirements are not known any more" : ""
      return Need(
        asker: locked.name,
        limit: Explanation.Limit(source: "\(locked.name) \(locked.version)\(unknown)", specifiers: specifiers))
    }
  }

  /// The extras that somebody names of each distribution.
  private static func extras(
    in lockfile: Lockfile, _ metadata: [PackageName: DistributionMetadata]
  ) -> [PackageName: Set<PackageName>] {
    let declared = lockfile.modules.compactMap { $0.requirement.flatMap { try? RequirementParser.parse($0) } }
    var extras: [PackageName: Set<PackageName>] = [:]
    for requirement in declared + metadata.values.flatMap(\.requiresDist) {
      extras[requirement.name, default: []].formUnion(requirement.extras)
    }
    return extras
  }

  /// The versions that indexes have, held against limits, policy, interpreter and platform; the newest first. What was yanked is
  /// taken where it is named exactly, and only there (PEP 592).
  ///
  /// Throws what the indexes say.
  public func candidates(
    for name: PackageName, limits: [Explanation.Limit], allowsPrereleases: Bool
  ) async throws -> [Explanation.Candidate] {
    guard let page = try await page(of: name) else { return [] }
    let filter = context.routes.route(of: name).filter
    let ranking = WheelTags.Ranking(interpreter.tags)
    var files: [Version: [SimplePage.File]] = [:]
    for file in page.files {
      guard let version = WheelName(file.filename)?.version ?? SimplePage.sdistVersion(file.filename, of: name) else {
        continue
      }
      files[version, default: []].append(file)
    }
    var remarks: [Version: String] = [:]
    let found = Explanation.candidates(
      Array(files.keys), limits: limits, allowsPrereleases: allowsPrereleases
    ) { version in
      let own = files[version] ?? []
      let objections = objections(to: own, filter, ranking)
      let naming = limits.filter { $0.specifiers.list.contains { $0.names(version) } }.map(\.source)
      guard !objections.isEmpty, !naming.isEmpty else { return objections }
      let others = self.objections(to: own, filter, ranking, acceptsYanked: true)
      if others.isEmpty { remarks[version] = "it was yanked, and is taken since \(naming[0]) names it exactly" }
      return others
    }
    return found.map { candidate in
      var candidate = candidate
      candidate.remark = remarks[candidate.version]
      return candidate
    }
  }

  /// Why none of a version's files will do; empty where one does.
  private func objections(
    to files: [SimplePage.File], _ filter: FileFilter, _ ranking: WheelTags.Ranking, acceptsYanked: Bool = false
  ) -> [String] {
    let reasons = files.map { file -> String? in
      if let refusal = filter.refusal(of: file) { return refusal }
      if file.isYanked, !acceptsYanked { return "it was yanked" }
      if let text = file.requiresPython, let wanted = VersionSpecifiers(text), let own = Version(interpreter.version),
        !wanted.contains(own, allowPrereleases: true)
      {
        return "it asks for Python \(text)"
      }
      guard let wheel = WheelName(file.filename) else { return nil }
      return ranking.best(among: [wheel]) == nil ? "it has no wheel for this platform" : nil
    }
    guard !reasons.contains(nil) else { return [] }
    return Array(Set(reasons.compactMap(\.self))).sorted()
  }
}

extension SimplePage.File {
  /// Whether its publisher withdrew it (PEP 592).
  fileprivate var isYanked: Bool {
    switch yanked {
    case .bool(let isYanked)?: isYanked
    case .text?: true
    case .hashes?, nil: false
    }
  }
}
