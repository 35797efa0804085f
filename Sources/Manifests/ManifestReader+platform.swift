internal import Model

extension ManifestReader {
  /// `platform: x86_64-manylinux_2_28`, or a mapping with `target` and `python`.
  func platform(_ node: YamlNode, _ name: String) -> TargetPlatform? {
    guard node.kind == .mapping else { return platform(node, name, python: nil, name) }
    let example = "'platform: {target: x86_64-manylinux_2_28, python: \"3.12\"}'"
    guard let fields = fields(node, name, known: KnownKeys.platform, example: example) else { return nil }
    guard let target = fields["target"] else {
      error("`\(name)` has no `target`", at: node.mark, hint: "write \(example)")
      return nil
    }
    return platform(target, "\(name).target", python: fields["python"], "\(name).python")
  }

  private func platform(
    _ node: YamlNode, _ name: String, python: YamlNode?, _ pythonName: String
  ) -> TargetPlatform? {
    guard let text = expandedText(node, name, example: "x86_64-manylinux_2_28") else { return nil }
    var version: String?
    if let python {
      guard let text = expandedText(python, pythonName, example: "'python: \"3.12\"'", numbers: true) else {
        return nil
      }
      version = text
    }
    do throws(TargetPlatform.Flaw) {
      return try TargetPlatform(text, python: version)
    } catch {
      switch error {
      case .name:
        self.error(
          "`\(name)` cannot be '\(Excerpt.quoted(text))'", at: node.mark,
          hint: Suggestion.nearest(to: text, among: TargetPlatform.names).map { "did you mean '\($0)'?" }
            ?? "write a platform of Linux as uv names it, as in x86_64-manylinux_2_28 or aarch64-unknown-linux-gnu")
      case .python:
        self.error(
          "`\(pythonName)` cannot be '\(Excerpt.quoted(version ?? ""))'", at: (python ?? node).mark,
          hint: "write a minor version of CPython, as in \"3.12\"")
      }
      return nil
    }
  }
}
