internal import Model
internal import Platform

extension ManifestReader {
  // MARK: indexes

  func indexes(_ node: YamlNode, _ name: String) -> [PackageIndex] {
    let example = "'indexes: [{name: internal, url: https://host/simple}]'"
    var result: [PackageIndex] = []
    for item in items(node, name, example: example, holdsSecrets: true) {
      guard let fields = fields(item, "\(name)[]", known: KnownKeys.index, example: example, holdsSecrets: true)
      else { continue }
      for key in ["name", "url"] where fields[key] == nil {
        error("an index has no `\(key)`", at: item.mark, hint: "write \(example)")
      }
      let title = fields["name"].flatMap { expandedText($0, "\(name)[].name", example: "'name: internal'") }
      let url = fields["url"].flatMap { indexURL($0, "\(name)[].url") }
      let packages = fields["packages"].map { packagePatterns($0, "\(name)[].packages") } ?? []
      let use = indexCredentials(fields, "\(name)[]", item, url)
      guard let title, let url else { continue }
      if let first = result.first(where: { $0.name == title }) {
        let place = first.location.map { ", the first at \($0)" } ?? ""
        error("two indexes are called '\(title)'\(place)", at: item.mark, hint: "give each its own name")
      } else {
        result.append(
          PackageIndex(
            name: title, url: url, packages: packages, credentials: use, location: file.location(item.mark)))
      }
    }
    return result
  }

  private func packagePatterns(_ node: YamlNode, _ name: String) -> [Glob] {
    let items = texts(node, name, example: "[\"acme-*\"]") ?? []
    if node.sequence?.isEmpty == true {
      error("`\(name)` is empty", at: node.mark, hint: "list the names that come from this index, or take the key out")
    }
    return items.compactMap { item in
      if SourcePattern.isNamePattern(item.text) { return Glob(Glob(item.text).normalisedName) }
      error(
        "'\(Excerpt.quoted(item.text))' is no pattern of package names", at: item.node.mark,
        hint: "write names, with '*' for any letters, as in [\"acme-*\"]")
      return nil
    }
  }

  private func indexCredentials(
    _ fields: [String: YamlNode], _ name: String, _ item: YamlNode, _ url: RemoteURL?
  ) -> SecretUse? {
    let hosts = HostTarget(url?.host ?? "", port: url?.port)
    refuseHomes(fields, name)
    let username = self.username(fields, name, towards: hosts)
    let password = secret(fields, "password", name, towards: hosts)
    let token = secret(fields, "token", name, towards: hosts)
    let keys = ["username", "password", "passwordFile", "token", "tokenFile"].filter { fields[$0] != nil }
    guard let key = keys.first, let node = fields[key] else { return nil }
    if url?.userInfo != nil {
      error(
        "this index has credentials twice: in its `url`, and as `\(key)`", at: node.mark, hint: "take one of them out")
      return nil
    }
    if password != nil, token != nil {
      error("an index has a token or a password, not both", at: node.mark, hint: "take one of them out")
      return nil
    }
    if password != nil, fields["username"] == nil {
      error("`\(name)` has a password and no `username`", at: node.mark, hint: "write 'username:' beside it")
      return nil
    }
    if let token {
      return SecretUse(username: .template(username ?? Template(literal: SecretUse.tokenUser)), secret: token)
    }
    return username.map { SecretUse(username: .template($0), secret: password) }
  }

  // MARK: git

  func gitCredentials(_ node: YamlNode, _ name: String) -> [GitCredential] {
    let example = "'credentials: [{host: github.com, token: \"${GITHUB_TOKEN}\"}]'"
    guard !node.isNull else { return [] }
    var result: [GitCredential] = []
    for item in items(node, name, example: example, holdsSecrets: true) {
      guard let credential = gitCredential(item, "\(name)[]", example: example) else { continue }
      let isSSH = credential.isKey
      if let first = result.first(where: {
        $0.host == credential.host && $0.pathPrefix == credential.pathPrefix && $0.isKey == isSSH
      }) {
        error(
          "this host and path have a credential already, at \(first.location)", at: item.mark,
          hint: "take one of them out, or tell them apart with `path`")
      } else {
        result.append(credential)
      }
    }
    return result
  }

