internal import Model

extension ManifestReader {
  /// `audit`: where known vulnerabilities are looked up, and which do not count for a while.
  func audit(
    _ node: YamlNode, _ name: String, _ settings: inout ManifestSettings, into environment: inout DesiredEnvironment
  ) {
    let example = "'audit: {ignore: [{id: CVE-2026-1234, reason: not reachable, until: 2027-01-31}]}'"
    guard !node.isNull, let fields = fields(node, name, known: KnownKeys.audit, example: example) else { return }
    if let node = fields["database"], let path = path(node, "\(name).database", example: "'/srv/osv/pypi.zip'") {
      environment.audit.database = path
      settings.stated["audit.database"] = file.location(node.mark)
    }
    guard let list = fields["ignore"], !list.isNull else { return }
    for item in items(list, "\(name).ignore", example: example) {
      guard let exception = auditException(item, "\(name).ignore[]", example: example) else { continue }
      if let first = environment.audit.exceptions.first(where: { $0.id == exception.id }) {
        error(
          "\(exception.id) is ignored twice, first at \(first.location)", at: item.mark, hint: "take one of them out")
      } else {
        environment.audit.exceptions.append(exception)
      }
    }
  }

  private func auditException(_ item: YamlNode, _ name: String, example: String) -> AuditException? {
    guard let fields = fields(item, name, known: KnownKeys.auditException, example: example) else { return nil }
    // Nobody may forget why something was let pass, or that it was.
    for key in KnownKeys.auditException where fields[key] == nil {
      error("an entry of `\(name.dropLast(2))` has no `\(key)`", at: item.mark, hint: "write \(example)")
    }
    let id = fields["id"].flatMap { expandedText($0, "\(name).id", example: "'id: CVE-2026-1234'") }
    let reason = fields["reason"].flatMap { expandedText($0, "\(name).reason", example: "'reason: not reachable'") }
    let until = fields["until"].flatMap { date($0, "\(name).until") }
    guard let id, let reason, let until else { return nil }
    return AuditException(id: id, reason: reason, until: until, location: file.location(item.mark))
  }

  private func date(_ node: YamlNode, _ name: String) -> Int? {
    guard let text = expandedText(node, name, example: "'2027-01-31'", numbers: true) else { return nil }
    if let moment = UTCTime.seconds(text) { return moment }
    error(
      "'\(Excerpt.quoted(text, 40))' is no date", at: node.mark,
      hint: "write '2027-01-31', or with a time '2027-01-31T12:00:00Z'")
    return nil
  }
}
