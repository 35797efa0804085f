internal import Model

extension ManifestReader {
  /// What a document is.
  enum DocumentKind { case moduleSet, vconServer, hostPolicy, empty, foreign }

  /// The sections of a vCon Server config that hold modules.
  static let sections: [(key: String, section: Module.Section)] = [
    ("imports", .imports), ("links", .links), ("storages", .storages), ("tracers", .tracers),
  ]

  static func kind(of document: YamlDocument) -> DocumentKind {
    guard let mapping = document.root.mapping else { return document.root.isNull ? .empty : .foreign }
    let kind = mapping["kind"]?.value.scalar?.text
    if kind == "ModuleSet" { return .moduleSet }
    if kind == "HostPolicy" { return .hostPolicy }
    // Our own version with another kind is a mistake, not somebody else's document.
    if mapping["apiVersion"]?.value.scalar?.text.hasPrefix("pinion/") == true { return .moduleSet }
    guard mapping["apiVersion"] == nil, mapping["kind"] == nil else { return .foreign }
    return vconKeys.contains { mapping[$0] != nil } ? .vconServer : .foreign
  }

  /// The keys that make a document a vCon Server config.
  private static let vconKeys = ["imports", "links", "storages", "tracers", "chains", "pinion"]

  /// The key that was probably meant in a document that is not ours: `link` for `links`.
  static func meantKey(of document: YamlDocument) -> String? {
    let keys = document.root.mapping?.entries.compactMap { $0.key.scalar?.text } ?? []
    return (vconKeys + KnownKeys.moduleSet.prefix(2)).first { known in
      keys.contains { Suggestion.isMisspelling($0, of: known) }
    }
  }

  // MARK: ModuleSet

  /// Reads what a ModuleSet says besides its modules. Complaints are in `errors`.
  func moduleSet(_ root: YamlNode) -> Declaration? {
    settingsKey = "spec"
    guard
      let fields = fields(
        root, "ModuleSet", known: KnownKeys.moduleSet, example: "apiVersion, kind, metadata and spec")
    else { return nil }
    checkVersion(fields, root, kind: "ModuleSet")
    let name = metadataName(fields["metadata"], root)
    var environment = DesiredEnvironment(
      name: name ?? "unnamed", kind: .moduleSet, location: file.location(root.mark), directory: file.directory)
    var declaration = Declaration(reader: self, hasName: name != nil, environment: environment)
    guard let spec = fields["spec"] else {
      error("`spec` is missing", at: root.mark, hint: "write 'spec:' with 'modules:' under it")
      return nil
    }
    for (key, _, value) in shadowed(root) where key == "spec" && !value.isNull {
      readInVain(value, "spec", environment)
    }
    guard !spec.isNull else { return declaration }
    guard let settings = self.fields(spec, "spec", known: KnownKeys.spec, example: "'modules:' under it") else {
      return nil
    }
    readShadowed(in: spec, "spec", environment)
    declaration.settings = readSettings(settings, "spec", into: &environment)
    declaration.environment = environment
    declaration.modules = settings["modules"]
    return declaration
  }

  /// Reads settings whose key stands again further down: for their mistakes alone, so that all are heard at once.
  private func readInVain(_ node: YamlNode, _ name: String, _ environment: DesiredEnvironment) {
    let known = name == "spec" ? KnownKeys.spec : KnownKeys.metadata + KnownKeys.spec
    guard let settings = fields(node, name, known: known, example: "'modules:' under it") else { return }
    readShadowed(in: node, name, environment)
    readInVain(settings, name, environment)
  }

  /// The same for the single keys of settings that stand again further down.
  private func readShadowed(in node: YamlNode, _ name: String, _ environment: DesiredEnvironment) {
    for (key, _, value) in shadowed(node) { readInVain([key: value], name, environment) }
  }

  private func readInVain(_ settings: [String: YamlNode], _ name: String, _ environment: DesiredEnvironment) {
    var scratch = environment
    _ = readSettings(settings, name, into: &scratch)
    if let modules = settings["modules"] { readModules(modules, "\(name).modules", into: &scratch) }
  }

  func checkVersion(_ fields: [String: YamlNode], _ root: YamlNode, kind wanted: String) {
    if let node = fields["apiVersion"] {
      if let version = text(node, "apiVersion", example: "'pinion/v1'"), version != "pinion/v1" {
        error("the apiVersion '\(version)' is not known", at: node.mark, hint: "write 'apiVersion: pinion/v1'")
      }
    } else {
      error("`apiVersion` is missing", at: root.mark, hint: "write 'apiVersion: pinion/v1'")
    }
    if let node = fields["kind"] {
      if let kind = text(node, "kind", example: "'\(wanted)'"), kind != wanted {
        error("the kind '\(kind)' is not known", at: node.mark, hint: "write 'kind: \(wanted)'")
      }
    } else {
      error("`kind` is missing", at: root.mark, hint: "write 'kind: \(wanted)'")
    }
  }

