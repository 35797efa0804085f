internal import Model

/// All that a question is made of, so that it can be asked with something left out or changed. Pure.
struct QuestionParts: Sendable {
  /// The declaration.
  var environment: DesiredEnvironment
  /// What answers for its modules.
  var answers: ModuleAnswers
  /// What direct references turned out to be.
  var direct: DirectModules.Outcome
  /// The same by distribution.
  var byName: [PackageName: DirectModule]
  /// The interpreter that is resolved for.
  var interpreter: Interpreter
  /// What is there already, and stays.
  var base: BaseEnvironment?
  /// What `spec.lock.update: minor` allows of each distribution.
  var majors: [PackageName: String] = [:]
  /// The versions of modules that are held back.
  var held: [PackageName: String] = [:]
  /// What solutions so far did not hold to.
  var limits: Set<Limit> = []
  /// The versions to prefer.
  var preferences: [LockedDistribution] = []
  /// What may move away from its preferred version.
  var upgrade = UpgradeScope.none

  /// Every part. Modules come first, in the manifest's order; a search leaves out what comes first, first.
  var all: [ConflictPart] {
    answers.answers.compactMap { module, answer in
      switch answer {
      case .index, .direct: ConflictPart.module(module.label)
      case .found, .shared, .excluded: nil
      }
    }
      + environment.constraints.map(ConflictPart.constraint) + environment.overrides.map(ConflictPart.override)
      + majors.keys.sorted().map(ConflictPart.major) + held.keys.sorted().map(ConflictPart.held)
      + (base?.distributions ?? []).map(\.name).filter { byName[$0] == nil }.sorted().map(ConflictPart.base)
  }

  /// The parts of the base, where some of it needs something of what is installed.
  var needingBase: [ConflictPart] {
    limits.contains(where: \.isOfBase) ? all.filter { if case .base = $0 { true } else { false } } : []
  }

  /// The names that a resolver has for a part.
  func names(of part: ConflictPart) -> Set<PackageName> {
    switch part {
    case .constraint(let entry), .override(let entry): [entry.requirement.name]
    case .base(let name), .major(let name), .held(let name): [name]
    case .module(let label):
      Set(
        answers.indexRequirements.filter { $0.module.label == label }.map(\.requirement.name)
          + direct.modules.values.filter { labels(of: $0.metadata.name).contains(label) }.map(\.metadata.name))
    }
  }

  /// A need that counts for a distribution whatever answers for it: a resolver does not see what an override of ours replaces.
  struct Limit: Sendable, Hashable {
    /// What is needed.
    var need: String
    /// The needing distribution's version, as one not to be taken; nil where there is no other.
    var otherwise: String?
    /// The modules that lead to it.
    var modules: Set<String>
    /// Whether one of the base's needs it.
    var isOfBase = false
    /// Whether the needing distribution is to be of another version.
    var isAvoided = false

    init(need: String, otherwise: String? = nil, modules: Set<String>) {
      self.need = need
      self.otherwise = otherwise
      self.modules = modules
    }

    /// The same with another version of the needing distribution, where there may be one.
    var avoided: Limit {
      var copy = self
      copy.isAvoided = otherwise != nil
      return copy
    }

    /// In PEP 508 form.
    var text: String { isAvoided ? otherwise ?? need : need }
  }

  /// A question with what answers for names that packages of an index give a place of their own.
  struct Varied: Sendable {
    var question: ResolutionQuestion
    fileprivate var byName: [PackageName: DirectModule]
    fileprivate var answers: ModuleAnswers

    /// Lets what is declared answer for a name, whatever place others name for it. Whether anything does.
    mutating func substitute(_ name: PackageName) -> Bool { question.substitute(name, byName, answers) }
  }

