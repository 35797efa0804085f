internal import Model

extension ManifestReader {
  /// `token` or `tokenFile`, `password` or `passwordFile`.
  func secret(
    _ fields: [String: YamlNode], _ key: String, _ name: String, towards target: HostTarget
  ) -> SecretValue? {
    if fields[key] != nil, let node = fields["\(key)File"] {
      error("`\(key)` and `\(key)File` are two ways to say one thing", at: node.mark, hint: "take one of them out")
      return nil
    }
    if let node = fields[key] {
      return secretText(node, "\(name).\(key)", towards: target, isSecret: true).map { .template($0) }
    }
    guard let node = fields["\(key)File"], let path = credentialFile(node, "\(name).\(key)File", towards: target)
    else { return nil }
    return .file(path: path, file.location(node.mark))
  }

  /// A private key: its file, or its text out of a variable.
  func privateKey(_ node: YamlNode, _ name: String, towards target: HostTarget) -> SecretValue? {
    let raw = node.kind == .text ? node.scalar?.text ?? "" : ""
    let variable = VariableText.onlyVariable(raw)
    if Self.isKey(raw) || variable.map({ variables[$0].map(Self.isKey) ?? true }) == true {
      return secretText(node, name, towards: target, isSecret: true).map { .template($0) }
    }
    return credentialFile(node, name, towards: target).map { .file(path: $0, file.location(node.mark)) }
  }

  /// Whether a text is what stands in a key's file, and no path of one.
  private static func isKey(_ text: String) -> Bool { text.contains("-----BEGIN") }

  /// A file that holds a credential; absolute. The host's file may say which ones there are, and for whom.
  func credentialFile(_ node: YamlNode, _ name: String, towards target: HostTarget) -> String? {
    guard let path = secretPath(node, name, example: "'/run/secrets/token'") else { return nil }
    if let breach = grants?.breach(ofFile: path, towards: target, name) {
      error(breach.message, at: node.mark, hint: breach.hint, code: .policyDenied)
      return nil
    }
    return path
  }

  /// A path, absolute, beside secrets: what stands there may be one of them by mistake, and is not quoted then.
  func secretPath(_ node: YamlNode, _ name: String, example: String) -> String? {
    guard let text = expandedText(node, name, example: example) else { return nil }
    guard !Self.isKey(text), !text.contains(where: \.isNewline) else {
      noteSecrets(in: node)
      error(
        "`\(name)` names a file, and here stands what would be in one", at: node.mark,
        hint: "write the file's path, as in \(example)")
      return nil
    }
    // `tokenFile: "${TOKEN}"` is soon written, and what is no path must not be shown as one.
    if !text.hasPrefix("/"), !text.hasPrefix("."), VariableText.onlyVariable(node.scalar?.text ?? "") != nil {
      noteSecrets(in: node)
    }
    return text.absolutePath(from: file.directory)
  }

