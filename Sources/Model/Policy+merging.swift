extension Policy {
  /// The policy of an environment: the defaults of its kind, what its manifest states, and the host's rules, which can only
  /// make it stricter.
  ///
  /// `alsoSources` are the source rules of included files. The complaints are errors: a manifest that asks for less than the
  /// host demands would otherwise seem to get it.
  public static func merged(
    _ stated: PolicyDeclaration, kind: DesiredEnvironment.Kind,
    alsoSources: [PolicyDeclaration.Stated<SourceRules.Layer>] = [], host: HostPolicy?
  ) -> (policy: Policy, complaints: [Diagnostic]) {
    var merge = Merge(policy: Policy(for: kind))
    merge.scalar(.pinned, \.pinned, stated.pinned, host?.policy.pinned)
    merge.scalar(.impliedPackages, \.impliedPackages, stated.impliedPackages, host?.policy.impliedPackages)
    merge.scalar(.builds, \.builds, stated.builds, host?.policy.builds)
    merge.scalar(.downgrade, \.downgrade, stated.downgrade, host?.policy.downgrade)
    merge.scalar(.rewinds, \.rewinds, stated.rewinds, host?.policy.rewinds)
    merge.limit(stated.excludeNewer, host?.policy.excludeNewer)
    merge.scalar(.pth, \.pth, stated.pth, host?.policy.pth)
    merge.byName(.collisions, \.collisions, stated.collisions, host?.policy.collisions)
    merge.byName(.record, \.record, stated.record, host?.policy.record)
    merge.unpacked(stated.unpacked, host?.policy.unpacked)
    merge.buildLimits(stated.buildLimits, host?.policy.buildLimits)
    let layers = [host?.policy.sources, stated.sources].compactMap(\.self) + alsoSources
    // Each layer says itself where it stands: what is refused is refused by one of them.
    merge.policy.sources = SourceRules(
      layers: layers.map { SourceRules.Layer(allow: $0.value.allow, deny: $0.value.deny, location: $0.location) })
    merge.policy.places[.sources] = layers.first?.location
    return (merge.policy, merge.complaints)
  }
}

/// Values of which one is stricter than another.
protocol Strictness: CaseIterable, RawRepresentable<String>, Equatable, Sendable {}

extension Strictness {
  /// The place among all values, which stand from the loosest to the strictest.
  var strictness: Int { Array(Self.allCases).firstIndex(of: self) ?? 0 }
}

extension PolicyLevel: Strictness {}
extension Permission: Strictness {}
extension BuildPermission: Strictness {}
extension PinnedLevel: Strictness {}
extension BreachLevel: Strictness {}

private struct Merge {
  var policy: Policy
  var complaints: [Diagnostic] = []

  mutating func scalar<Value: Strictness>(
    _ rule: Policy.Rule, _ keyPath: WritableKeyPath<Policy, Value>, _ stated: PolicyDeclaration.Stated<Value>?,
    _ host: PolicyDeclaration.Stated<Value>?
  ) {
    if let stated {
      policy[keyPath: keyPath] = stated.value
      policy.places[rule] = stated.location
    }
    guard let host else { return }
    if let stated, stated.value.strictness < host.value.strictness {
      complain(rule, stated.value.rawValue, stated.location, host.value.rawValue, host.location)
    }
    guard host.value.strictness > policy[keyPath: keyPath].strictness else { return }
    policy[keyPath: keyPath] = host.value
    policy.places[rule] = host.location
  }

  mutating func limit(
    _ stated: PolicyDeclaration.Stated<ExcludeNewer>?, _ host: PolicyDeclaration.Stated<ExcludeNewer>?
  ) {
    policy.excludeNewer = stated?.value
    policy.places[.excludeNewer] = stated?.location
    guard let host else { return }
    guard let stated else {
      policy.excludeNewer = host.value
      policy.places[.excludeNewer] = host.location
      return
    }
    // An age and a date cannot be compared: both hold.
    let isLater = stated.value.moment.map { moment in host.value.moment.map { moment > $0 } ?? false } ?? false
    let isYounger = stated.value.age.map { age in host.value.age.map { age < $0 } ?? false } ?? false
    if isLater || isYounger {
      complain(.excludeNewer, stated.value.description, stated.location, host.value.description, host.location)
    }
    let both = stated.value.tightened(by: host.value)
    policy.excludeNewer = both
    if both == host.value, both != stated.value { policy.places[.excludeNewer] = host.location }
  }

