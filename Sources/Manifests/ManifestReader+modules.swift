internal import Model

extension ManifestReader {
  /// The modules of a ModuleSet, or of a vCon Server config's `pinion.modules`.
  func readModules(_ node: YamlNode, _ parent: String, into environment: inout DesiredEnvironment) {
    guard !node.isNull, let entries = mapping(node, parent, example: "'NAME: {module: my_link.main}' under it") else {
      return
    }
    var scratch = environment
    for (key, mark, value) in shadowed(node) { readModule(value, key, parent, at: mark, into: &scratch) }
    for (key, mark, value) in entries { readModule(value, key, parent, at: mark, into: &environment) }
  }

  private func readModule(
    _ value: YamlNode, _ key: String, _ parent: String, at mark: YamlMark,
    into environment: inout DesiredEnvironment
  ) {
    let name = "\(parent).\(key)"
    guard let fields = fields(value, name, known: KnownKeys.module, example: "'module: my_link.main' under it") else {
      return
    }
    readModule(fields, key, .modules, name, at: mark, into: &environment)
  }

  /// A section of a vCon Server config. Keys of an entry that are not Pinion's are left alone.
  func readSection(_ node: YamlNode, _ section: Module.Section, into environment: inout DesiredEnvironment) {
    let parent = section.rawValue
    guard !node.isNull, let entries = mapping(node, parent, example: "'NAME: {module: my_link.main}' under it") else {
      return
    }
    var scratch = environment
    for (key, mark, value) in shadowed(node) { readEntry(value, key, section, at: mark, into: &scratch) }
    for (key, mark, value) in entries { readEntry(value, key, section, at: mark, into: &environment) }
  }

  private func readEntry(
    _ value: YamlNode, _ key: String, _ section: Module.Section, at mark: YamlMark,
    into environment: inout DesiredEnvironment
  ) {
    let name = "\(section.rawValue).\(key)"
    if value.isNull {
      error(
        "`\(name)` is empty", at: mark, hint: "write 'module: my_link.main' under it, or take the entry out")
      return
    }
    if section == .imports, value.kind == .text {
      if let path = text(value, name, example: "'my_link.main'"), isImportPath(path, value) {
        environment.modules.append(
          Module(
            name: key, section: section, importPath: path, requirement: .absent, location: file.location(mark)))
      }
      return
    }
    if let path = value.scalar?.text, value.kind == .text {
      error(
        "`\(name)` must be a mapping, this is text", at: value.mark,
        hint: (try? ImportPath.check(path)) == nil
          ? "write 'module: my_link.main' under it" : "write '{module: \(path)}'")
      return
    }
    guard let entries = mapping(value, name, example: "'module: my_link.main' under it") else { return }
    var fields: [String: YamlNode] = [:]
    for entry in entries { fields[entry.key] = entry.value }
    // The server takes a null for a key that is not there.
    if let node = fields["pip_name"], node.isNull || (node.kind == .text && node.scalar?.text.isEmpty == true) {
      fields["pip_name"] = nil
    }
    warnOfNearMisses(entries.map { ($0.key, $0.keyMark) }, known: KnownKeys.module, "`\(name)`")
    readModule(fields, key, section, name, at: mark, into: &environment)
  }

  /// `pip-name`, `expect` and `link` are nobody's keys; without a word they would be passed over. Other keys are the server's.
  func warnOfNearMisses(_ entries: [(key: String, mark: YamlMark)], known: [String], _ name: String) {
    for entry in entries where !known.contains(entry.key) {
      guard let meant = known.first(where: { Suggestion.isMisspelling(entry.key, of: $0) }) else { continue }
      warn(
        .manifestInvalid, "\(name) has the key '\(entry.key)', which nothing reads", at: entry.mark,
        hint: "did you mean '\(meant)'?")
    }
  }

  private func readModule(
    _ fields: [String: YamlNode], _ key: String, _ section: Module.Section, _ name: String, at mark: YamlMark,
    into environment: inout DesiredEnvironment
  ) {
    guard let node = fields["module"] else {
      error("`\(name)` has no `module`", at: mark, hint: "write what Python imports, as in 'module: my_link.main'")
      _ = fields["pip_name"].map { requirement($0, "\(name).pip_name") }
      return
    }
    // The server itself expands nothing; only what Pinion alone reads may hold variables.
    let example = "'my_link.main'"
    let path =
      section == .modules
      ? expandedText(node, "\(name).module", example: example) : text(node, "\(name).module", example: example)
    var module = Module(
      name: key, section: section, importPath: path.map { loaded($0, section, node) } ?? "", requirement: .absent,
      location: file.location(mark))
    let isPath = path.map { isImportPath($0, node) } ?? false
    var isRead = true
    if let node = fields["pip_name"] {
      if let requirement = requirement(node, "\(name).pip_name") {
        module.requirement = requirement
      } else {
        isRead = false
      }
    }
    if let node = fields["expects"], let items = texts(node, "\(name).expects", example: "[run]") {
      module.expects = items.compactMap { attribute($0.text, $0.node) }
    }
    if let node = fields["verification"] {
      module.verification = verification(node, "\(name).verification", default: environment.verification)
    }
    if isPath, isRead { environment.modules.append(module) }
  }

  /// The import path that the server really loads.
  private func loaded(_ path: String, _ section: Module.Section, _ node: YamlNode) -> String {
    guard section == .links, let vendor = LegacyLinks.vendor(of: path) else { return path }
    warn(
      .manifestInvalid, severity: .note, "the server loads \(LegacyLinks.replacement) in place of \(path)",
      at: node.mark, hint: "write 'module: \(LegacyLinks.replacement)', with 'vendor: \(vendor)' under 'options'")
    return LegacyLinks.replacement
  }

  private func attribute(_ text: String, _ node: YamlNode) -> String? {
    if ImportPath.isIdentifier(text[...]) { return text }
    error(
      "'\(Excerpt.quoted(text))' is no attribute's name", at: node.mark,
      hint: "write a name that the module defines: [run]")
    return nil
  }

  private func isImportPath(_ path: String, _ node: YamlNode) -> Bool {
    do throws(ImportPath.Problem) {
      try ImportPath.check(path)
      return true
    } catch {
      self.error(Excerpt.withoutUserInfo(error.message), at: node.mark, hint: Excerpt.withoutUserInfo(error.hint))
      return false
    }
  }
}
