internal import Model

extension DesiredEnvironment {
  /// The declared source of a locked commit, with its credentials: the lockfile has none.
  ///
  /// Throws `lockStale` where no module declares it.
  func gitSource(of pin: GitPin) throws(Failure) -> GitSource {
    for module in modules {
      guard case .git(let requirement)? = try module.resolvedRequirement() else { continue }
      let source = requirement.source
      if source.url.description == pin.repository, source.subdirectory == pin.subdirectory,
        source.requestedRevision == pin.requestedRevision
      {
        return source
      }
    }
    throw Failure(
      .lockStale, "no module declares the repository that the lockfile names", at: .url(pin.url),
      hint: "lock again: pinion lock")
  }

  /// Holds the submodules of every commit of a lockfile against the rules on sources, also of those whose wheels were built before
  /// there was one. Throws what `SourceProvider.checkSubmodules` throws.
  func checkSubmodules(_ lockfile: Lockfile, asking sources: any SourceProvider) throws {
    guard !policy.sources.layers.isEmpty else { return }
    for case .git(let pin) in lockfile.distributions.map(\.source) {
      try sources.checkSubmodules(of: pin.commit, in: try gitSource(of: pin))
    }
  }

  /// Holds every commit of a lockfile against the rule on signatures, also those whose wheels were built before there was one.
  ///
  /// Throws what `SourceProvider.checkSignature` throws.
  func checkSignatures(_ lockfile: Lockfile, asking sources: any SourceProvider) async throws {
    guard signatures.mode != .none else { return }
    for case .git(let pin) in lockfile.distributions.map(\.source) {
      try await sources.checkSignature(of: pin.commit, in: try gitSource(of: pin), against: signatures)
    }
  }
}
