internal import Model

/// Where a value goes: a host, or a pattern of hosts.
struct HostTarget: Hashable {
  /// The host or pattern, in lower case.
  var host: String
  var port: Int?
  /// The host as messages show it: a variable in it stays one.
  var shown: String

  init(_ host: String, port: Int? = nil) {
    self.host = host.lowercased()
    self.port = port
    shown = self.host
  }

  /// What a grant for it would list.
  var grantText: String { shown == host ? host : "…" }

  /// `*.example.com:8443`
  init(pattern: Glob) {
    let text = pattern.text
    if !text.hasPrefix("["), let colon = text.lastIndex(of: ":") {
      self.init(String(text[..<colon]), port: Int(text[text.index(after: colon)...]))
    } else {
      self.init(text)
    }
  }

  /// Whether a pattern covers every host that this may be.
  func isCovered(by pattern: Glob) -> Bool {
    // A `*` in the target fits only a `*` of the pattern, since no host has one.
    let isOpen = host.contains("*") || host.contains("?")
    if isOpen, pattern.text.contains("?"), pattern.text != host { return false }
    let pattern = Glob(pattern.text.lowercased())
    return pattern.matches(host) || (port.map { pattern.matches("\(host):\($0)") } ?? false)
  }
}

/// What the host's file says about variables and files, as questions.
struct HostGrants {
  var policy: HostPolicy

  struct Breach: Hashable {
    var message: String
    var hint: String
  }

  /// Whether a variable may be used at all.
  func isListed(_ variable: String) -> Bool {
    policy.variables?.contains { $0.match.matches(variable) } ?? true
  }

  /// Why a variable must not be used; nil when it may. Without a target its value stays on this machine, and reaches whoever
  /// looks there.
  func breach(ofVariable variable: String, towards target: HostTarget?, _ name: String) -> Breach? {
    guard let grants = policy.variables else { return nil }
    let matching = grants.filter { $0.match.matches(variable) }
    guard !matching.isEmpty else {
      return Breach(
        message:
          "the host's policy does not let manifests use the variable \(variable): \(policy.file) does not list it",
        hint:
          "ask whoever keeps that file to add '{match: \(variable), hosts: [\(target?.grantText ?? "…")]}' to `spec.variables`"
      )
    }
    return verdict(matching.map { ($0.hosts, $0.location) }, "the variable \(variable)", target, name)
  }

  /// Why a credential file must not be used; nil when it may.
  func breach(ofFile path: String, towards target: HostTarget, _ name: String) -> Breach? {
    guard let grants = policy.credentialFiles else { return nil }
    let matching = grants.filter { $0.match.matches(path: path) }
    guard !matching.isEmpty else {
      return Breach(
        message: "the host's policy does not let manifests use the file \(path): \(policy.file) does not list it",
        hint:
          "ask whoever keeps that file to add '{match: \(path), hosts: [\(target.grantText)]}' to `spec.credentialFiles`"
      )
    }
    return verdict(matching.map { ($0.hosts, $0.location) }, "the file \(path)", target, name)
  }

  private func verdict(
    _ grants: [(hosts: [Glob]?, location: SourceLocation)], _ what: String, _ target: HostTarget?,
    _ name: String
  ) -> Breach? {
    var listed: [String] = []
    for grant in grants {
      guard let hosts = grant.hosts else { return nil }
      if let target, hosts.contains(where: target.isCovered) { return nil }
      listed += hosts.map(\.text)
    }
    let allowed = listed.isEmpty ? "nowhere" : "to \(listed.joined(separator: ", ")) alone"
    let goal = target.map { "`\(name)` sends it to \($0.shown)" } ?? "`\(name)` uses it on this machine"
    let rules = grants.map(\.location.description).joined(separator: ", ")
    return Breach(
      message: "\(what) may go \(allowed) (\(rules)), and \(goal)",
      hint: "use a variable or a file that is meant for this, or ask whoever keeps \(policy.file)")
  }
}
