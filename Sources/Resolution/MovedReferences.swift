internal import Model

/// References that are another commit than was locked, and should not be: judged by `policy.rewinds`. Pure.
struct MovedReferences {
  /// The rules.
  let policy: Policy

  /// A tag, or an abbreviated commit, that means another commit now. Nil where that is allowed.
  func moved(_ source: GitSource, locked pin: GitPin, now: String, by name: String) -> Diagnostic? {
    complaint(
      .gitTagMoved, policy.movedTags, message(source.requestedRevision, locked: pin), source, locked: pin.commit,
      now: now, by: name)
  }

  /// A branch whose locked commit its history does not lead back to. Nil where that is allowed.
  func rewritten(_ source: GitSource, locked pin: GitPin, now: String, by name: String) -> Diagnostic? {
    complaint(
      .gitHistoryRewritten, policy.rewinds,
      "the history of \(source.requestedRevision ?? "HEAD") was rewritten since it was locked", source,
      locked: pin.commit,
      now: now, by: name)
  }

  private func complaint(
    _ code: Diagnostic.Code, _ level: PolicyLevel, _ message: String, _ source: GitSource, locked: String, now: String,
    by name: String
  ) -> Diagnostic? {
    guard level != .allow else { return nil }
    let rule = policy.places[.rewinds].map { " at \($0)" } ?? ", by default"
    let reasons = [
      "it was \(locked.prefix(12)), it is \(now.prefix(12))", "the rule is `policy.rewinds: \(level.rawValue)`\(rule)",
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
