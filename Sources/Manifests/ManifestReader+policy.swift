internal import Model

extension ManifestReader {
  /// The rules of a file. Also those of a host file, which have the same form.
  func policy(_ node: YamlNode, _ name: String) -> PolicyDeclaration {
    var policy = PolicyDeclaration()
    guard !node.isNull,
      let fields = fields(node, name, known: KnownKeys.policy, example: "'policy: {pinned: require}'")
    else { return policy }
    if let node = fields["pinned"], let level = pinned(node, "\(name).pinned") { policy.pinned = stated(level, node) }
    if let node = fields["sources"] {
      let layer = sources(node, "\(name).sources")
      if !layer.allow.isEmpty || !layer.deny.isEmpty { policy.sources = stated(layer, node) }
    }
    if let node = fields["impliedPackages"], let level = word(node, "\(name).impliedPackages", PolicyLevel.self) {
      policy.impliedPackages = stated(level, node)
    }
    if let node = fields["builds"], let value = word(node, "\(name).builds", BuildPermission.self) {
      policy.builds = stated(value, node)
    }
    if let node = fields["buildLimits"], let limits = buildLimits(node, "\(name).buildLimits") {
      policy.buildLimits = stated(limits, node)
    }
    if let node = fields["excludeNewer"], let limit = excludeNewer(node, "\(name).excludeNewer") {
      policy.excludeNewer = stated(limit, node)
    }
    if let node = fields["downgrade"], let value = word(node, "\(name).downgrade", Permission.self) {
      policy.downgrade = stated(value, node)
    }
    if let node = fields["rewinds"], let level = word(node, "\(name).rewinds", PolicyLevel.self) {
      policy.rewinds = stated(level, node)
    }
    contentRules(fields, name, into: &policy)
    return policy
  }

  func stated<Value>(_ value: Value, _ node: YamlNode) -> PolicyDeclaration.Stated<Value> {
    PolicyDeclaration.Stated(value, at: file.location(node.mark))
  }

  private func pinned(_ node: YamlNode, _ name: String) -> PinnedLevel? {
    // YAML 1.1 reads a bare `off` as false.
    if node.bool == false { return .off }
    return word(node, name, PinnedLevel.self)
  }

  private func excludeNewer(_ node: YamlNode, _ name: String) -> ExcludeNewer? {
    let example = "a date, as in '2026-01-31', or an age, as in '7d'"
    guard let text = expandedText(node, name, example: example, numbers: true) else { return nil }
    if let moment = UTCTime.seconds(text) { return ExcludeNewer(moment: moment, written: text) }
    // What has dashes behind digits was meant as a date.
    guard !text.contains("-") else {
      error(
        "'\(Excerpt.quoted(text, 40))' is no date", at: node.mark,
        hint: "write '2026-01-31', or with a time '2026-01-31T12:00:00Z'")
      return nil
    }
    do throws(DurationText.Problem) {
      let seconds = try DurationText.seconds(text)
      if seconds >= 1 { return ExcludeNewer(age: Int(seconds), written: text) }
      error("`\(name)` must be at least one second", at: node.mark, hint: "write \(example)")
    } catch {
      self.error(error.message, at: node.mark, hint: "write \(example)")
    }
    return nil
  }

  // MARK: sources

  private func sources(_ node: YamlNode, _ name: String) -> SourceRules.Layer {
    let example = "'sources: {allow: [\"https://packages.example.com/*\"], deny: [\"left-pad\"]}'"
    guard !node.isNull, let fields = fields(node, name, known: KnownKeys.sources, example: example) else {
      return SourceRules.Layer()
    }
    func patterns(_ key: String) -> [SourcePattern] {
      guard let node = fields[key], !node.isNull else { return [] }
      let items = texts(node, "\(name).\(key)", example: "[\"acme-*\", \"https://packages.example.com/*\"]") ?? []
      return items.compactMap { sourcePattern($0.text, $0.node) }
    }
    // A list that is there and empty would look like "nothing", and allow everything.
    if let node = fields["allow"], node.sequence?.isEmpty == true {
      error(
        "`\(name).allow` is empty, which restricts nothing", at: node.mark,
        hint: "list patterns of what is allowed, or take the key out")
    }
    return SourceRules.Layer(allow: patterns("allow"), deny: patterns("deny"))
  }

  private func sourcePattern(_ text: String, _ node: YamlNode) -> SourcePattern? {
    do throws(SourcePattern.Problem) {
      return try SourcePattern(checking: text, location: file.location(node.mark))
    } catch {
      self.error(Excerpt.withoutUserInfo(error.message), at: node.mark, hint: Excerpt.withoutUserInfo(error.hint))
      return nil
    }
  }
}