  private func metadataName(_ node: YamlNode?, _ root: YamlNode) -> String? {
    let example = "'metadata: {name: my-environment}'"
    guard let node else {
      error("`metadata` is missing", at: root.mark, hint: "write \(example)")
      return nil
    }
    guard let metadata = fields(node, "metadata", known: KnownKeys.metadata, example: example) else { return nil }
    guard let name = metadata["name"] else {
      error("`metadata.name` is missing", at: node.mark, hint: "write \(example)")
      return nil
    }
    return environmentName(name, "metadata.name")
  }

  /// An environment's name: `[a-z0-9]([a-z0-9-]*[a-z0-9])?`, at most 63 characters.
  private func environmentName(_ node: YamlNode, _ key: String) -> String? {
    guard let name = text(node, key, example: "'name: my-environment'") else { return nil }
    func isPlain(_ character: Character) -> Bool {
      character.isASCII && (character.isLowercase || character.isNumber)
    }
    let isValid =
      name.count <= 63 && name.allSatisfy { isPlain($0) || $0 == "-" } && name.first != "-" && name.last != "-"
    if isValid { return name }
    var repaired = String(name.lowercased().prefix(63).map { isPlain($0) ? $0 : "-" })
    repaired = repaired.split(separator: "-").joined(separator: "-")
    error(
      "'\(Excerpt.quoted(name, 80))' is no environment's name", at: node.mark,
      hint: "names are lower-case letters, digits and '-' inside, at most 63"
        + (repaired.isEmpty ? "" : ": write '\(repaired)'"))
    return nil
  }

  // MARK: vCon Server

  /// Reads what a vCon Server config says besides its modules. What is not Pinion's is left alone.
  func vconServer(_ root: YamlNode) -> Declaration? {
    settingsKey = "pinion"
    guard let entries = mapping(root, "config", example: "the sections imports, links, storages, tracers") else {
      return nil
    }
    warnOfNearMisses(entries.map { ($0.key, $0.keyMark) }, known: Self.vconKeys, "the config")
    let own = entries.last { $0.key == "pinion" }?.value
    var settings: [String: YamlNode] = [:]
    if let own, !own.isNull {
      settings =
        fields(own, "pinion", known: KnownKeys.metadata + KnownKeys.spec, example: "'name:' or other keys under it")
        ?? [:]
    }
    var name: String? = "default"
    if let node = settings["name"] { name = environmentName(node, "pinion.name") }
    var environment = DesiredEnvironment(
      name: name ?? "unnamed", kind: .vconServer, location: file.location(root.mark), directory: file.directory)
    var declaration = Declaration(reader: self, hasName: name != nil, environment: environment)
    for (key, _, value) in shadowed(root) where key == "pinion" && !value.isNull {
      readInVain(value, "pinion", environment)
    }
    if let own { readShadowed(in: own, "pinion", environment) }
    declaration.settings = readSettings(settings, "pinion", into: &environment)
    declaration.environment = environment
    declaration.modules = settings["modules"]
    declaration.sections = entries
    declaration.shadowedSections = shadowed(root)
    return declaration
  }

  // MARK: modules

  /// Adds a document's modules to an environment: its own, or the one that includes it.
  func readModules(of declaration: Declaration, into environment: inout DesiredEnvironment) {
    guard declaration.environment.kind == .vconServer else {
      settingsKey = "spec"
      if let modules = declaration.modules { readModules(modules, "spec.modules", into: &environment) }
      return
    }
    settingsKey = "pinion"
    let known = environment.modules.count
    var scratch = environment
    for (key, _, value) in declaration.shadowedSections {
      guard let section = Self.sections.first(where: { $0.key == key })?.section else { continue }
      readSection(value, section, into: &scratch)
    }
    for (key, _, value) in declaration.sections {
      if key == "pinion", let modules = declaration.modules {
        readModules(modules, "pinion.modules", into: &environment)
      } else if let section = Self.sections.first(where: { $0.key == key })?.section {
        readSection(value, section, into: &environment)
      }
    }
    let chains = ServerChains(declaration.sections.last { $0.key == "chains" }?.value)
    for index in environment.modules.indices.dropFirst(known) where environment.modules[index].section == .links {
      environment.modules[index].isUsed = chains.use(link: environment.modules[index].name)
    }
  }
}
