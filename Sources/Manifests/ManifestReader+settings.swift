internal import Model
internal import Platform

extension ManifestReader {
  /// Reads everything but the modules. `parent` is the name of the mapping that the keys stand in.
  func readSettings(
    _ fields: [String: YamlNode], _ parent: String, into environment: inout DesiredEnvironment
  ) -> ManifestSettings {
    var settings = ManifestSettings()
    readScalars(fields, parent, &settings, into: &environment)
    if let node = fields["provided"], let items = texts(node, "\(parent).provided", example: "[\"links.*\"]") {
      environment.provided = items.compactMap { pattern($0.text, $0.node) }
    }
    if let node = fields["pythonPath"], let items = texts(node, "\(parent).pythonPath", example: "[/app]") {
      environment.pythonPath = items.compactMap { directory($0.text, "\(parent).pythonPath[]", $0.node) }
    }
    if let node = fields["policy"] { settings.policy = policy(node, "\(parent).policy") }
    if let node = fields["indexes"] { environment.indexes = indexes(node, "\(parent).indexes") }
    if let node = fields["git"] { git(node, "\(parent).git", &settings, into: &environment) }
    if let node = fields["constraints"] { environment.constraints = constraints(node, "\(parent).constraints") }
    if let node = fields["overrides"] {
      environment.overrides = constraints(node, "\(parent).overrides", mayBeBare: true)
    }
    if let node = fields["audit"] { audit(node, "\(parent).audit", &settings, into: &environment) }
    if let node = fields["health"] {
      environment.health = health(node, "\(parent).health")
      settings.stated["health"] = file.location(node.mark)
    }
    if let node = fields["onChange"] { environment.onChange = hooks(node, "\(parent).onChange") }
    if let node = fields["include"], let items = texts(node, "\(parent).include", example: "[\"conf.d/*.yaml\"]") {
      settings.includes = items.map {
        .init(text: $0.text, place: file.place($0.node.mark), location: file.location($0.node.mark))
      }
    }
    return settings
  }

  private func readScalars(
    _ fields: [String: YamlNode], _ parent: String, _ settings: inout ManifestSettings,
    into environment: inout DesiredEnvironment
  ) {
    func state(_ key: String, _ node: YamlNode) { settings.stated[key] = file.location(node.mark) }
    if let node = fields["python"] {
      environment.python = expandedText(node, "\(parent).python", example: "'\">=3.11\"'", numbers: true)
        .flatMap { python($0, "\(parent).python", node) }
      state("python", node)
    }
    if let node = fields["platform"] {
      environment.platform = platform(node, "\(parent).platform")
      state("platform", node)
    }
    if let node = fields["base"] {
      environment.base = expandedText(node, "\(parent).base", example: "'/opt/venv'")
        .flatMap { directory($0, "\(parent).base", node) }
      state("base", node)
    }
    if let node = fields["verification"],
      let verification = verification(node, "\(parent).verification", default: environment.verification)
    {
      environment.verification = verification
      if node.kind == .mapping {
        for key in ["mode", "deadline"] {
          if let part = node.mapping?[key] { state("verification.\(key)", part.value) }
        }
        for entry in node.mapping?["env"]?.value.mapping?.entries ?? [] {
          if let name = entry.key.scalar?.text { state("verification.env.\(name)", entry.value) }
        }
      } else {
        state("verification.mode", node)
      }
    }
    if let node = fields["linking"] { linking(node, "\(parent).linking", &settings, into: &environment) }
    if let node = fields["blockInstalls"], let value = boolean(node, "\(parent).blockInstalls") {
      environment.blockInstalls = value
      state("blockInstalls", node)
    }
    if let node = fields["onlyUsed"], let value = boolean(node, "\(parent).onlyUsed") {
      environment.onlyUsed = value
      state("onlyUsed", node)
    }
    if let node = fields["lockfile"], let path = lockfile(node, "\(parent).lockfile") { environment.lockfile = path }
    if let node = fields["lock"],
      let lock = self.fields(node, "\(parent).lock", known: KnownKeys.lock, example: "'lock: {update: references}'"),
      let update = lock["update"], let value = word(update, "\(parent).lock.update", LockUpdate.self)
    {
      environment.lockUpdate = value
      state("lock.update", update)
    }
    if let node = fields["onFailure"], let value = word(node, "\(parent).onFailure", FailureHandling.self) {
      environment.onFailure = value
      state("onFailure", node)
    }
  }

  /// A request for an interpreter: a version, versions, a command's name or a path.
  private func python(_ text: String, _ name: String, _ node: YamlNode) -> String? {
    let isVersion = text.first.map { "<>=!~".contains($0) || $0.isASCIIDigit } ?? false
    if isVersion, !text.contains("/") {
      if Version(text) != nil || VersionSpecifiers(text) != nil { return text }
    } else if !text.contains("://"), !text.hasPrefix("~") {
      let isCommand = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+".contains($0)) }
      let isPath =
        text.contains("/") && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
      if isCommand || isPath { return text }
    }
    error(
      "`\(name)` cannot be '\(Excerpt.quoted(text))'", at: node.mark,
      hint: "write a version request (\">=3.11\"), a command's name (python3.12), or a path (/usr/bin/python3)")
    return nil
  }

  /// A directory on this machine; absolute.
  private func directory(_ text: String, _ name: String, _ node: YamlNode) -> String? {
    local(text, name, node, noun: "directory", example: "'/opt/venv'")
  }