  /// The question, varied.
  func question(_ variation: QuestionVariation = QuestionVariation()) -> Varied {
    let kept = variation.kept.map(Set.init)
    func keeps(_ part: ConflictPart) -> Bool { kept?.contains(part) ?? true }
    var environment = environment
    environment.constraints.removeAll { !keeps(.constraint($0)) }
    // Where nothing is kept, what is asked for besides is meant as it stands.
    if kept?.isEmpty == true { environment.overrides = [] }
    environment.overrides.removeAll { entry in
      // In place of what comes from no index, any version of an index would be no less.
      variation.removed.contains(entry) || !keeps(.override(entry)) && self.byName[entry.requirement.name] != nil
    }
    environment.overrides = environment.overrides.map { entry in
      guard !keeps(.override(entry)) else { return entry }
      var entry = entry
      entry.requirement.specifiers = .any
      return entry
    }
    let answers = answers.filtered { keeps(.module($0.label)) }.relaxed(variation.relaxed)
    var question = ResolutionQuestion(environment, answers: answers, interpreter: interpreter, base: base)
    question.preferences = preferences
    question.upgrade = upgrade
    question.released = Set((base?.distributions ?? []).map(\.name).filter { !keeps(.base($0)) })
    let byName = byName.filter { name, _ in labels(of: name).contains { keeps(.module($0)) } }
    question.add(byName, answers: answers)
    for (name, text) in majors.sorted(by: { $0.key < $1.key }) where keeps(.major(name)) {
      question.constraints.append(text)
    }
    for (name, text) in held.sorted(by: { $0.key < $1.key }) where keeps(.held(name)) {
      question.constraints.append(text)
    }
    question.constraints += limits.filter { $0.modules.contains { keeps(.module($0)) } }
      .map { $0.modules.isSubset(of: variation.relaxed) ? $0.avoided.text : $0.text }.sorted()
    question.requirements += variation.requirements
    question.constraints += variation.constraints
    question.withPrereleases.formUnion(variation.prereleases)
    question.withoutDependencies.formUnion(variation.bare)
    return Varied(question: question, byName: byName, answers: answers)
  }

  /// What answers for a name by itself, whatever versions indexes have.
  struct Fixed: Sendable {
    /// What it is part of.
    var part: ConflictPart
    /// In which version it is there.
    var version: Version
    /// Where it comes from, where a module brings it along.
    var origin: Conflict.Origin?
    /// Whether it is not what an index has under the same name.
    var isDirect = true
  }

  /// What answers for a name by itself.
  func fixed(_ name: PackageName) -> Fixed? {
    if let module = byName[name] {
      let request = direct.requests[module.source]
      let origin = request.flatMap { request in
        request.isBrought
          ? Conflict.Origin(source: "\(module.source)", bringers: request.bringers.sorted().map(\.text)) : nil
      }
      return labels(of: name).min().map { Fixed(part: .module($0), version: module.metadata.version, origin: origin) }
    }
    guard let entry = base?.distributions.first(where: { $0.name == name }) else { return nil }
    return Version(entry.version).map { Fixed(part: .base(name), version: $0, isDirect: entry.isDirect) }
  }

  /// The distribution that names a place of its own for a name, where that comes from no index: `alpha 1.0`.
  func bringer(of name: PackageName) -> String? {
    byName.values.filter { module in
      !module.ignoresDependencies
        && module.metadata.dependencies(markers: interpreter.markers, extras: Set(module.extras))
          .contains { $0.name == name && $0.url != nil }
    }
    .map { "\($0.metadata.name) \($0.metadata.version)" }.min()
  }

  /// The same with other versions of those whose needs are limits; nil where there is none that may be of another version.
  var avoiding: QuestionParts? {
    guard limits.contains(where: { $0.otherwise != nil && !$0.isAvoided }) else { return nil }
    var copy = self
    copy.limits = Set(limits.map(\.avoided))
    return copy
  }

  /// The modules that ask for a distribution which comes from no index.
  private func labels(of name: PackageName) -> Set<String> {
    Set(
      direct.modules.values.filter { $0.metadata.name == name }
        .flatMap { direct.requests[$0.source]?.modules.map(\.label) ?? [] })
  }
}

extension ModuleAnswers {
  /// Without the modules that are not to be asked for.
  func filtered(_ isKept: (Module) -> Bool) -> ModuleAnswers {
    var copy = self
    copy.answers.removeAll { !isKept($0.module) }
    return copy
  }

  /// With any version in place of what some modules ask for, by their labels.
  func relaxed(_ labels: Set<String>) -> ModuleAnswers {
    guard !labels.isEmpty else { return self }
    var copy = self
    copy.answers = answers.map { module, answer in
      guard labels.contains(module.label), case .index(var requirement) = answer else { return (module, answer) }
      requirement.specifiers = .any
      return (module, .index(requirement))
    }
    return copy
  }
}
