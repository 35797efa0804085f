internal import Model

/// What answers for each declared module: its requirement, something that is there already, or an implied package.
struct ModuleAnswers: Sendable {
  /// What one module comes from.
  enum Answer: Sendable {
    case index(IndexRequirement)
    case direct(DirectSource, Requirement)
    case found(ModuleLocator.Found)
    /// Another module's distribution, which has the same top-level import name.
    case shared(with: Module)
    /// A marker keeps the requirement from holding here.
    case excluded(requirement: String)
  }

  var answers: [(module: Module, answer: Answer)] = []
  private(set) var warnings: [Diagnostic] = []

  /// Looks for what answers. Throws `moduleUnresolved` for every module that nothing answers for.
  static func find(
    _ environment: DesiredEnvironment, interpreter: Interpreter, base: BaseEnvironment?
  ) async throws -> ModuleAnswers {
    var result = ModuleAnswers()
    var complaints: [Diagnostic] = []
    var open: [Module] = []
    for module in environment.modules {
      do throws(Failure) {
        switch try module.resolvedRequirement() {
        case let requirement? where requirement.marker?.evaluate(interpreter.markers) == false:
          result.answers.append((module, .excluded(requirement: requirement.description)))
        case .index(let requirement): result.answers.append((module, .index(requirement)))
        case let requirement?:
          guard let source = requirement.directSource else { continue }
          result.answers.append((module, .direct(source, requirement)))
        case nil: open.append(module)
        }
      } catch { complaints += error.diagnostics }
    }
    let locator = ModuleLocator(
      interpreter: interpreter, base: base, pythonPath: environment.pythonPath, provided: environment.provided)
    let found = open.isEmpty ? [:] : try await locator.locate(open.map(\.importPath))
    // An undotted module is its own package's name: it may answer for its neighbours, so it comes first.
    for module in open.filter({ !$0.importPath.contains(".") }) + open.filter({ $0.importPath.contains(".") }) {
      let owners = result.owners
      if let found = found[module.importPath] {
        result.answers.append((module, .found(found)))
      } else if let owner = owners[module.topLevel] {
        result.answers.append((module, .shared(with: owner)))
      } else if let diagnostic = result.imply(module, policy: environment.policy) {
        complaints.append(diagnostic)
      }
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    return result
  }

  /// Takes an undotted import path as the package's name, as the vCon Server does; says what is wrong where that is not to be.
  private mutating func imply(
    _ module: Module, policy: Policy
  ) -> Diagnostic? {
    let place = Place.source(module.location, excerpt: nil)
    let name = module.importPath.contains(".") ? nil : PackageName(module.importPath)
    guard let name, policy.impliedPackages != .deny else {
      let example = module.importPath.prefix { $0 != "." }.split(separator: "_").joined(separator: "-")
      return Diagnostic(
        .moduleUnresolved, "nothing answers for the module \(module.importPath) of \(module.label)", at: place,
        because: "it has no pip_name, and neither `provided`, the import roots, the base nor the interpreter has it"
          + (name == nil ? "" : "\na package of its name is not implied: \(policy.text(of: .impliedPackages))"),
        hint:
          "say where it comes from, for instance pip_name: \(example); or list it under `provided` if the application brings it"
      )
    }
    answers.append((module, .index(IndexRequirement(name: name))))
    if policy.impliedPackages == .warn {
      warnings.append(
        Diagnostic(
          .impliedPackage, severity: .warning,
          "\(module.label) has no pip_name; its module's name is taken as the package's",
          at: place, because: policy.text(of: .impliedPackages), hint: "write it out: pip_name: \(name)"))
    }
    return nil
  }

  /// The modules that bring a distribution, by the first component of their import paths.
  private var owners: [Substring: Module] {
    let bringing = answers.filter { entry in
      switch entry.answer {
      case .index, .direct: true
      case .found, .shared, .excluded: false
      }
    }
    return Dictionary(bringing.map { ($0.module.topLevel, $0.module) }, uniquingKeysWith: { first, _ in first })
  }

  var indexRequirements: [(requirement: IndexRequirement, module: Module)] {
    answers.compactMap { if case .index(let requirement) = $0.answer { (requirement, $0.module) } else { nil } }
  }

  /// Each direct source once, with the modules that ask for it.
  var directRequirements: [DirectSource: [Module]] {
    var found: [DirectSource: [Module]] = [:]
    for case (let module, .direct(let source, _)) in answers { found[source, default: []].append(module) }
    return found
  }

  /// Every module that asks for a distribution by requirement, with that distribution; also where another distribution
  /// brings it along.
  func askers(_ direct: DirectModules.Outcome) -> [Blame.Asker] {
    let brought = direct.requests.values.filter(\.isBrought).sorted { $0.source.description < $1.source.description }
    return declaredAskers(direct.modules)
      + brought.flatMap { request in
        request.modules.compactMap { module in
          request.name.map {
            let way = request.bringers.sorted().map(\.text).joined(separator: " and ")
            return Blame.Asker(module: module, name: $0, requirement: "\($0) by way of \(way): \(request.source)")
          }
        }
      }
  }

  private func declaredAskers(_ direct: [DirectSource: DirectModule]) -> [Blame.Asker] {
    answers.compactMap { module, answer in
      switch answer {
      case .index(let requirement):
        Blame.Asker(module: module, name: requirement.name, requirement: requirement.description)
      case .direct(let source, let requirement):
        direct[source].map {
          Blame.Asker(module: module, name: $0.metadata.name, requirement: requirement.description)
        }
      case .found, .shared, .excluded: nil
      }
    }
  }

  func extras(of source: DirectSource) -> [PackageName] {
    var found: Set<PackageName> = []
    for case (_, .direct(source, let requirement)) in answers { found.formUnion(requirement.extras) }
    return found.sorted()
  }

  /// Whether every module that asks for the source says `--no-deps`.
  func ignoresDependencies(of source: DirectSource) -> Bool {
    answers.allSatisfy { entry in
      if case .direct(source, let requirement) = entry.answer { requirement.options.ignoresDependencies } else { true }
    }
  }

  /// The modules as the lockfile lists them.
  func locked(direct: [DirectSource: DirectModule], taken: Set<PackageName>) -> [LockedModule] {
    var distributions: [String: PackageName] = [:]
    for (module, answer) in answers {
      switch answer {
      case .index(let requirement): distributions[module.label] = requirement.name
      case .direct(let source, _): distributions[module.label] = direct[source]?.metadata.name
      default: break
      }
    }
    return answers.map { module, answer in
      func entry(_ requirement: String?, _ name: PackageName?, _ answer: LockedModule.Answer) -> LockedModule {
        LockedModule(
          name: module.name, section: module.section, importPath: module.importPath, requirement: requirement,
          distribution: name, answer: answer)
      }
      switch answer {
      case .index(let requirement):
        let isTaken = taken.contains(requirement.name)
        return entry(requirement.description, requirement.name, isTaken ? .base : .distribution)
      case .direct(_, let requirement):
        return entry(requirement.description, distributions[module.label], .distribution)
      case .found(let found): return entry(nil, found.distribution, found.answer)
      case .shared(let owner):
        let name = distributions[owner.label]
        return entry(nil, name, name.map { taken.contains($0) } ?? false ? .base : .distribution)
      case .excluded(let requirement): return entry(requirement, nil, .excluded)
      }
    }
  }
}

extension Module {
  /// The first component of its import path.
  var topLevel: Substring { importPath.prefix { $0 != "." } }
}