  private func local(_ text: String, _ name: String, _ node: YamlNode, noun: String, example: String) -> String? {
    guard text.contains("://") || text.hasPrefix("~") else { return text.absolutePath(from: file.directory) }
    error(
      "`\(name)` is a \(noun) on this machine, and '\(Excerpt.quoted(text))' is none", at: node.mark,
      hint: text.hasPrefix("~")
        ? "'~' is not expanded: write the path in full, or '${HOME}/…'" : "write its path, as in \(example)")
    return nil
  }

  /// A path, absolute. Relative ones start from the file's directory.
  func path(_ node: YamlNode, _ name: String, example: String) -> String? {
    expandedText(node, name, example: example).flatMap { local($0, name, node, noun: "path", example: example) }
  }

  /// PEP 751 fixes the file's name, and other tools go by it.
  private func lockfile(_ node: YamlNode, _ name: String) -> String? {
    guard let path = path(node, name, example: "'pylock.my-environment.toml'") else { return nil }
    let parts = (path.split(separator: "/").last ?? "").split(separator: ".", omittingEmptySubsequences: false)
    let isNamed = parts.count == 3 && !parts[1].isEmpty
    if parts.first == "pylock", parts.last == "toml", parts.count == 2 || isNamed { return path }
    error(
      "a lockfile is called pylock.toml or pylock.NAME.toml", at: node.mark,
      hint: "write '\(name.split(separator: ".").last ?? "lockfile"): pylock.my-environment.toml'; NAME has no dot")
    return nil
  }

  /// A glob over import paths.
  private func pattern(_ text: String, _ node: YamlNode) -> String? {
    let isPattern = text.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isXIDContinue || "._*".unicodeScalars.contains(scalar)
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if isPattern, !parts.contains(where: \.isEmpty) { return text }
    error(
      "'\(Excerpt.quoted(text))' is no pattern of import paths", at: node.mark, hint: "write, for instance, \"links.*\""
    )
    return nil
  }

  /// A list of mappings; anything else is reported and left out. `holdsSecrets`: what stands in the list's place, or in a
  /// mapping's, may be one.
  func items(_ node: YamlNode, _ name: String, example: String, holdsSecrets: Bool = false) -> [YamlNode] {
    if let items = node.sequence, node.kind == .list {
      if holdsSecrets { items.forEach(noteStrays) }
      return items
    }
    if holdsSecrets { noteStrays(in: node) }
    error("`\(name)` must be a list, this is \(node.kind.description)", at: node.mark, hint: "write \(example)")
    return []
  }

  // MARK: verification

  /// A bare word, or a mapping; what it leaves out comes from `default`.
  func verification(_ node: YamlNode, _ name: String, default base: Verification) -> Verification? {
    var result = base
    guard node.kind == .mapping else {
      guard let mode = mode(node, name) else { return nil }
      result.mode = mode
      return result
    }
    let example = "'verification: {mode: import, deadline: 30s}'"
    guard let fields = fields(node, name, known: KnownKeys.verification, example: example) else { return nil }
    if let node = fields["mode"], let mode = mode(node, "\(name).mode") { result.mode = mode }
    if let node = fields["env"] { result.env.merge(verificationVariables(node, "\(name).env")) { $1 } }
    if let node = fields["deadline"], let seconds = duration(node, "\(name).deadline") { result.deadline = seconds }
    return result
  }

  private func mode(_ node: YamlNode, _ name: String) -> Verification.Mode? {
    // YAML 1.1 reads a bare `off` as false.
    if node.bool == false { return .off }
    let words = ["import", "locate", "off"]
    guard node.bool == nil else {
      error("`\(name)` cannot be true", at: node.mark, hint: "write import, locate or off")
      return nil
    }
    guard let text = expandedText(node, name, example: "import, locate or off") else { return nil }
    if let mode = Verification.Mode(rawValue: text) { return mode }
    error(
      "`\(name)` cannot be '\(Excerpt.quoted(text))'", at: node.mark, hint: Suggestion.hint(for: text, among: words))
    return nil
  }

  private func verificationVariables(_ node: YamlNode, _ name: String) -> [String: String] {
    guard !node.isNull, let entries = mapping(node, name, example: "'env: {NAME: value}'") else { return [:] }
    var values: [String: String] = [:]
    for (key, mark, value) in entries {
      guard key.allSatisfy(\.isNamePart), key.first?.isNumber == false else {
        error("'\(Excerpt.quoted(key))' is no variable's name", at: mark, hint: "names are letters, digits and '_'")
        continue
      }
      // An empty value is a value: it takes a variable's effect away.
      if value.kind == .text, value.scalar?.text.isEmpty == true {
        values[key] = ""
      } else if let text = expandedText(
        value, "\(name).\(key)", example: "'\(key): \"value\"'", numbers: true, mayBeEmpty: true)
      {
        values[key] = text
        guard Excerpt.isSecret(key), !text.isEmpty else { continue }
        secrets.add(text)
        if Excerpt.namesSecret(key), value.scalar?.text.contains("${") == false {
          warn(
            .literalSecret, "a secret is written out in `\(name).\(key)`", at: value.mark,
            hint: "put it into a variable: '\(key): \"${\(key)}\"'")
        }
      }
    }
    return values
  }

  func duration(_ node: YamlNode, _ name: String) -> Double? {
    guard let text = expandedText(node, name, example: "'30s'", numbers: true) else { return nil }
    do throws(DurationText.Problem) {
      let seconds = try DurationText.seconds(text)
      if seconds > 0 { return seconds }
      error("`\(name)` must be longer than nothing", at: node.mark, hint: "write, for instance, '30s'")
    } catch {
      self.error(error.message, at: node.mark, hint: error.hint)
    }
    return nil
  }
}
