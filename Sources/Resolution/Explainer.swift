public import Model
internal import Network

/// Finds out what narrows a distribution's versions, and which there are: by the metadata of those that need it, and the pages of
/// the indexes.
public struct Explainer: Sendable {
  private let context: UvContext
  private let wheels: WheelCache
  private let wheelReading: any WheelReading
  private let interpreter: Interpreter

  /// Wires the parts together.
  public init(
    context: UvContext, wheels: WheelCache, wheelReading: any WheelReading, interpreter: Interpreter
  ) {
    self.context = context
    self.wheels = wheels
    self.wheelReading = wheelReading
    self.interpreter = interpreter
  }

  /// What each locked distribution that needs the name asks of its version. Those whose metadata cannot be read without a build
  /// are handed to `direct`.
  ///
  /// Throws what reading metadata throws.
  public func limits(
    on name: PackageName, in lockfile: Lockfile,
    direct: (LockedDistribution) async throws -> DistributionMetadata?
  ) async throws -> [Explanation.Limit] {
    let needing = lockfile.distributions.filter { $0.dependencies.contains(name) }
    let solved = needing.compactMap { locked -> SolvedDistribution? in
      guard case .index(let url, let wheels, let sdist) = locked.source else { return nil }
      return SolvedDistribution(name: locked.name, version: locked.version, index: url, wheels: wheels, sdist: sdist)
    }
    var metadata = try await DependencyReader(
      context: context, interpreter: interpreter, wheels: wheels, wheelReading: wheelReading,
      credentials: context.credentials
    ).metadata(of: solved)
    for locked in needing where metadata[locked.name] == nil { metadata[locked.name] = try await direct(locked) }
    return needing.map { locked in
      // Which of its extras are asked for does not matter here: what names it, names it.
      let asked = (metadata[locked.name]?.requiresDist ?? []).filter { requirement in
        requirement.name == name
          && (requirement.marker?.evaluate(interpreter.markers, extras: Set(metadata[locked.name]?.providesExtra ?? []))
            ?? true)
      }
      let specifiers = asked.reduce(VersionSpecifiers.any) { $0.merged(with: $1.specifiers) }
      return Explanation.Limit(source: "\(locked.name) \(locked.version)", specifiers: specifiers)
    }
  }

  /// The versions that indexes have, held against limits, policy, interpreter and platform; the newest first.
  ///
  /// Throws what the indexes say.
  public func candidates(
    for name: PackageName, limits: [Explanation.Limit], allowsPrereleases: Bool
  ) async throws -> [Explanation.Candidate] {
    var routes = context.routes
    // What policy leaves out is told of, and not left out.
    (routes.newest, routes.allowsBuilds) = (nil, true)
    let pages = UpstreamPages(routes: routes, credentials: context.credentials, client: context.client)
    let page: SimplePage
    do {
      switch try await pages.page(of: name) {
      case .document(let sent)?: page = try pages.read(sent.document(), of: name, at: sent.url)
      case .page(let read)?: page = read
      case nil: return []
      }
    } catch is UpstreamPages.GaveUp { throw Failure(pages.complaints) }
    let filter = context.routes.route(of: name).filter
    let ranking = WheelTags.Ranking(interpreter.tags)
    var files: [Version: [SimplePage.File]] = [:]
    for file in page.files {
      guard let version = WheelName(file.filename)?.version ?? SimplePage.sdistVersion(file.filename, of: name) else {
        continue
      }
      files[version, default: []].append(file)
    }
    return Explanation.candidates(
      Array(files.keys), limits: limits, allowsPrereleases: allowsPrereleases
    ) { version in objections(to: files[version] ?? [], filter, ranking) }
  }

  /// Why none of a version's files will do; empty where one does.
  private func objections(to files: [SimplePage.File], _ filter: FileFilter, _ ranking: WheelTags.Ranking) -> [String] {
    let reasons = files.map { file -> String? in
      if let refusal = filter.refusal(of: file) { return refusal }
      if file.isYanked { return "it was yanked" }
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