  private func gitCredential(_ item: YamlNode, _ name: String, example: String) -> GitCredential? {
    guard
      let fields = fields(item, name, known: KnownKeys.gitCredential, example: example, holdsSecrets: true)
    else { return nil }
    guard let node = fields["host"] else {
      error("a credential has no `host`", at: item.mark, hint: "write \(example)")
      return nil
    }
    guard let text = expandedText(node, "\(name).host", example: "'host: github.com'"),
      let host = hostPattern(text, node, mayBeAnything: false)
    else { return nil }
    refuseHomes(fields, name)
    let prefix = fields["path"].map { pathPrefix($0, "\(name).path") } ?? ""
    let target = HostTarget(pattern: host)
    let username = self.username(fields, name, towards: target)
    let password = secret(fields, "password", name, towards: target)
    let token = secret(fields, "token", name, towards: target)
    let passphrase = secret(fields, "passphrase", name, towards: target)
    let key = fields["sshKey"].flatMap { sshKey($0, "\(name).sshKey", towards: target) }
    let knownHosts = fields["knownHosts"].flatMap {
      secretPath($0, "\(name).knownHosts", example: "'/etc/ssh/ssh_known_hosts'")
    }
    let has = { (keys: [String]) in keys.contains { fields[$0] != nil } }
    let isToken = has(["token", "tokenFile"])
    let isPassword = has(["password", "passwordFile"])
    let isKey = has(["sshKey"])
    guard [isToken, isPassword, isKey].count(where: \.self) == 1 else {
      error(
        isToken || isPassword || isKey
          ? "a credential is of one kind" : "this credential says who asks, and not with what",
        at: item.mark, hint: "write one of token, tokenFile, password, passwordFile and sshKey")
      return nil
    }
    if isPassword, fields["username"] == nil {
      error("`\(name)` has a password and no `username`", at: item.mark, hint: "write 'username:' beside it")
      return nil
    }
    let strays = isKey ? ["username"] : ["knownHosts", "passphrase", "passphraseFile"]
    if let stray = strays.first(where: { fields[$0] != nil }), let node = fields[stray] {
      error(
        "`\(stray)` does not go with \(isKey ? "an SSH key" : "a token or a password")", at: node.mark,
        hint: isKey ? "the user name stands in the URL: git+ssh://git@host/repo.git" : "take it out")
      return nil
    }
    guard let prefix else { return nil }
    let kind: GitCredential.Kind
    if isKey {
      guard let key else { return nil }
      kind = .sshKey(key, knownHosts: knownHosts, passphrase: passphrase)
    } else {
      guard let secret = token ?? password else { return nil }
      if fields["username"] != nil {
        guard let username else { return nil }
        kind = .password(username: username, secret)
      } else {
        kind = .token(secret)
      }
    }
    return GitCredential(host: host, pathPrefix: prefix, kind: kind, location: file.location(item.mark))
  }

  /// A shell would expand these paths, and nothing does here.
  private func refuseHomes(_ fields: [String: YamlNode], _ name: String) {
    for key in ["tokenFile", "passwordFile", "passphraseFile", "sshKey", "knownHosts"] {
      guard let node = fields[key], let text = node.string, text == "~" || text.hasPrefix("~/") else { continue }
      error(
        "`\(name).\(key)` is a path on this machine, and begins with '~'", at: node.mark,
        hint: "'~' is not expanded: write the path in full, or '${HOME}/…'")
    }
  }

