internal import Model

extension DirectModules {
  /// The commit of every repository that is asked for, and what is worth a warning about it.
  ///
  /// `settled` are the distributions that are what they were when they were locked: what these bring along stays as well.
  /// Throws what servers say, `gitTagMoved` and `gitHistoryRewritten`.
  func references(
    _ requests: [DirectRequest], pins: DirectPins, upgrade: UpgradeTargets, settled: Set<PackageName> = []
  ) async throws -> (references: [GitSource: ResolvedReference], warnings: [Diagnostic]) {
    var git: [(source: GitSource, request: DirectRequest)] = []
    for request in requests { if case .git(let source) = request.source { git.append((source, request)) } }
    // A tag or commit that is locked stays, and its server is not asked, unless an upgrade says so.
    var resolved: [GitSource: ResolvedReference] = [:]
    var asked: [GitSource] = []
    for (source, request) in git {
      let isFixed = request.isBrought && request.bringers.isSubset(of: settled)
      if let pin = pins.pin(of: source), isFixed || !pin.isFollowed, !request.isAsked(by: upgrade) {
        resolved[source] = ResolvedReference(commit: pin.commit, isFollowed: pin.isFollowed)
      } else {
        asked.append(source)
      }
    }
    if !asked.isEmpty { resolved.merge(try await sources.commits(for: asked)) { $1 } }
    let rules = MovedReferences(policy: policy)
    var moved: [Diagnostic] = []
    for (source, request) in git.sorted(by: { $0.source.description < $1.source.description }) {
      guard let pin = pins.pin(of: source), let now = resolved[source], now.commit != pin.commit,
        pin.isFollowed == now.isFollowed, !request.accepts(upgrade)
      else { continue }
      let name = request.upgradeName
      if !pin.isFollowed {
        moved += [rules.moved(source, locked: pin, now: now.commit, by: name)].compactMap(\.self)
      } else if source.range == nil, policy.rewinds != .allow,
        try await !sources.isAncestor(pin.commit, of: now.commit, in: source)
      {
        moved += [rules.rewritten(source, locked: pin, now: now.commit, by: name)].compactMap(\.self)
      }
    }
    let denied = moved.filter { $0.severity == .error }
    guard denied.isEmpty else { throw Failure(denied) }
    return (resolved, moved)
  }
}
