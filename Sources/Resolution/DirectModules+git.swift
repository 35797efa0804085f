internal import Model

extension DirectModules {
  /// The commit of every repository that is asked for, and what is worth a warning about it.
  ///
  /// Throws what servers say, `gitTagMoved` and `gitHistoryRewritten`.
  func references(
    _ requirements: [DirectSource: [Module]], pins: DirectPins, upgrade: UpgradeTargets
  ) async throws -> (references: [GitSource: ResolvedReference], warnings: [Diagnostic]) {
    var git: [GitSource: [Module]] = [:]
    for case (.git(let source), let modules) in requirements { git[source] = modules }
    // A tag or commit that is locked stays, and its server is not asked, unless an upgrade says so. That a tag moved is noticed
    // where the server is asked for something else.
    var resolved: [GitSource: ResolvedReference] = [:]
    var asked: [GitSource] = []
    var kept: [GitSource] = []
    for (source, modules) in git {
      if let pin = pins.pin(of: source), !pin.isFollowed, upgrade.scope != .all, !upgrade.names(modules) {
        resolved[source] = ResolvedReference(commit: pin.commit, isFollowed: false)
        if pin.isTag { kept.append(source) }
      } else {
        asked.append(source)
      }
    }
    let answers = asked.isEmpty ? [:] : try await sources.commits(for: asked, noticing: kept)
    resolved.merge(answers) { locked, _ in locked }
    let rules = MovedReferences(policy: policy)
    var moved: [Diagnostic] = []
    for source in kept.sorted(by: { $0.description < $1.description }) {
      guard let pin = pins.pin(of: source), let now = answers[source], !now.isFollowed, now.commit != pin.commit else {
        continue
      }
      let move = MovedReferences.Move(locked: pin.commit, now: now.commit)
      moved += [rules.noticed(source, move, by: git[source]?.first)].compactMap(\.self)
    }
    for (source, modules) in git.sorted(by: { $0.key.description < $1.key.description }) {
      guard let pin = pins.pin(of: source), let now = resolved[source], now.commit != pin.commit,
        pin.isFollowed == now.isFollowed, !upgrade.names(modules)
      else { continue }
      if !pin.isFollowed {
        moved += [rules.moved(source, locked: pin, now: now.commit, by: modules.first)].compactMap(\.self)
      } else if source.range == nil, policy.rewinds != .allow,
        try await !sources.isAncestor(pin.commit, of: now.commit, in: source)
      {
        moved += [rules.rewritten(source, locked: pin, now: now.commit, by: modules.first)].compactMap(\.self)
      }
    }
    let denied = moved.filter { $0.severity == .error }
    guard denied.isEmpty else { throw Failure(denied) }
    return (resolved, moved)
  }
}
