internal import GitWire
public import Model
internal import Platform

extension GitClient {
  /// Whether the history of a commit leads back to another. Fetches when the mirror lacks the commit.
  ///
  /// A commit that the mirror does not have leads nowhere: histories are fetched whole. Throws as `export` does.
  public func isAncestor(_ ancestor: String, of commit: String, in source: GitSource) async throws -> Bool {
    try await withMirror(of: Repository(source)) { mirror in
      try await provide(commit, of: source, in: mirror)
      let question = GitOperation.isAncestor(mirror: mirror.path, ancestor: ancestor, commit: commit)
      guard case .ancestry(let answer) = try await helper.perform(question) else {
        throw unexpectedAnswer(source.url)
      }
      return answer
    }
  }

  /// Holds a commit against the rule on signatures, once: what was found to be good is remembered beside the mirrors.
  ///
  /// Throws `signatureInvalid` where the rule is not kept, `io` for a key or a program that is not there, and as `export` does.
  public func checkSignature(of commit: String, in source: GitSource, against rule: SignatureRule) async throws {
    guard rule.mode != .none else { return }
    let keys = try SignatureCheck.keys(of: rule)
    let proof = proof(commit, source, rule, keys)
    guard !Files.exists(proof) else { return }
    let check = SignatureCheck(searchPath: searchPath, staging: "\(mirrors.parentPath)/staging")
    let complaints = SignatureComplaints(source: source, commit: commit, rule: rule)
    try await withMirror(of: Repository(source)) { mirror in
      try await provide(commit, of: source, in: mirror)
      var isFresh = false
      while true {
        let found = try await signatures(of: commit, in: mirror, of: source, rule)
        let verdicts = try await verdicts(on: found, check, keys)
        if verdicts.contains(where: { $0.verdict == .good }) { return }
        // A tag may have come after the commit.
        guard rule.mode == .tag, !isFresh else { throw complaints.failure(verdicts) }
        isFresh = true
        try await fetch(commit, of: Repository(source), into: mirror)
      }
    }
    try Files.makeDirectory(proof.parentPath)
    try Files.replace(proof, with: [])
  }

  /// The commit itself, or the tags that count: the one that was asked for, else all that lead to the commit.
  private func signatures(
    of commit: String, in mirror: MirrorDirectory, of source: GitSource, _ rule: SignatureRule
  ) async throws -> [GitSignature] {
    let question = GitOperation.signatures(mirror: mirror.path, commit: commit, areTags: rule.mode == .tag)
    guard case .signatures(let found) = try await helper.perform(question) else { throw unexpectedAnswer(source.url) }
    guard rule.mode == .tag, let reference = source.reference else { return found }
    let names = ["refs/tags/\(reference)", "refs/\(reference)", reference]
    let asked = found.filter { $0.tag.map(names.contains) ?? false }
    return asked.isEmpty ? found : asked
  }

  private func verdicts(
    on found: [GitSignature], _ check: SignatureCheck, _ keys: SigningKeys
  ) async throws -> [SignatureComplaints.Finding] {
    var result: [SignatureComplaints.Finding] = []
    for signature in found {
      var finding = SignatureComplaints.Finding(
        tag: signature.tag, verdict: try await check.verdict(on: signature, keys: keys))
      // A tag object under another name vouches for what it calls itself, not for what it is now called.
      if finding.verdict == .good, let tag = signature.tag, signature.ownName.map({ "refs/tags/\($0)" }) != tag {
        finding.verdict = .bad("it was signed as the tag '\(signature.ownName ?? "")'")
      }
      result.append(finding)
      if finding.verdict == .good { break }
    }
    return result
  }

  private func proof(_ commit: String, _ source: GitSource, _ rule: SignatureRule, _ keys: SigningKeys) -> String {
    let parts = [
      source.url.description, source.requestedRevision ?? "", commit, rule.mode.rawValue,
      keys.allowedSigners.joined(separator: "\n"), Digest.sha256(keys.keyring),
    ]
    return "\(mirrors)/signatures/\(Digest.sha256(parts.joined(separator: "\u{0}")))"
  }
}
