internal import Model

extension ManifestReader {
  /// The rules on what wheels bring, out of the fields of a policy.
  func contentRules(_ fields: [String: YamlNode], _ name: String, into policy: inout PolicyDeclaration) {
    if let node = fields["pth"], let level = word(node, "\(name).pth", PolicyLevel.self) {
      policy.pth = stated(level, node)
    }
    if let node = fields["collisions"], let rule = ruleByName(node, "\(name).collisions") {
      policy.collisions = stated(rule, node)
    }
    if let node = fields["record"], let rule = ruleByName(node, "\(name).record") {
      policy.record = stated(rule, node)
    }
    if let node = fields["unpacked"], let limits = unpackLimits(node, "\(name).unpacked") {
      policy.unpacked = stated(limits, node)
    }
  }

  /// A bare word for all distributions, or a mapping with single ones.
  private func ruleByName(_ node: YamlNode, _ name: String) -> RuleByName? {
    guard node.kind == .mapping else { return word(node, name, BreachLevel.self).map { RuleByName($0) } }
    let key = name.split(separator: ".").last ?? ""
    let example = "'\(key): {default: error, packages: {some-package: warn}}'"
    guard let fields = fields(node, name, known: KnownKeys.ruleByName, example: example) else { return nil }
    var rule = RuleByName()
    if let node = fields["default"] { rule.standard = word(node, "\(name).default", BreachLevel.self) }
    guard let node = fields["packages"], !node.isNull,
      let packages = mapping(node, "\(name).packages", example: example)
    else { return rule }
    for (text, mark, value) in packages {
      guard let package = PackageName(text) else {
        error("'\(Excerpt.quoted(text))' is no package's name", at: mark, hint: "write \(example)")
        continue
      }
      guard rule.named[package] == nil else {
        error("`\(name).packages` has \(package) twice", at: mark, hint: "remove one of them")
        continue
      }
      if let level = word(value, "\(name).packages.\(text)", BreachLevel.self) { rule.named[package] = level }
    }
    return rule
  }

  private func unpackLimits(_ node: YamlNode, _ name: String) -> UnpackLimits? {
    let example = "'unpacked: {size: 8GiB, ratio: 200}'"
    guard !node.isNull, let fields = fields(node, name, known: KnownKeys.unpacked, example: example) else { return nil }
    var limits = UnpackLimits()
    if let node = fields["size"] { limits.size = size(node, "\(name).size", example: "8GiB") }
    if let node = fields["ratio"], let text = expandedText(node, "\(name).ratio", example: "200", numbers: true) {
      let isNumber = text.utf8.count <= 9 && text.utf8.allSatisfy { (48...57).contains($0) }
      if isNumber, let ratio = Int(text), ratio > 0 {
        limits.ratio = ratio
      } else {
        error(
          "'\(Excerpt.quoted(text, 40))' is no ratio", at: node.mark,
          hint: "write how many times its own size a wheel may unpack to, as in 'ratio: 200'")
      }
    }
    return limits
  }

  /// How much builds may take.
  func buildLimits(_ node: YamlNode, _ name: String) -> BuildLimits? {
    let example = "'buildLimits: {memory: 4GiB, deadline: 30m}'"
    guard !node.isNull, let fields = fields(node, name, known: KnownKeys.buildLimits, example: example) else {
      return nil
    }
    var limits = BuildLimits()
    if let node = fields["memory"] { limits.memory = size(node, "\(name).memory", example: "4GiB") }
    if let node = fields["deadline"],
      let text = expandedText(node, "\(name).deadline", example: "'30m'", numbers: true)
    {
      do throws(DurationText.Problem) {
        let seconds = try DurationText.seconds(text)
        if seconds >= 1 {
          limits.deadline = Int(seconds)
        } else {
          error("`\(name).deadline` must be at least one second", at: node.mark, hint: "write '30m', for instance")
        }
      } catch {
        self.error(error.message, at: node.mark, hint: error.hint)
      }
    }
    return limits
  }

  /// A number of bytes above zero.
  private func size(_ node: YamlNode, _ name: String, example: String) -> Int? {
    guard let text = expandedText(node, name, example: "'\(example)'", numbers: true) else { return nil }
    if let size = ByteCount.bytes(text), size > 0 { return size }
    error(
      "'\(Excerpt.quoted(text, 40))' is no size", at: node.mark,
      hint: "write a number and B, KiB, MiB, GiB or TiB, as in '\(example)'")
    return nil
  }
}
