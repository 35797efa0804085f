internal import Model

extension DesiredEnvironment {
  /// The source of a locked commit, with its credentials: the lockfile has none. Where no module declares it, and a distribution
  /// brings it along, it is asked for by the rules of the environment.
  ///
  /// Throws `lockStale` where neither is so.
  func gitSource(
    of pin: GitPin, in lockfile: Lockfile, reading: any ReferenceReading
  ) throws(Failure) -> GitSource {
    for module in modules {
      guard case .git(let requirement)? = try module.resolvedRequirement() else { continue }
      let source = requirement.source
      if source.repository == pin.repository, source.subdirectory == pin.subdirectory,
        source.requestedRevision == pin.requestedRevision
      {
        return source
      }
    }
    let isBrought = lockfile.distributions.contains { $0.source == .git(pin) && lockfile.isBrought($0) }
    let text = "git+\(pin.url)" + (pin.requestedRevision.map { "@\($0)" } ?? "")
    guard isBrought, case .git(var source)? = try? reading.source(of: text) else {
      throw Failure(
        .lockStale, "no module declares the repository that the lockfile names", at: .url(pin.url),
        hint: "lock again: pinion lock")
    }
    let rules = GitRules(self)
    let ruled = rules.source(at: source.url)
    (source.credential, source.tls, source.rules) = (ruled.credential, ruled.tls, rules)
    source.subdirectory = pin.subdirectory
    return source
  }

  /// Holds the submodules of every commit of a lockfile against the rules on sources, also of those whose wheels were built before
  /// there was one. Throws what `SourceProvider.checkSubmodules` throws.
  func checkSubmodules(
    _ lockfile: Lockfile, asking sources: any SourceProvider, reading: any ReferenceReading
  ) throws {
    guard !policy.sources.layers.isEmpty else { return }
    for case .git(let pin) in lockfile.distributions.map(\.source) {
      try sources.checkSubmodules(of: pin.commit, in: try gitSource(of: pin, in: lockfile, reading: reading))
    }
  }

  /// Holds every commit of a lockfile against the rule on signatures, also those whose wheels were built before there was one.
  ///
  /// Throws what `SourceProvider.checkSignature` throws.
  func checkSignatures(_ lockfile: Lockfile, asking sources: any SourceProvider, reading: any ReferenceReading)
    async throws
  {
    guard signatures.mode != .none else { return }
    for case .git(let pin) in lockfile.distributions.map(\.source) {
      try await sources.checkSignature(
        of: pin.commit, in: try gitSource(of: pin, in: lockfile, reading: reading), against: signatures)
    }
  }
}
