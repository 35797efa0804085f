internal import Model

extension ManifestReader {
  /// Whether every variable of a text may go where the text, as it was read, takes it; complains of each that may not.
  ///
  /// A variable goes to the host of each URL that it is a part of. What is in no URL is used on this machine.
  func allowsUses(in text: ReferenceText, towards urls: [URLReader.Result], _ name: String, _ node: YamlNode) -> Bool {
    guard grants != nil else { return true }
    let remote = urls.filter { $0.url.scheme != "file" }
    var isAllowed = true
    func judge(_ variable: String, _ offset: Int, _ targets: [HostTarget?]) {
      for target in targets where !allows(variable, towards: target, name, at: mark(in: node, offset: offset)) {
        isAllowed = false
      }
    }
    func target(_ read: URLReader.Result) -> HostTarget {
      var target = HostTarget(read.url.host, port: read.url.port)
      let isHidden = text.expanded.uses.contains {
        $0.range.lowerBound < read.hostExtent.upperBound && read.hostExtent.lowerBound < $0.range.upperBound
      }
      if isHidden { target.shown = "the host that ${…} stands for" }
      return target
    }
    for use in text.expanded.uses {
      let touched = remote.filter {
        $0.extent.lowerBound <= use.range.upperBound && use.range.lowerBound <= $0.extent.upperBound
      }
      let isWithin = touched.contains {
        $0.extent.lowerBound <= use.range.lowerBound && use.range.upperBound <= $0.extent.upperBound
      }
      judge(use.name, use.source, touched.map(target) + (isWithin ? [] : [nil]))
    }
    for (variable, credential) in text.usedInUserInfo {
      let owners = remote.filter { $0.authorityOffset == credential }
      judge(variable.name, variable.offset, owners.isEmpty ? [nil] : owners.map(target))
    }
    return isAllowed
  }

  /// Whether the text is safe to be read where the host's file says who may have which value: places must be exact, and a
  /// default must not bring further words.
  func isPlain(_ text: ReferenceText, _ name: String, _ node: YamlNode) -> Bool {
    guard grants?.policy.variables != nil else { return true }
    for use in text.expanded.uses where variables[use.name] == nil && use.text.contains(where: \.isWhitespace) {
      error(
        "the default of ${\(use.name)} has white space in it, which the host's policy does not let stand here",
        at: mark(in: node, offset: use.source), hint: "write what the default says outside the variable",
        code: .policyDenied)
      return false
    }
    guard !text.expanded.uses.isEmpty, !text.expanded.isExact else { return true }
    error(
      "`\(name)` has a mark that joins a variable's value to what stands beside it", at: node.mark,
      hint: "write letters with accents outside of names, URLs and paths with variables", code: .policyDenied)
    return false
  }

  /// Whether what is wrong with a text may be said: not where it could show a value that must not be used on this machine.
  /// Complains in its place.
  func maySay(about text: ReferenceText, _ name: String, _ node: YamlNode) -> Bool {
    guard let grants else { return true }
    for use in text.expanded.uses where grants.breach(ofVariable: use.name, towards: nil, name) != nil {
      if !grants.isListed(use.name) {
        return allows(use.name, towards: nil, name, at: mark(in: node, offset: use.source))
      }
      error(
        "`\(name)` cannot be read, and why is not said: it might show the value of \(use.name), which may go to certain hosts alone",
        at: mark(in: node, offset: use.source), hint: "try the text with another word in place of ${\(use.name)}",
        code: .policyDenied)
      return false
    }
    return true
  }

  /// Complains of variables that the host's file does not list, in a text that is not read since others are missing.
  func refuseUnlisted(in text: ReferenceText, _ name: String, _ node: YamlNode) {
    guard let grants else { return }
    let uses =
      text.expanded.uses.map { ($0.name, $0.source) }
      + text.usedInUserInfo.map { ($0.variable.name, $0.variable.offset) }
      + text.unset.map { ($0.name, $0.offset) }
    for (variable, offset) in uses where !grants.isListed(variable) {
      _ = allows(variable, towards: nil, name, at: mark(in: node, offset: offset))
    }
  }

  /// Complains of a variable whose name says that it is a secret, and that stands in a URL outside its user info: the
  /// lockfile and messages have the rest of the URL.
  func refusesSecrets(in text: ReferenceText, of urls: [URLReader.Result], _ node: YamlNode) -> Bool {
    var isRefused = false
    for use in text.expanded.uses where Excerpt.namesSecret(use.name) && !use.text.isEmpty {
      let isExposed = urls.contains { read in
        // A whole URL may have its user info within.
        guard !use.text.contains("://"), read.extent.overlaps(use.range) else { return false }
        return
          !(read.userInfoExtent.map { $0.lowerBound <= use.range.lowerBound && use.range.upperBound <= $0.upperBound }
          ?? false)
      }
      guard isExposed else { continue }
      isRefused = true
      error(
        "the variable \(use.name) stands in a URL outside its user info, and would stand in the lockfile",
        at: mark(in: node, offset: use.source),
        hint: "a credential stands in front of the host, with an '@' between them: https://${\(use.name)}@host/…",
        code: .requirementInvalid)
    }
    return isRefused
  }
}
