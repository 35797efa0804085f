internal import Model

/// Entries whose own index is never asked, since `spec.indexes` claims their package with `packages`.
enum ClaimedNames {
  /// A warning for each module of which that is so.
  static func warnings(_ environment: DesiredEnvironment) -> [Diagnostic] {
    environment.modules.compactMap { module in
      guard case .requirement(.index(let requirement)) = module.requirement,
        requirement.options.index != nil || !requirement.options.extraIndexes.isEmpty,
        let claiming = environment.indexes.first(where: { $0.packages.contains { $0.matches(requirement.name) } })
      else { return nil }
      let option = requirement.options.index == nil ? "--extra-index-url" : "--index-url"
      let place = claiming.location.map { " at \($0)" } ?? ""
      return Diagnostic(
        .manifestInvalid, severity: .warning,
        "'\(option)' has no effect: \(requirement.name) comes from the index '\(claiming.name)' alone",
        at: .source(module.location, excerpt: nil), because: "`packages`\(place) claims this name",
        hint: "take '\(option)' out, or the name out of `packages`")
    }
  }
}
