public import Model

/// References that are another commit than was locked, and should not be: judged by `policy.rewinds`. Pure.
public struct MovedReferences: Sendable {
  /// What a reference was and is.
  public struct Move: Sendable, Equatable {
    /// The commit that is locked.
    public var locked: String
    /// The commit that it means now.
    public var now: String

    /// Takes two commits.
    public init(locked: String, now: String) {
      self.locked = locked
      self.now = now
    }
  }

  /// The rules.
  let policy: Policy

  /// Takes the rules.
  public init(policy: Policy) {
    self.policy = policy
  }

  /// Judges tags that moved while the locked commits are kept. Returns what is worth a warning.
  ///
  /// Throws `gitTagMoved` where that is forbidden, with the modules that ask for them.
  public func check(_ tags: [GitSource: Move], of modules: [Module]) throws -> [Diagnostic] {
    guard !tags.isEmpty else { return [] }
    var askers: [DirectSource: DirectRequest] = [:]
    for module in modules {
      guard let source = try module.resolvedRequirement()?.directSource else { continue }
      askers[source, default: DirectRequest(source: source, modules: [])].modules.append(module)
    }
    let found = tags.sorted { $0.key.description < $1.key.description }.compactMap { source, move in
      noticed(source, move, by: askers[.git(source)]?.upgradeName ?? "MODULE")
    }
    let denied = found.filter { $0.severity == .error }
    guard denied.isEmpty else { throw Blame.assign(Failure(denied), to: askers) }
    return found
  }

  /// A tag that moved, noticed in passing: nobody asked to move it, and the locked commit stays.
  func noticed(_ source: GitSource, _ move: Move, by name: String) -> Diagnostic? {
    let found = complaint(
      .gitTagMoved, policy.movedTags, "the tag \(source.requestedRevision ?? "") was moved since it was locked", source,
      move, by: name)
    guard var diagnostic = found else { return nil }
    if diagnostic.severity == .error {
      diagnostic.hint =
        "if that is intended, accept it by name: --upgrade \(name); --locked stays with the locked commit"
    } else {
      diagnostic.cause = (diagnostic.cause ?? "") + "\nthe locked commit is kept"
      diagnostic.hint = "look at what changed; accept it by name: --upgrade \(name)"
    }
    return diagnostic
  }

  /// A tag, or an abbreviated commit, that means another commit now. Nil where that is allowed.
  func moved(_ source: GitSource, locked pin: GitPin, now: String, by name: String) -> Diagnostic? {
    complaint(
      .gitTagMoved, policy.movedTags, message(source.requestedRevision, locked: pin), source,
      Move(locked: pin.commit, now: now), by: name)
  }

  /// A branch whose locked commit its history does not lead back to. Nil where that is allowed.
  func rewritten(_ source: GitSource, locked pin: GitPin, now: String, by name: String) -> Diagnostic? {
    complaint(
      .gitHistoryRewritten, policy.rewinds,
      "the history of \(source.requestedRevision ?? "HEAD") was rewritten since it was locked", source,
      Move(locked: pin.commit, now: now), by: name)
  }

  private func complaint(
    _ code: Diagnostic.Code, _ level: PolicyLevel, _ message: String, _ source: GitSource, _ move: Move,
    by name: String
  ) -> Diagnostic? {
    guard level != .allow else { return nil }
    let rule = policy.places[.rewinds].map { " at \($0)" } ?? ", by default"
    let reasons = [
      "it was \(move.locked.prefix(12)), it is \(move.now.prefix(12))",
      "the rule is `policy.rewinds: \(level.rawValue)`\(rule)",
    ]
    return Diagnostic(
      code, severity: level == .deny ? .error : .warning, message, at: .url(source.url.description),
      because: reasons.joined(separator: "\n"),
      hint: level == .deny
        ? "if that is intended, accept it by name: --upgrade \(name)"
        : "look at what changed before you go on, or refuse such changes with 'policy: {rewinds: deny}'")
  }

  private func message(_ reference: String?, locked pin: GitPin) -> String {
    guard let reference else { return "the repository's HEAD was moved since it was locked" }
    // What the locked commit's id begins with was no tag.
    guard pin.commit.hasPrefix(reference.lowercased()) else {
      return "the tag \(reference) was moved since it was locked"
    }
    return "the abbreviated commit \(reference) means another commit than when it was locked"
  }
}
