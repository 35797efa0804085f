internal import Model
internal import Platform

extension ManifestReader {
  // MARK: health

  /// `health`: what has to be well after a switch, and how long it has.
  func health(_ node: YamlNode, _ name: String) -> HealthCheck? {
    let example = "'health: {http: \"http://127.0.0.1:8080/health\", within: 1m}'"
    guard !node.isNull, let fields = fields(node, name, known: KnownKeys.health, example: example) else { return nil }
    var probes: [HealthCheck.Probe] = []
    if let node = fields["exec"], let words = command(node, "\(name).exec") { probes.append(.exec(words)) }
    if let node = fields["http"], let probe = webProbe(node, "\(name).http") { probes.append(probe) }
    if let node = fields["tcp"], let probe = portProbe(node, "\(name).tcp") { probes.append(probe) }
    if let node = fields["pidFile"], let path = path(node, "\(name).pidFile", example: "'/run/app.pid'") {
      probes.append(.pidFile(path))
    }
    if !["exec", "http", "tcp", "pidFile"].contains(where: { fields[$0] != nil }) {
      error("`\(name)` says nothing of what has to be well", at: node.mark, hint: "write \(example)")
    }
    var check = HealthCheck(probes: probes, location: file.location(node.mark))
    if let node = fields["within"], let seconds = duration(node, "\(name).within") { check.within = seconds }
    if let node = fields["every"], let seconds = duration(node, "\(name).every") { check.every = seconds }
    if let node = fields["timeout"], let seconds = duration(node, "\(name).timeout") { check.timeout = seconds }
    if let node = fields["successes"], let count = number(node, "\(name).successes", 1...1000) {
      check.successes = count
    }
    return probes.isEmpty ? nil : check
  }

  private func webProbe(_ node: YamlNode, _ name: String) -> HealthCheck.Probe? {
    guard node.kind == .mapping else { return serverURL(node, name).map { .http($0, status: nil, contains: nil) } }
    let example = "'http: {url: \"http://127.0.0.1:8080/health\", status: 200}'"
    guard let fields = fields(node, name, known: KnownKeys.webProbe, example: example) else { return nil }
    guard let url = fields["url"] else {
      error("`\(name)` has no `url`", at: node.mark, hint: "write \(example)")
      return nil
    }
    let status = fields["status"].flatMap { number($0, "\(name).status", 100...599) }
    let text = fields["contains"].flatMap { expandedText($0, "\(name).contains", example: "'ok'", numbers: true) }
    return serverURL(url, "\(name).url").map { .http($0, status: status, contains: text) }
  }

  private func portProbe(_ node: YamlNode, _ name: String) -> HealthCheck.Probe? {
    guard let text = expandedText(node, name, example: "'127.0.0.1:5432'") else { return nil }
    let parts = try? URLReader.authority(text[...], at: 0)
    if let parts, let port = parts.port, !parts.host.isEmpty {
      let isBracketed = parts.host.hasPrefix("[")
      return .tcp(host: isBracketed ? String(parts.host.dropFirst().dropLast()) : parts.host, port: port)
    }
    error(
      "'\(Excerpt.quoted(text))' is no host with a port", at: node.mark, hint: "write, for instance, '127.0.0.1:5432'")
    return nil
  }

  // MARK: hooks

  /// `onChange`: what is done after a switch.
  func hooks(_ node: YamlNode, _ name: String) -> [ChangeHook] {
    guard !node.isNull else { return [] }
    return items(node, name, example: "'onChange: [{systemctl: reload, unit: app.service}]'").compactMap {
      hook($0, "\(name)[]")
    }
  }

  private func hook(_ item: YamlNode, _ name: String) -> ChangeHook? {
    let example = "'onChange: [{systemctl: reload, unit: app.service}]'"
    guard let fields = fields(item, name, known: KnownKeys.hook, example: example) else { return nil }
    let kinds = ["exec", "signal", "systemctl", "http"].filter { fields[$0] != nil }
    guard let kind = kinds.first, kinds.count == 1 else {
      error(
        kinds.isEmpty ? "a hook says nothing of what is to be done" : "a hook does one thing", at: item.mark,
        hint: "write one of exec, signal, systemctl and http")
      return nil
    }
    let partner = ["signal": "pidFile", "systemctl": "unit"][kind]
    for key in ["pidFile", "unit"] where (fields[key] != nil) != (key == partner) {
      error(
        fields[key] == nil ? "`\(name).\(kind)` needs a `\(key)`" : "`\(key)` does not go with `\(kind)`",
        at: (fields[key] ?? item).mark,
        hint: fields[key] == nil
          ? "write it beside it: '\(key == "unit" ? "unit: app.service" : "pidFile: /run/app.pid")'" : "take it out")
      return nil
    }
    guard let node = fields[kind], let action = action(kind, node, fields, name) else { return nil }
    var hook = ChangeHook(action, location: file.location(item.mark))
    if let node = fields["timeout"] {
      guard let seconds = duration(node, "\(name).timeout") else { return nil }
      hook.timeout = seconds
    }
    return hook
  }

