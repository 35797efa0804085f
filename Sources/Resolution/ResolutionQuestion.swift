internal import Model

/// What is to be solved.
struct ResolutionQuestion: Sendable {
  /// The interpreter that the solution is for.
  var interpreter: Interpreter
  /// What is there already, and stays.
  var base: BaseEnvironment?
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
  /// Throws `unsolvable` where one of them needs a direct reference that no module declares.
  mutating func add(_ direct: [PackageName: DirectModule], answers: ModuleAnswers) throws {
    constraints += (base?.distributions ?? []).compactMap { entry in
      direct[entry.name] == nil ? Version(entry.version).map { "\(entry.name)==\($0)" } : nil
    }
    for module in direct.values.sorted(by: { $0.metadata.name < $1.metadata.name }) {
      requirements.append(module.requirement(wheel: module.wheel))
      if module.ignoresDependencies { withoutDependencies.insert(module.metadata.name) }
    }
    var complaints: [Diagnostic] = []
    for module in direct.values where !module.ignoresDependencies {
      let needed = module.metadata.dependencies(markers: interpreter.markers, extras: Set(module.extras))
      for dependency in needed where dependency.url != nil {
        // A module that is declared by itself answers for it: in its place, whatever URL is written there.
        if let declared = direct[dependency.name] {
          overrides.append(declared.requirement(wheel: declared.wheel))
        } else if !overrides.contains(where: { PackageName($0.prefix { $0 != "=" }) == dependency.name }) {
          complaints.append(ResolutionQuestion.undeclared(dependency.name, by: module, answers))
        }
      }
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    overrides = Set(overrides).sorted()
  }

  private static func undeclared(
    _ name: PackageName, by module: DirectModule, _ answers: ModuleAnswers
  ) -> Diagnostic {
    let modules = answers.directRequirements[module.source] ?? []
    return Diagnostic(
      .unsolvable, "\(module.metadata.name) needs \(name) from a direct reference of its own",
      at: modules.first.map { .source($0.location, excerpt: nil) },
      because: modules.map { "\($0.label) (\($0.location)) asks for \(module.source)" }.joined(separator: "\n"),
      hint:
        "declare it too, so that it is locked and fetched with your credentials: a module with pip_name: \(name) @ …")
  }
}
