internal import Model

/// What an upgrade moves: the distributions, and the modules that were named by it.
struct UpgradeTargets: Sendable {
  /// What may move, in names of distributions.
  var scope: UpgradeScope
  /// The labels of the modules that the user named: a moved tag is accepted for these alone.
  var labels: Set<String> = []
  /// The locked distributions that the user named: for what no module declares, these accept it.
  var distributions: Set<PackageName> = []

  /// Reads names of modules, of their labels (`links.my_link`), or of distributions.
  ///
  /// Throws `usage` for a name that is none of them.
  init(_ scope: UpgradeScope, modules: [Module], previous: Lockfile?) throws {
    self.scope = scope
    guard case .packages(let names) = scope else { return }
    let locked = Dictionary((previous?.modules ?? []).map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    var distributions: Set<PackageName> = []
    for name in names {
      var isKnown = previous?[name] != nil
      if isKnown {
        distributions.insert(name)
        self.distributions.insert(name)
      }
      for module in modules {
        let bringing = [(try? module.resolvedRequirement())?.name, locked[module.label]?.distribution].compactMap { $0 }
        guard PackageName(module.name) == name || PackageName(module.label) == name || bringing.contains(name) else {
          continue
        }
        isKnown = true
        labels.insert(module.label)
        distributions.formUnion(bringing)
      }
      guard isKnown else {
        throw Failure(
          .usage, "--upgrade: nothing here is called \(name)",
          hint: "name a module, as in " + (modules.first.map { "--upgrade \($0.name)" } ?? "the manifest")
            + ", or a distribution of the lockfile")
      }
    }
    self.scope = .packages(distributions.sorted())
  }

  /// Whether one of these modules is named.
  func names(_ modules: [Module]) -> Bool { modules.contains { labels.contains($0.label) } }
}
