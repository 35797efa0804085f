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
    // A tag or commit that is locked stays, and its server is not asked, unless an upgrade says so. That a tag moved is noticed
    // where the server is asked for something else.
    var resolved: [GitSource: ResolvedReference] = [:]
    var asked: [GitSource] = []
    var kept: [GitSource] = []
    for (source, request) in git {
      let isFixed = request.isBrought && request.bringers.isSubset(of: settled)
      if let pin = pins.pin(of: source), isFixed || isOffline || !pin.isFollowed, !request.isAsked(by: upgrade) {
        resolved[source] = ResolvedReference(commit: pin.commit, isFollowed: pin.isFollowed)
        if pin.isTag { kept.append(source) }
      } else {
        asked.append(source)
      }
    }
    let answers = asked.isEmpty ? [:] : try await sources.commits(for: asked, noticing: kept)
    resolved.merge(answers) { locked, _ in locked }
    let rules = MovedReferences(policy: policy)
    var moved: [Diagnostic] = []
    git.sort { $0.source.description < $1.source.description }
    for (source, request) in git where kept.contains(source) {
      guard let pin = pins.pin(of: source), let now = answers[source], !now.isFollowed, now.commit != pin.commit else {
        continue
      }
      let move = MovedReferences.Move(locked: pin.commit, now: now.commit)
      moved += [rules.noticed(source, move, by: request.upgradeName)].compactMap(\.self)
    }
    for (source, request) in git {
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
