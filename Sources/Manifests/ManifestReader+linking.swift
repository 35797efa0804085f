internal import Model

extension ManifestReader {
  /// A bare word, or a mapping with the mode of all and of single distributions.
  func linking(
    _ node: YamlNode, _ name: String, _ settings: inout ManifestSettings, into environment: inout DesiredEnvironment
  ) {
    func state(_ key: String, _ node: YamlNode) { settings.stated[key] = file.location(node.mark) }
    guard node.kind == .mapping else {
      guard let mode = word(node, name, LinkMode.self) else { return }
      environment.links.mode = mode
      return state("linking.mode", node)
    }
    let example = "'linking: {mode: symlink, distributions: {numpy: hardlink}}'"
    guard let fields = fields(node, name, known: KnownKeys.linking, example: example) else { return }
    if let node = fields["mode"], let mode = word(node, "\(name).mode", LinkMode.self) {
      environment.links.mode = mode
      state("linking.mode", node)
    }
    guard let node = fields["distributions"], !node.isNull,
      let entries = mapping(node, "\(name).distributions", example: "'distributions: {numpy: hardlink}'")
    else { return }
    for (key, mark, value) in entries {
      guard let distribution = PackageName(key) else {
        error(
          "'\(Excerpt.quoted(key))' is no distribution's name", at: mark,
          hint: "write the name as the index has it, as in 'numpy: hardlink'")
        continue
      }
      guard let mode = word(value, "\(name).distributions.\(distribution)", LinkMode.self) else { continue }
      if environment.links.distributions.updateValue(mode, forKey: distribution) != nil {
        error(
          "the distribution \(distribution) stands twice in `\(name).distributions`", at: mark,
          hint: "remove one of them; '-', '_' and '.' are the same in names")
      }
      state("linking.distributions.\(distribution)", value)
    }
  }
}