  /// Text in which variables stay, until a server asks. Their values are known as secrets from now on.
  func secretText(
    _ node: YamlNode, _ name: String, towards target: HostTarget, isSecret: Bool
  ) -> Template? {
    let key = name.split(separator: ".").last ?? ""
    guard let raw = text(node, name, example: "'\(key): \"${\(key.uppercased())}\"'", numbers: true) else { return nil }
    do throws(RequirementParser.Problem) {
      var parts: [Template.Part] = []
      for piece in try VariableText(raw).pieces {
        let place = mark(in: node, offset: piece.offset)
        switch piece.kind {
        case .literal(let literal):
          // Where `$$` stood, a secret must not fall into pieces.
          if case .literal(let before)? = parts.last {
            parts[parts.count - 1] = .literal(before + literal)
          } else {
            parts.append(.literal(literal))
          }
        case .variable(let variable, let otherwise):
          guard allows(variable, towards: target, name, at: place) else { return nil }
          if let value = variables[variable] {
            if isSecret { secrets.add(value) }
            parts.append(.variable(variable, file.location(place)))
          } else if let otherwise {
            if !otherwise.isEmpty { parts.append(.literal(otherwise)) }
          } else {
            warn(
              .variableUnset, "the variable \(variable) is not set: it is needed as soon as the server is asked",
              at: place, hint: "set it first: export \(variable)=…")
            parts.append(.variable(variable, file.location(place)))
          }
        }
      }
      let template = Template(parts)
      if template.parts.isEmpty {
        error("`\(name)` is empty", at: node.mark, hint: "write a value, or take the key out")
      }
      let literals = template.parts.compactMap { if case .literal(let text) = $0 { text } else { nil } }
        .filter { !WrittenCredential.plainNames.contains($0) }
      if isSecret, !literals.isEmpty {
        literals.forEach(secrets.add)
        warn(
          .literalSecret, "a credential is written out in `\(name)`", at: node.mark,
          hint:
            "put it into a variable, '\(key): \"${\(key.uppercased())}\"', or into a file, '\(key)File: /run/secrets/\(key)'"
        )
      }
      return template.parts.isEmpty ? nil : template
    } catch {
      self.error(error, in: node)
      return nil
    }
  }

  /// Remembers everything in a node as secrets: what is written out, and the values of variables.
  func noteSecrets(in node: YamlNode) {
    switch node.content {
    case .sequence(let items): items.forEach(noteSecrets)
    case .mapping(let mapping): mapping.entries.map(\.value).forEach(noteSecrets)
    case .scalar(let scalar):
      // What is empty or true is nobody's secret, and hiding it would hide everything.
      guard !node.isNull, node.bool == nil else { return }
      for piece in (try? VariableText(scalar.text).pieces) ?? [.init(kind: .literal(scalar.text), offset: 0)] {
        switch piece.kind {
        case .literal(let text):
          for line in text.split(whereSeparator: \.isNewline) { secrets.add(String(line)) }
        case .variable(let name, let otherwise):
          for line in (variables[name] ?? otherwise ?? "").split(whereSeparator: \.isNewline) {
            secrets.add(String(line))
          }
        }
      }
    }
  }

  /// Keys beside secrets whose values are none, also where they stand in the wrong place.
  private static let plainKeys: Set<String> = ["name", "url", "packages", "host", "path", "username", "knownHosts"]

  /// Remembers what stands where an entry with a credential must, and is none: most likely the credential itself.
  func noteStrays(in node: YamlNode) {
    if let mapping = node.mapping {
      for entry in mapping.entries {
        guard let key = entry.key.scalar?.text, !Self.plainKeys.contains(key) else { continue }
        noteStray(key)
        if node.kind == .mapping, !KnownKeys.gitCredential.contains(key) { noteSecrets(in: entry.value) }
      }
    } else if let items = node.sequence {
      items.forEach(noteStrays)
    } else if let text = node.scalar?.text, !text.contains("://") {
      noteSecrets(in: node)
    }
  }

  /// Remembers a key that no one would call a key so: a credential that was written in one's place.
  private func noteStray(_ key: String) {
    let isWord = key.utf8.count <= 24 && key.allSatisfy { $0.isLetter || "-_ ".contains($0) }
    if !isWord { secrets.add(key) }
  }

  /// Remembers the value of a variable whose name says that it is a secret, wherever it is used.
  func noteSecret(_ variable: String) {
    if Excerpt.namesSecret(variable), let value = variables[variable] { secrets.add(value) }
  }

  /// Whether the host's file lets a variable be used there; complains where it does not.
  func allows(_ variable: String, towards target: HostTarget?, _ name: String, at mark: YamlMark) -> Bool {
    guard let breach = grants?.breach(ofVariable: variable, towards: target, name) else { return true }
    error(breach.message, at: mark, hint: breach.hint, code: .policyDenied)
    return false
  }
}
