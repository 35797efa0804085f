internal import Model

extension ManifestReader {
  /// `git`: who asks servers, how their certificates are checked, and which signatures modules must have.
  func git(
    _ node: YamlNode, _ name: String, _ settings: inout ManifestSettings, into environment: inout DesiredEnvironment
  ) {
    let example = "'credentials: [{host: github.com, token: \"${GITHUB_TOKEN}\"}]' under it"
    guard !node.isNull, let fields = fields(node, name, known: KnownKeys.git, example: example) else { return }
    if let node = fields["credentials"] { environment.gitCredentials = gitCredentials(node, "\(name).credentials") }
    if let node = fields["tls"] { environment.gitTLS = gitTLS(node, "\(name).tls") }
    if let node = fields["verify"], let rule = signatureRule(node, "\(name).verify") {
      environment.signatures = rule
      settings.stated["git.verify"] = file.location(node.mark)
    }
  }

  // MARK: tls

  private func gitTLS(_ node: YamlNode, _ name: String) -> [GitTLS] {
    let example = "'tls: [{host: git.example.com, caFile: /etc/ssl/acme.pem}]'"
    guard !node.isNull else { return [] }
    var result: [GitTLS] = []
    for item in items(node, name, example: example) {
      guard let fields = fields(item, "\(name)[]", known: KnownKeys.gitTLS, example: example) else { continue }
      guard let node = fields["host"] else {
        error("an entry of `\(name)` has no `host`", at: item.mark, hint: "write \(example)")
        continue
      }
      guard let text = expandedText(node, "\(name)[].host", example: "'host: git.example.com'"),
        let host = hostPattern(text, node, mayBeAnything: false),
        let check = tlsCheck(fields, "\(name)[]", item, host)
      else { continue }
      if let first = result.first(where: { $0.host == host }) {
        error(
          "this host has an entry already, at \(first.location)", at: item.mark, hint: "take one of them out")
      } else {
        result.append(GitTLS(host: host, check: check, location: file.location(item.mark)))
      }
    }
    return result
  }

  private func tlsCheck(
    _ fields: [String: YamlNode], _ name: String, _ item: YamlNode, _ host: Glob
  ) -> GitTLS.Check? {
    let isChecked = fields["verify"].map { boolean($0, "\(name).verify") } ?? true
    guard let isChecked else { return nil }
    if let node = fields["caFile"] {
      guard isChecked else {
        error(
          "`caFile` says who is trusted, and `verify: false` that nobody has to be", at: node.mark,
          hint: "take one of them out")
        return nil
      }
      return path(node, "\(name).caFile", example: "'/etc/ssl/acme.pem'").map { .authorities($0) }
    }
    guard !isChecked else {
      error(
        "an entry of `\(name.dropLast(2))` changes nothing", at: item.mark,
        hint: "write 'caFile: /path/to/authorities.pem', or, for a test server, 'verify: false'")
      return nil
    }
    guard !host.isOpen else {
      error(
        "`verify: false` is for one host, and '\(host.text)' is many", at: (fields["host"] ?? item).mark,
        hint: "write the host, or name its authorities with 'caFile'")
      return nil
    }
    return .nothing
  }

  // MARK: verify

  private func signatureRule(_ node: YamlNode, _ name: String) -> SignatureRule? {
    let example = "'verify: {mode: commit, keys: [{name: release, key: \"ssh-ed25519 AAAA…\"}]}'"
    guard !node.isNull, let fields = fields(node, name, known: KnownKeys.gitVerify, example: example) else {
      return nil
    }
    guard let modeNode = fields["mode"] else {
      error("`\(name)` has no `mode`", at: node.mark, hint: "write \(example)")
      return nil
    }
    guard let mode = word(modeNode, "\(name).mode", SignatureRule.Mode.self) else { return nil }
    let keys = fields["keys"].map { verificationKeys($0, "\(name).keys") } ?? hostKeys
    guard let keys else { return nil }
    if mode != .none, keys.isEmpty {
      error(
        "`\(name)` asks for signatures and names no key", at: node.mark,
        hint: "write \(example)")
      return nil
    }
    return SignatureRule(mode: mode, keys: keys, location: file.location(node.mark))
  }

  private var hostKeys: [VerificationKey] { grants?.policy.keys ?? [] }

  /// Names of the host's keys, and keys of the manifest's own. Where the host has keys, there are no others.
  private func verificationKeys(_ node: YamlNode, _ name: String) -> [VerificationKey]? {
    let example = "'keys: [{name: release, key: \"ssh-ed25519 AAAA…\"}]', or names of the host's keys"
    var result: [VerificationKey] = []
    var isComplete = true
    for item in items(node, name, example: example) {
      let key = item.kind == .mapping ? ownKey(item, name, among: result) : namedKey(item, name)
      if let key { result.append(key) } else { isComplete = false }
    }
    return isComplete ? result : nil
  }

  private func namedKey(_ node: YamlNode, _ name: String) -> VerificationKey? {
    guard let text = expandedText(node, "\(name)[]", example: "{name: release, key: \"ssh-ed25519 AAAA…\"}") else {
      return nil
    }
    if let key = hostKeys.first(where: { $0.name == text }) { return key }
    let names = hostKeys.map(\.name)
    error(
      names.isEmpty
        ? "`\(name)` names a key of the host, and the host's file has none"
        : "the host's file has no key of this name; it has \(names.joined(separator: ", "))", at: node.mark,
      hint: names.isEmpty
        ? "write the key itself: {name: release, key: \"ssh-ed25519 AAAA…\"}" : Suggestion.hint(for: text, among: names)
    )
    return nil
  }

  private func ownKey(_ item: YamlNode, _ name: String, among others: [VerificationKey]) -> VerificationKey? {
    guard let key = key(item, name, among: others) else { return nil }
    guard let policy = grants?.policy, !policy.keys.isEmpty else { return key }
    if policy.keys.contains(where: { $0.source == key.source }) { return key }
    error(
      "the host's policy says which keys count, and \(policy.file) does not list this one", at: item.mark,
      hint: "name keys of the host: \(policy.keys.map(\.name).joined(separator: ", "))", code: .policyDenied)
    return nil
  }
}