  private func action(
    _ kind: String, _ node: YamlNode, _ fields: [String: YamlNode], _ name: String
  ) -> ChangeHook.Action? {
    switch kind {
    case "exec": return command(node, "\(name).exec").map { .exec($0) }
    case "signal":
      guard let signal = word(node, "\(name).signal", HookSignal.self),
        let path = fields["pidFile"].flatMap({ path($0, "\(name).pidFile", example: "'/run/app.pid'") })
      else { return nil }
      return .signal(signal, pidFile: path)
    case "systemctl":
      guard let verb = word(node, "\(name).systemctl", SystemctlVerb.self),
        let unit = fields["unit"].flatMap({ unit($0, "\(name).unit") })
      else { return nil }
      return .systemctl(verb, unit: unit)
    default: return serverURL(node, "\(name).http").map { .post($0) }
    }
  }

  /// The name of a unit (systemd.unit(5)), which must not be taken for an option.
  private func unit(_ node: YamlNode, _ name: String) -> String? {
    guard let text = expandedText(node, name, example: "'app.service'") else { return nil }
    let isName = text.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || ":-_.\\@".unicodeScalars.contains(scalar))
    }
    if isName, !text.hasPrefix("-"), text.utf8.count <= 255 { return text }
    error("'\(Excerpt.quoted(text))' is no unit's name", at: node.mark, hint: "write, for instance, 'app.service'")
    return nil
  }

  // MARK: parts

  /// A program with its arguments; no shell reads it. A program with a slash is a path, others are looked up on PATH.
  private func command(_ node: YamlNode, _ name: String) -> [String]? {
    let example = "[/usr/bin/pg_isready, -q]"
    guard let items = texts(node, name, example: example) else { return nil }
    guard let program = items.first else {
      if node.sequence?.isEmpty == true {
        error("`\(name)` names no program", at: node.mark, hint: "write \(example)")
      }
      return nil
    }
    guard items.count == node.sequence?.count else { return nil }
    guard !program.text.hasPrefix("~"), !program.text.contains(where: \.isWhitespace) else {
      error(
        "'\(Excerpt.quoted(program.text))' is no program's name or path", at: program.node.mark,
        hint: program.text.hasPrefix("~")
          ? "'~' is not expanded: write the path in full, or '${HOME}/…'"
          : "write each word as an item of its own, as in \(example); for a shell, [sh, -c, \"…\"]")
      return nil
    }
    let path = program.text.contains("/") ? program.text.absolutePath(from: file.directory) : program.text
    return [path] + items.dropFirst().map(\.text)
  }

  private func number(_ node: YamlNode, _ name: String, _ range: ClosedRange<Int>) -> Int? {
    guard let text = expandedText(node, name, example: "\(range.lowerBound)", numbers: true) else { return nil }
    if text.utf8.count <= 9, text.allSatisfy(\.isASCIIDigit), let number = Int(text), range.contains(number) {
      return number
    }
    error(
      "`\(name)` cannot be '\(Excerpt.quoted(text))'", at: node.mark,
      hint: "write a number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }
}

/// Whether the host lets a manifest have things done on it.
enum HookPermission {
  /// A complaint for each hook, and for a health check that runs a command, where the host's file does not allow them.
  ///
  /// Without a host's file whoever writes a manifest is trusted: modules that it names are run, too.
  static func complaints(_ environment: DesiredEnvironment, host: HostPolicy?) -> [Diagnostic] {
    guard let host, host.hooks?.value != .allow else { return [] }
    let rule = host.hooks.map { "`hooks: deny` is set at \($0.location)" } ?? "\(host.file) does not say `hooks: allow`"
    func complaint(_ message: String, _ location: SourceLocation) -> Diagnostic {
      Diagnostic(
        .policyDenied, message, at: .source(location, excerpt: nil), because: rule,
        hint: "take it out, or ask whoever keeps that file to set 'hooks: allow' under `spec`")
    }
    var found: [Diagnostic] = []
    if let health = environment.health, health.runsCommands {
      found.append(complaint("the host does not let manifests run commands: `health.exec`", health.location))
    }
    return found
      + environment.onChange.map { complaint("the host does not let manifests have hooks: \($0)", $0.location) }
  }
}
