internal import Model

extension ManifestReader {
  /// What a document is.
  enum DocumentKind { case moduleSet, vconServer, empty, foreign }

  /// The sections of a vCon Server config that hold modules.
  static let sections: [(key: String, section: Module.Section)] = [
    ("imports", .imports), ("links", .links), ("storages", .storages), ("tracers", .tracers),
  ]

  static func kind(of document: YamlDocument) -> DocumentKind {
    guard let mapping = document.root.mapping else { return document.root.isNull ? .empty : .foreign }
    let kind = mapping["kind"]?.value.scalar?.text
    if kind == "ModuleSet" { return .moduleSet }
    // Our own version with another kind is a mistake, not somebody else's document.
    if mapping["apiVersion"]?.value.scalar?.text.hasPrefix("pinion/") == true { return .moduleSet }
    guard mapping["apiVersion"] == nil, mapping["kind"] == nil else { return .foreign }
    let keys = ["imports", "links", "storages", "tracers", "chains", "pinion"]
    return keys.contains { mapping[$0] != nil } ? .vconServer : .foreign
  }

  // MARK: ModuleSet

  /// Reads a ModuleSet. Nil when not even its name is known; complaints are in `errors`.
  func moduleSet(_ root: YamlNode) -> DesiredEnvironment? {
    settingsKey = "spec"
    let known = ["apiVersion", "kind", "metadata", "spec"]
    guard let fields = fields(root, "ModuleSet", known: known, example: "apiVersion, kind, metadata and spec") else {
      return nil
    }
    checkVersion(fields, root)
    let name = metadataName(fields["metadata"], root)
    var environment = DesiredEnvironment(
      name: name ?? "unnamed", kind: .moduleSet, location: file.location(root.mark), directory: file.directory)
    guard let spec = fields["spec"] else {
      error("`spec` is missing", at: root.mark, hint: "write 'spec:' with 'modules:' under it")
      return nil
    }
    guard !spec.isNull else { return name == nil ? nil : environment }
    guard let settings = self.fields(spec, "spec", known: Self.settings, example: "'modules:' under it") else {
      return nil
    }
    readSettings(settings, "spec", into: &environment)
    if let modules = settings["modules"] { readModules(modules, "spec.modules", into: &environment) }
    return name == nil ? nil : environment
  }

  private func checkVersion(_ fields: [String: YamlNode], _ root: YamlNode) {
    if let node = fields["apiVersion"] {
      if let version = text(node, "apiVersion", example: "'pinion/v1'"), version != "pinion/v1" {
        error("the apiVersion '\(version)' is not known", at: node.mark, hint: "write 'apiVersion: pinion/v1'")
      }
    } else {
      error("`apiVersion` is missing", at: root.mark, hint: "write 'apiVersion: pinion/v1'")
    }
    if let node = fields["kind"] {
      if let kind = text(node, "kind", example: "'ModuleSet'"), kind != "ModuleSet" {
        error("the kind '\(kind)' is not known", at: node.mark, hint: "write 'kind: ModuleSet'")
      }
    } else {
      error("`kind` is missing", at: root.mark, hint: "write 'kind: ModuleSet'")
    }
  }

  private func metadataName(_ node: YamlNode?, _ root: YamlNode) -> String? {
    let example = "'metadata: {name: my-environment}'"
    guard let node else {
      error("`metadata` is missing", at: root.mark, hint: "write \(example)")
      return nil
    }
    guard let metadata = fields(node, "metadata", known: ["name"], example: example) else { return nil }
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
      "'\(name.prefix(80))' is no environment's name", at: node.mark,
      hint: "names are lower-case letters, digits and '-' inside, at most 63"
        + (repaired.isEmpty ? "" : ": write '\(repaired)'"))
    return nil
  }

  // MARK: vCon Server

  /// Reads a vCon Server config. What is not Pinion's is left alone.
  func vconServer(_ root: YamlNode) -> DesiredEnvironment? {
    settingsKey = "pinion"
    guard let entries = mapping(root, "config", example: "the sections imports, links, storages, tracers") else {
      return nil
    }
    let own = entries.last { $0.key == "pinion" }?.value
    var settings: [String: YamlNode] = [:]
    if let own, !own.isNull {
      settings =
        fields(own, "pinion", known: ["name"] + Self.settings, example: "'name:' or other keys under it") ?? [:]
    }
    var name: String? = "default"
    if let node = settings["name"] { name = environmentName(node, "pinion.name") }
    var environment = DesiredEnvironment(
      name: name ?? "unnamed", kind: .vconServer, location: file.location(root.mark), directory: file.directory)
    readSettings(settings, "pinion", into: &environment)
    for (key, _, value) in entries {
      if key == "pinion", let modules = settings["modules"] {
        readModules(modules, "pinion.modules", into: &environment)
      } else if let section = Self.sections.first(where: { $0.key == key })?.section {
        readSection(value, section, into: &environment)
      }
    }
    return name == nil ? nil : environment
  }
}
