internal import Model

/// A place that is asked for instead of a package of an index: by modules, or by a distribution that names it in its metadata.
struct DirectRequest: Sendable {
  /// The place.
  var source: DirectSource
  /// The modules that ask for it, or for what brings it.
  var modules: [Module]
  /// The distributions that name it; empty where modules do themselves.
  var bringers: Set<PackageName> = []
  /// The name that it is asked for by, where it is brought.
  var name: PackageName?

  /// Whether it is there since a distribution names it.
  var isBrought: Bool { !bringers.isEmpty }

  /// What `--upgrade` is to be given so that it may be another one.
  var upgradeName: String { isBrought ? name?.text ?? "" : modules.first?.name ?? "MODULE" }

  /// Who asks for it, one line each: `links.a (config.yml:2:3) asks for …`.
  func askers(_ what: String) -> [String] {
    let way = isBrought ? " by way of " + bringers.sorted().map(\.text).joined(separator: " and ") : ""
    return modules.map { "\($0.label) (\($0.location)) asks for \(what)\(way)" }
  }

  /// Where the first that asks for it stands.
  var place: Place? { modules.first.map { .source($0.location, excerpt: nil) } }

  /// Whether an upgrade asks for it anew. Whoever names a module means what it brings as well.
  func isAsked(by upgrade: UpgradeTargets) -> Bool {
    upgrade.scope == .all || upgrade.names(modules) || accepts(upgrade)
  }

  /// Whether an upgrade names it, so that it may be anything: for what is brought that takes its own name.
  func accepts(_ upgrade: UpgradeTargets) -> Bool {
    isBrought ? name.map(upgrade.distributions.contains) ?? false : upgrade.names(modules)
  }
}

extension ModuleAnswers {
  /// What modules ask for by themselves.
  var directRequests: [DirectSource: DirectRequest] {
    directRequirements.reduce(into: [:]) { $0[$1.key] = DirectRequest(source: $1.key, modules: $1.value) }
  }
}
