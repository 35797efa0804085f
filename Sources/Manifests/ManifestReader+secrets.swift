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

  /// A file that holds a credential; absolute. The host's file may say which ones there are, and for whom.
  func credentialFile(_ node: YamlNode, _ name: String, towards target: HostTarget) -> String? {
    guard let path = path(node, name, example: "'/run/secrets/token'") else { return nil }
    if let breach = grants?.breach(ofFile: path, towards: target, name) {
      error(breach.message, at: node.mark, hint: breach.hint, code: .policyDenied)
      return nil
    }
    return path
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
        case .literal(let literal): parts.append(.literal(literal))
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
      if isSecret, template.hasLiteralText {
        for case .literal(let literal) in parts { secrets.add(literal) }
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

  /// Whether the host's file lets a variable be used there; complains where it does not.
  func allows(_ variable: String, towards target: HostTarget?, _ name: String, at mark: YamlMark) -> Bool {
    guard let breach = grants?.breach(ofVariable: variable, towards: target, name) else { return true }
    error(breach.message, at: mark, hint: breach.hint, code: .policyDenied)
    return false
  }
}
