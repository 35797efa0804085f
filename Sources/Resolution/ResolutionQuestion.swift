internal import Model

/// What is to be solved.
struct ResolutionQuestion: Sendable {
  /// The interpreter that the solution is for.
  var interpreter: Interpreter
  /// What is there already, and stays.
  var base: BaseEnvironment?
  /// Distributions of the base that may be of another version than there.
  var released: Set<PackageName> = []
  /// Requirements by name, in PEP 508 form, and wheels that are at hand as `name[extra] @ file://…`.
  var requirements: [String] = []
  /// Versions that must hold if the name is in the solution.
  var constraints: [String] = []
  /// Requirements that take the place of all others for the same name.
  var overrides: [String] = []
  /// Distributions whose own dependencies do not count.
  var withoutDependencies: Set<PackageName> = []
  /// Distributions of which a pre-release will do where a final release exists.
  var withPrereleases: Set<PackageName> = []
  /// The versions to prefer.
  var preferences: [LockedDistribution] = []
  /// What may move away from its preferred version.
  var upgrade = UpgradeScope.none
  /// Said of a set without a solution: the rules that leave files out. The resolver never sees those, and says that they
  /// do not exist.
  var restrictions: [String] = []

  /// What a declaration asks of indexes. What stands in the base stays as it is.
  init(
    _ environment: DesiredEnvironment, answers: ModuleAnswers, interpreter: Interpreter, base: BaseEnvironment?
  ) {
    self.interpreter = interpreter
    self.base = base
    var lines: Set<String> = []
    for (requirement, _) in answers.indexRequirements {
      lines.insert(requirement.pep508)
      if requirement.options.allowsPrereleases { withPrereleases.insert(requirement.name) }
      if requirement.options.ignoresDependencies { withoutDependencies.insert(requirement.name) }
    }
    // Somebody else who asks for the distribution asks for what it needs as well.
    for (requirement, _) in answers.indexRequirements where !requirement.options.ignoresDependencies {
      withoutDependencies.remove(requirement.name)
    }
    requirements = lines.sorted()
    constraints = environment.constraints.map(\.requirement.pep508)
    overrides = environment.overrides.map(\.requirement.pep508)
    let policy = environment.policy
    if policy.excludeNewer != nil {
      restrictions.append("what indexes received later is passed over: \(policy.text(of: .excludeNewer))")
    }
    if policy.builds == .deny {
      restrictions.append("what would have to be built is passed over: \(policy.text(of: .builds))")
    }
  }

  /// Adds the distributions that come from no index, and pins the base's others.
  ///
  /// What one of them asks for by a direct reference of its own is what answers for the name here: that reference itself, or
  /// whoever goes before it.
  mutating func add(_ direct: [PackageName: DirectModule], answers: ModuleAnswers) {
    constraints += (base?.distributions ?? []).compactMap { direct[$0.name] == nil ? fixed($0.name) : nil }
    for module in direct.values.sorted(by: { $0.metadata.name < $1.metadata.name }) {
      requirements.append(module.requirement(wheel: module.wheel))
      if module.ignoresDependencies { withoutDependencies.insert(module.metadata.name) }
    }
    for module in direct.values where !module.ignoresDependencies {
      let needed = module.metadata.dependencies(markers: interpreter.markers, extras: Set(module.extras))
      for dependency in needed where dependency.url != nil { substitute(dependency.name, direct, answers) }
    }
  }

  /// Lets what is declared, else what the base has, answer for a name, whatever place others name for it. Whether anything
  /// does.
  @discardableResult
  mutating func substitute(
    _ name: PackageName, _ direct: [PackageName: DirectModule], _ answers: ModuleAnswers
  ) -> Bool {
    if overrides.contains(where: { PackageName($0.prefix { !"=<>!~ ;[".contains($0) }) == name }) { return true }
    let asked = answers.indexRequirements.filter { $0.requirement.name == name }
    if let declared = direct[name] {
      overrides.append(declared.requirement(wheel: declared.wheel))
    } else if !asked.isEmpty {
      overrides += Set(asked.map(\.requirement.pep508)).sorted()
    } else if let version = fixed(name) {
      overrides.append(version)
    } else {
      return false
    }
    overrides.sort()
    return true
  }

  /// The version of the base, as a requirement.
  private func fixed(_ name: PackageName) -> String? {
    guard !released.contains(name) else { return nil }
    return base?.distributions.first { $0.name == name }.flatMap { entry in
      Version(entry.version).map { "\(name)==\($0)" }
    }
  }
}