  /// For each distribution that one of the two names, and for all others, the stricter statement holds.
  mutating func byName(
    _ rule: Policy.Rule, _ keyPath: WritableKeyPath<Policy, RuleByName>,
    _ stated: PolicyDeclaration.Stated<RuleByName>?,
    _ host: PolicyDeclaration.Stated<RuleByName>?
  ) {
    if let stated {
      policy[keyPath: keyPath] = RuleByName(stated.value.standard ?? .error, named: stated.value.named)
      policy.places[rule] = stated.location
    }
    guard let host else { return }
    func isLooser(_ stated: BreachLevel?, _ demanded: BreachLevel?) -> Bool {
      guard let stated, let demanded else { return false }
      return stated.strictness < demanded.strictness
    }
    let own = policy[keyPath: keyPath]
    var merged = own
    if let demanded = host.value.standard, isLooser(own.standard, demanded) { merged.standard = demanded }
    for name in Set(own.named.keys).union(host.value.named.keys) {
      let demanded = host.value.statement(of: name)
      let level = isLooser(own.level(of: name), demanded) ? demanded : own.level(of: name)
      if level != merged.named[name] ?? merged.standard { merged.named[name] = level }
    }
    if let stated {
      let isLoosened =
        isLooser(stated.value.standard, host.value.standard)
        || stated.value.named.contains { isLooser($0.value, host.value.statement(of: $0.key)) }
        || host.value.named.contains { isLooser(stated.value.statement(of: $0.key), $0.value) }
      if isLoosened {
        complain(rule, stated.value.description, stated.location, host.value.description, host.location)
      }
    }
    guard merged != own else { return }
    if stated == nil || merged.standard != own.standard { policy.places[rule] = host.location }
    policy[keyPath: keyPath] = merged
  }

  /// Of each limit, the smaller one holds.
  mutating func unpacked(
    _ stated: PolicyDeclaration.Stated<UnpackLimits>?, _ host: PolicyDeclaration.Stated<UnpackLimits>?
  ) {
    if let stated {
      policy.unpacked = stated.value
      policy.places[.unpacked] = stated.location
    }
    guard let host else { return }
    let own = policy.unpacked
    let isLoosened =
      (stated?.value.size).map { $0 > host.value.size ?? .max } ?? false
      || (stated?.value.ratio).map { $0 > host.value.ratio ?? .max } ?? false
    if let stated, isLoosened {
      complain(.unpacked, stated.value.description, stated.location, host.value.description, host.location)
    }
    if let size = host.value.size, size < own.largestSize { policy.unpacked.size = size }
    if let ratio = host.value.ratio, ratio < own.largestRatio { policy.unpacked.ratio = ratio }
    if policy.unpacked != own { policy.places[.unpacked] = host.location }
  }

  /// The same.
  mutating func buildLimits(
    _ stated: PolicyDeclaration.Stated<BuildLimits>?, _ host: PolicyDeclaration.Stated<BuildLimits>?
  ) {
    if let stated {
      policy.buildLimits = stated.value
      policy.places[.buildLimits] = stated.location
    }
    guard let host else { return }
    let own = policy.buildLimits
    let isLoosened =
      (stated?.value.memory).map { $0 > host.value.memory ?? .max } ?? false
      || (stated?.value.deadline).map { $0 > host.value.deadline ?? .max } ?? false
    if let stated, isLoosened {
      complain(.buildLimits, stated.value.description, stated.location, host.value.description, host.location)
    }
    if let memory = host.value.memory, memory < own.mostMemory { policy.buildLimits.memory = memory }
    if let deadline = host.value.deadline, deadline < own.longest { policy.buildLimits.deadline = deadline }
    if policy.buildLimits != own { policy.places[.buildLimits] = host.location }
  }

  private mutating func complain(
    _ rule: Policy.Rule, _ stated: String, _ location: SourceLocation, _ host: String, _ hostLocation: SourceLocation
  ) {
    complaints.append(
      Diagnostic(
        .policyDenied,
        "`policy.\(rule.rawValue): \(stated)` is looser than the host's `\(rule.rawValue): \(host)` at \(hostLocation)",
        at: .source(location, excerpt: nil), because: "a manifest can make the host's rules stricter, and never looser",
        hint: "write '\(rule.rawValue): \(host)', or take the key out"))
  }
}
