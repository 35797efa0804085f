internal import Model
internal import Platform

extension ManifestReader {
  /// Reads a host's file. Complaints are in `errors`.
  func hostPolicy(_ root: YamlNode) -> HostPolicy {
    var result = HostPolicy(file: file.name)
    guard
      let fields = fields(root, "HostPolicy", known: KnownKeys.hostPolicy, example: "apiVersion, kind and spec")
    else { return result }
    checkVersion(fields, root, kind: "HostPolicy")
    // A name is for people alone.
    if let node = fields["metadata"], !node.isNull {
      _ = self.fields(node, "metadata", known: KnownKeys.metadata, example: "'metadata: {name: host}'")
    }
    guard let spec = fields["spec"] else {
      error("`spec` is missing", at: root.mark, hint: "write 'spec:' with 'policy:' under it")
      return result
    }
    guard !spec.isNull,
      let spec = self.fields(spec, "spec", known: KnownKeys.hostSpec, example: "'policy:' under it")
    else { return result }
    if let node = spec["policy"] { result.policy = policy(node, "spec.policy") }
    if let node = spec["keys"], !node.isNull { result.keys = keys(node, "spec.keys") }
    if let node = spec["variables"] {
      result.variables = grants(node, "spec.variables", "'variables: [{match: \"GITHUB_*\", hosts: [github.com]}]'") {
        variablePattern($0, $1)
      }
    }
    if let node = spec["credentialFiles"] {
      let example = "'credentialFiles: [{match: \"/run/secrets/*\", hosts: [github.com]}]'"
      result.credentialFiles = grants(node, "spec.credentialFiles", example) { filePattern($0, $1) }
    }
    if let node = spec["hooks"], let value = word(node, "spec.hooks", Permission.self) {
      result.hooks = .init(value, at: file.location(node.mark))
    }
    return result
  }

  // MARK: keys

  private func keys(_ node: YamlNode, _ name: String) -> [VerificationKey] {
    let example = "'keys: [{name: release, key: \"ssh-ed25519 AAAA…\"}]'"
    var result: [VerificationKey] = []
    for item in items(node, name, example: example) {
      if let key = key(item, name, among: result) { result.append(key) }
    }
    return result
  }

  /// An entry of a list of keys, whose name no other has.
  func key(_ item: YamlNode, _ name: String, among others: [VerificationKey]) -> VerificationKey? {
    let example = "'keys: [{name: release, key: \"ssh-ed25519 AAAA…\"}]'"
    guard let fields = fields(item, "\(name)[]", known: KnownKeys.key, example: example) else { return nil }
    guard let title = fields["name"] else {
      error("a key has no `name`", at: item.mark, hint: "write \(example)")
      return nil
    }
    guard (fields["key"] == nil) != (fields["file"] == nil) else {
      error(
        fields["key"] == nil ? "a key has neither `key` nor `file`" : "a key has both `key` and `file`",
        at: item.mark, hint: "write the public key under `key`, or its file's path under `file`")
      return nil
    }
    let source: VerificationKey.Source?
    if let node = fields["key"] {
      source = expandedText(node, "\(name)[].key", example: "'ssh-ed25519 AAAA…'").flatMap { publicKey($0, node) }
    } else {
      source = fields["file"].flatMap { path($0, "\(name)[].file", example: "'/etc/pinion/release.pub'") }
        .map { .file($0) }
    }
    guard let title = expandedText(title, "\(name)[].name", example: "'release'"), let source else { return nil }
    if let first = others.first(where: { $0.name == title }) {
      error(
        "two keys are called '\(title)', the first at \(first.location)", at: item.mark,
        hint: "give each its own name")
      return nil
    }
    return VerificationKey(name: title, source: source, location: file.location(item.mark))
  }

  /// Of a key that is none, nothing is quoted: it may be the private half.
  private func publicKey(_ text: String, _ node: YamlNode) -> VerificationKey.Source? {
    let kinds = [
      "ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-nistp256 ", "ecdsa-sha2-nistp384 ", "ecdsa-sha2-nistp521 ",
      "sk-ssh-ed25519@openssh.com ", "sk-ecdsa-sha2-nistp256@openssh.com ", "-----BEGIN PGP PUBLIC KEY BLOCK-----",
    ]
    if kinds.contains(where: text.hasPrefix) { return .text(text) }
    secrets.add(text)
    error(
      text.contains("PRIVATE KEY") ? "a private key stands where a public key must" : "this is no public key",
      at: node.mark, hint: "write 'ssh-ed25519 AAAA…' or an armoured OpenPGP public key")
    return nil
  }

  // MARK: grants

  private func grants(
    _ node: YamlNode, _ name: String, _ example: String, _ pattern: (String, YamlNode) -> Glob?
  ) -> [Grant] {
    // A key with nothing behind it lists nothing: it must not open everything.
    guard !node.isNull else { return [] }
    var result: [Grant] = []
    for item in items(node, name, example: example) {
      guard let fields = fields(item, "\(name)[]", known: KnownKeys.grant, example: example) else { continue }
      guard let node = fields["match"] else {
        error("an entry of `\(name)` has no `match`", at: item.mark, hint: "write \(example)")
        continue
      }
      let match = expandedText(node, "\(name)[].match", example: example).flatMap { pattern($0, node) }
      var hosts: [Glob]?
      if let node = fields["hosts"] {
        hosts =
          node.isNull
          ? []
          : texts(node, "\(name)[].hosts", example: "[github.com]")?
            .compactMap { hostPattern($0.text, $0.node, mayBeAnything: true) } ?? []
      }
      if let match { result.append(Grant(match: match, hosts: hosts, location: file.location(item.mark))) }
    }
    return result
  }

  private func variablePattern(_ text: String, _ node: YamlNode) -> Glob? {
    if text.allSatisfy({ $0.isNamePart || $0 == "*" || $0 == "?" }) { return Glob(text) }
    error(
      "'\(Excerpt.quoted(text))' is no pattern of variables' names", at: node.mark,
      hint: "write, for instance, 'GITHUB_*'")
    return nil
  }

  private func filePattern(_ text: String, _ node: YamlNode) -> Glob? {
    let parts = text.split(separator: "/")
    if text.hasPrefix("/"), !parts.contains("."), !parts.contains("..") { return Glob(text) }
    error(
      "'\(Excerpt.quoted(text, 80))' is no pattern of absolute paths", at: node.mark,
      hint: "write, for instance, '/run/secrets/*'; '*' stays within one directory, '**' does not")
    return nil
  }
}