  /// A private key, its file or its text; a warning where the text is written out. There is no `sshKeyFile` to put it into.
  private func sshKey(_ node: YamlNode, _ name: String, towards target: HostTarget) -> SecretValue? {
    guard let text = node.string, text.contains("-----BEGIN"), !text.contains("$") else {
      return privateKey(node, name, towards: target)
    }
    secrets.add(text)
    noteSecrets(in: node)
    warn(
      .literalSecret, "a private key is written out in `\(name)`", at: node.mark,
      hint: "put it into a variable, 'sshKey: \"${SSH_KEY}\"', or into a file, 'sshKey: /run/secrets/id_ed25519'")
    return .template(Template(literal: text))
  }

  /// The user name: a secret itself where a word stands for the password, as in `username: TOKEN`, `password: x-oauth-basic`.
  private func username(_ fields: [String: YamlNode], _ name: String, towards target: HostTarget) -> Template? {
    let isToken = (fields["password"]?.scalar?.text).map(WrittenCredential.plainNames.contains) ?? false
    return fields["username"].flatMap { secretText($0, "\(name).username", towards: target, isSecret: isToken) }
  }

  private func pathPrefix(_ node: YamlNode, _ name: String) -> String? {
    guard let text = expandedText(node, name, example: "'path: my-organisation/'") else { return nil }
    let parts = text.split(separator: "/")
    guard !parts.contains(where: { $0 == "." || $0 == ".." }), !text.contains("*"), !text.contains("?") else {
      error(
        "`\(name)` is the beginning of repositories' paths, without patterns", at: node.mark,
        hint: "write, for instance, 'path: my-organisation/'")
      return nil
    }
    return parts.joined(separator: "/")
  }

  /// A pattern of hosts. What tokens are sent to must not be open at its end: `github.*` is anybody's.
  func hostPattern(_ text: String, _ node: YamlNode, mayBeAnything: Bool) -> Glob? {
    if let separator = text.firstRange(of: "://") {
      let rest = text[separator.upperBound...]
      let end = URLText.userInfoEnd(in: rest, generously: true).map { rest.index(after: $0) } ?? rest.startIndex
      let host = rest[end...].prefix { $0 != "/" && $0 != ":" }
      error(
        "a URL stands where a host must", at: node.mark,
        hint: mayBeAnything ? "write '\(host)'" : "write '\(host)', and a path under `path`")
      return nil
    }
    if let at = text.lastIndex(of: "@") {
      secrets.add(String(text[..<at]))
      error(
        "user info stands where a host must", at: node.mark,
        hint: "write '\(text[text.index(after: at)...])'"
          + (mayBeAnything ? "" : ", and who asks under `token`, or `username` and `password`"))
      return nil
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let isAddress = text.hasPrefix("[")
    let letters = isAddress ? text[...] : parts[0]
    let isPort =
      isAddress || parts.count == 1 || (Int(parts[1]).map { (1...65_535).contains($0) } ?? false)
    let isHost =
      !letters.isEmpty
      && letters.allSatisfy { character in
        character.isASCII
          && (character.isLetter || character.isNumber || "-._*?".contains(character)
            || (isAddress && "[]:".contains(character)))
      }
    guard isHost, isPort else {
      error(
        "'\(Excerpt.quoted(text))' is no host", at: node.mark,
        hint: "write, for instance, 'github.com' or '*.example.com'")
      return nil
    }
    let isOpen = letters.contains { $0 == "*" || $0 == "?" }
    let tail = letters.lastIndex { $0 == "*" || $0 == "?" }.map { letters[letters.index(after: $0)...] } ?? ""
    // Anybody can have a host below `com`.
    if isOpen, !mayBeAnything, !tail.hasPrefix(".") || tail.split(separator: ".").count < 2 {
      error(
        "'\(Excerpt.quoted(text))' would send the credential to anybody's host", at: node.mark,
        hint: "write the host, or '*.example.com' for all hosts of a domain")
      return nil
    }
    return Glob(text.lowercased())
  }
}
