internal import Model
internal import Platform

extension ManifestReader {
  /// The keys of `spec` and of `pinion`.
  static let settings = [
    "python", "provided", "base", "pythonPath", "verification", "blockInstalls", "lockfile", "lock", "policy",
    "indexes",
    "modules",
  ]

  /// Reads everything but the modules. `parent` is the name of the mapping that the keys stand in.
  func readSettings(_ fields: [String: YamlNode], _ parent: String, into environment: inout DesiredEnvironment) {
    if let node = fields["python"] {
      environment.python = expandedText(node, "\(parent).python", example: "'\">=3.11\"'", numbers: true)
    }
    if let node = fields["provided"], let items = texts(node, "\(parent).provided", example: "[\"links.*\"]") {
      environment.provided = items.compactMap { pattern($0.text, $0.node) }
    }
    if let node = fields["base"] {
      environment.base = path(node, "\(parent).base", example: "'/opt/venv'")
    }
    if let node = fields["pythonPath"], let items = texts(node, "\(parent).pythonPath", example: "[/app]") {
      environment.pythonPath = items.map { $0.text.absolutePath(from: file.directory) }
    }
    if let node = fields["verification"],
      let verification = verification(node, "\(parent).verification", default: environment.verification)
    {
      environment.verification = verification
    }
    if let node = fields["blockInstalls"], let value = boolean(node, "\(parent).blockInstalls") {
      environment.blockInstalls = value
    }
    if let node = fields["lockfile"], let path = lockfile(node, "\(parent).lockfile") { environment.lockfile = path }
    if let node = fields["lock"],
      let lock = self.fields(node, "\(parent).lock", known: ["update"], example: "'lock: {update: references}'"),
      let update = lock["update"], let value = word(update, "\(parent).lock.update", LockUpdate.self)
    {
      environment.lockUpdate = value
    }
    let policyExample = "'policy: {impliedPackages: warn}'"
    if let node = fields["policy"],
      let policy = self.fields(node, "\(parent).policy", known: ["impliedPackages"], example: policyExample),
      let implied = policy["impliedPackages"],
      let value = word(implied, "\(parent).policy.impliedPackages", PolicyLevel.self)
    {
      environment.policy.impliedPackages = value
      environment.policy.places[.impliedPackages] = file.location(implied.mark)
    }
    if let node = fields["indexes"] { environment.indexes = indexes(node, "\(parent).indexes") }
  }

  private func path(_ node: YamlNode, _ name: String, example: String) -> String? {
    expandedText(node, name, example: example)?.absolutePath(from: file.directory)
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
      scalar.properties.isXIDContinue || "._*-".unicodeScalars.contains(scalar)
    }
    if isPattern { return text }
    error("'\(text.prefix(60))' is no pattern of import paths", at: node.mark, hint: "write, for instance, \"links.*\"")
    return nil
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
    guard let fields = fields(node, name, known: ["mode", "env", "deadline"], example: example) else { return nil }
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
    error("`\(name)` cannot be '\(text)'", at: node.mark, hint: Suggestion.hint(for: text, among: words))
    return nil
  }

  private func verificationVariables(_ node: YamlNode, _ name: String) -> [String: String] {
    guard !node.isNull, let entries = mapping(node, name, example: "'env: {NAME: value}'") else { return [:] }
    var values: [String: String] = [:]
    for (key, mark, value) in entries {
      guard key.allSatisfy(\.isNamePart), key.first?.isNumber == false else {
        error("'\(key.prefix(60))' is no variable's name", at: mark, hint: "names are letters, digits and '_'")
        continue
      }
      // An empty value is a value: it takes a variable's effect away.
      if value.kind == .text, value.scalar?.text.isEmpty == true {
        values[key] = ""
      } else if let text = expandedText(value, "\(name).\(key)", example: "'\(key): \"value\"'", numbers: true) {
        values[key] = text
        if Excerpt.isSecret(key) { secrets.add(text) }
      }
    }
    return values
  }

  private func duration(_ node: YamlNode, _ name: String) -> Double? {
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

  // MARK: indexes

  private func indexes(_ node: YamlNode, _ name: String) -> [PackageIndex] {
    let example = "'indexes: [{name: internal, url: https://host/simple}]'"
    guard let items = node.sequence, node.kind == .list else {
      error("`\(name)` must be a list, this is \(node.kind.description)", at: node.mark, hint: "write \(example)")
      return []
    }
    var result: [PackageIndex] = []
    for item in items {
      guard let fields = fields(item, "\(name)[]", known: ["name", "url"], example: example) else { continue }
      for key in ["name", "url"] where fields[key] == nil {
        error("an index has no `\(key)`", at: item.mark, hint: "write \(example)")
      }
      let title = fields["name"].flatMap { expandedText($0, "\(name)[].name", example: "'name: internal'") }
      let url = fields["url"].flatMap { indexURL($0, "\(name)[].url") }
      guard let title, let url else { continue }
      if result.contains(where: { $0.name == title }) {
        error("two indexes are called '\(title)'", at: item.mark, hint: "give each its own name")
      } else {
        result.append(PackageIndex(name: title, url: url))
      }
    }
    return result
  }
}
