internal import GitWire
internal import Model

/// Puts into words that a commit is not signed as the rule asks. Pure.
struct SignatureComplaints {
  /// What was looked at, and what came of it.
  struct Finding: Equatable {
    /// The tag's full name; nil for the commit.
    var tag: String?
    /// What came of it.
    var verdict: SignatureCheck.Verdict
  }

  /// Where the commit comes from.
  let source: GitSource
  /// The commit's full id.
  let commit: String
  /// What is asked for.
  let rule: SignatureRule

  /// The failure behind findings of which none is good.
  func failure(_ findings: [Finding]) -> Failure {
    let short = commit.prefix(12)
    let message =
      switch rule.mode {
      case .tag where findings.isEmpty: "no tag leads to the commit \(short), and the rule asks for a signed one"
      case .tag: "no tag that leads to the commit \(short) is signed by a trusted key"
      case .commit, .none: "the commit \(short) is not signed by a trusted key"
      }
    let reasons = findings.prefix(3).map { finding in
      (finding.tag.map { "\($0): " } ?? "") + reason(finding.verdict)
    }
    let more = findings.count > 3 ? ["and \(findings.count - 3) more"] : []
    return Failure(
      .signatureInvalid, message, at: .url(source.url.description),
      because: (reasons + more + [ruleText]).joined(separator: "\n"), hint: hint)
  }

  private var ruleText: String {
    "the rule is `git.verify: \(rule.mode.rawValue)`" + (rule.location.map { " at \($0)" } ?? "") + ", with the keys "
      + rule.keys.map(\.name).joined(separator: ", ")
  }

  private var hint: String {
    rule.mode == .tag
      ? "have the tag signed: git tag -s; if it was signed with another key, add that key to `git.verify.keys`"
      : "have the commit signed: git commit -S; if it was signed with another key, add that key to `git.verify.keys`"
  }

  private func reason(_ verdict: SignatureCheck.Verdict) -> String {
    switch verdict {
    case .good: "it is signed"
    case .bad(let words): "its signature is not good: \(words)"
    case .missing: "it has no signature"
    case .unknownForm: "its signature is neither of SSH nor of OpenPGP, and is not checked"
    case .noKey(.ssh): "it is signed with an SSH key, and the rule names none"
    case .noKey: "it is signed with an OpenPGP key, and the rule names none"
    }
  }
}
