public import Model
internal import Network
internal import Platform

/// Makes a lockfile out of a declaration: git through libgit2, everything else through uv.
public struct LockResolver: Sendable {
  /// What a resolution came to.
  public struct Outcome: Sendable {
    /// The lockfile.
    public var lockfile: Lockfile
    /// What the user should know.
    public var warnings: [Diagnostic]
  }

  private let uv: Uv
  private let context: UvContext
  private let sources: any SourceProvider
  private let wheels: WheelCache
  private let wheelReading: any WheelReading

  /// Wires the parts together. `announce` is told of each slow step, in a few words.
  public init(
    uv: Uv, context: UvContext, sources: any SourceProvider, wheelReading: any WheelReading,
    announce: @escaping @Sendable (String) -> Void
  ) {
    self.uv = uv
    self.context = context
    self.sources = sources
    self.wheelReading = wheelReading
    wheels = WheelCache(
      state: context.state, sources: sources, builder: { UvBuilder(uv: uv, context: context) }, announce: announce)
  }

  /// What builds wheels.
  public var builder: any Builder { UvBuilder(uv: uv, context: context) }

  /// Resolves everything that an environment declares.
  ///
  /// - Parameters:
  ///   - previous: the lockfile so far; what it says is preferred.
  ///   - upgrade: what may move all the same.
  ///   - isMinor: whether upgrades stay within the major version.
  ///
  /// Throws what `SourceProvider`, `UvResolver` and `WheelCache` throw, `moduleUnresolved` and `gitTagMoved`.
  public func resolve(
    _ environment: DesiredEnvironment, interpreter: Interpreter, base: BaseEnvironment?, previous: Lockfile?,
    upgrade: UpgradeScope, isMinor: Bool = false
  ) async throws -> Outcome {
    let inputs = try ResolutionInputs(environment)
    let answers = try await ModuleAnswers.find(environment, interpreter: interpreter, base: base)
    let targets = try UpgradeTargets(upgrade, modules: environment.modules, previous: previous)
    let git = try await resolveGit(answers, previous: previous, upgrade: targets, interpreter: interpreter)
    let ours = Set(try LockResolver.byName(git, answers: answers).keys)

    var question = ResolutionQuestion(
      interpreter: interpreter, base: base,
      requirements: answers.indexRequirements.map { $0.requirement.pep508 },
      constraints: (base?.distributions ?? []).compactMap { entry in
        ours.contains(entry.name) ? nil : Version(entry.version).map { "\(entry.name)==\($0)" }
      },
      preferences: previous?.distributions ?? [], upgrade: targets.scope)
    let wheelOf = try LockResolver.byName(git, answers: answers).mapValues(\.wheel)
    question.requirements += git.values.map { module in
      let extras = module.extras.isEmpty ? "" : "[\(module.extras.map(\.text).joined(separator: ","))]"
      return
        "\(module.metadata.name)\(extras) @ file://\((wheelOf[module.metadata.name] ?? module.wheel).percentEncodedPath)"
    }
    question.requirements = Set(question.requirements).sorted()
    if isMinor { question.constraints += try LockResolver.withinMajor(previous, of: environment) }
    let resolver: any Resolver = UvResolver(uv: uv, context: context)
    let solved: [SolvedDistribution]
    do {
      solved = question.requirements.isEmpty ? [] : try await resolver.solve(question)
    } catch let failure as Failure {
      throw Blame.assign(failure, to: answers.askers(git: git))
    }
    return try await assemble(
      environment, inputs: inputs, answers: answers, git: git, solved: solved, interpreter: interpreter, base: base)
  }

  /// Keeps what is locked within its major version, except what a module asks for in other words than before.
  private static func withinMajor(_ previous: Lockfile?, of environment: DesiredEnvironment) throws -> [String] {
    var changed: Set<PackageName> = []
    let before = Dictionary((previous?.modules ?? []).map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    for module in environment.modules {
      guard let name = try module.resolvedRequirement()?.name else { continue }
      if try before[module.label]?.requirement != module.requirementText() { changed.insert(name) }
    }
    return (previous?.distributions ?? []).compactMap { locked in
      guard case .index = locked.source, !changed.contains(locked.name), let version = Version(locked.version) else {
        return nil
      }
      let epoch = version.epoch == 0 ? "" : "\(version.epoch)!"
      return "\(locked.name)>=\(version.publicPart),<\(epoch)\(version.major + 1)"
    }
  }

  // MARK: Git

  /// A git module with its commit and its wheel.
  struct GitModule: Sendable {
    var source: GitSource
    var extras: [PackageName]
    var pin: GitPin
    var wheel: String
    var metadata: DistributionMetadata
  }

  private func resolveGit(
    _ answers: ModuleAnswers, previous: Lockfile?, upgrade: UpgradeTargets, interpreter: Interpreter
  ) async throws -> [GitSource: GitModule] {
    let requirements = answers.gitRequirements
    guard !requirements.isEmpty else { return [:] }
    let pins = GitPins(previous: previous)
    // A tag or commit that is locked stays, and its server is not asked, unless an upgrade says so.
    var resolved: [GitSource: ResolvedReference] = [:]
    var asked: [GitSource] = []
    for (source, modules) in requirements {
      let isNamed = upgrade.names(modules)
      if let pin = pins.pin(of: source), !pin.isFollowed, upgrade.scope != .all, !isNamed {
        resolved[source] = ResolvedReference(commit: pin.commit, isFollowed: false)
      } else {
        asked.append(source)
      }
    }
    if !asked.isEmpty { resolved.merge(try await sources.commits(for: asked)) { $1 } }
    var moved: [Diagnostic] = []
    for (source, modules) in requirements {
      guard let pin = pins.pin(of: source), !pin.isFollowed, let now = resolved[source], !now.isFollowed,
        now.commit != pin.commit, !upgrade.names(modules)
      else { continue }
      moved.append(
        Diagnostic(
          .gitTagMoved, "the tag \(source.requestedRevision ?? "HEAD") was moved since it was locked",
          at: .url(source.url.description),
          because: "it was \(pin.commit.prefix(12)), it is \(now.commit.prefix(12))",
          hint: "if that is intended, accept it by name: --upgrade \(modules.first?.name ?? "MODULE")"))
    }
    guard moved.isEmpty else { throw Failure(moved) }

    var built: [GitSource: GitModule] = [:]
    for (source, modules) in requirements.sorted(by: { $0.key.description < $1.key.description }) {
      guard let reference = resolved[source] else { continue }
      let pin = GitPin(
        url: source.url.description, requestedRevision: source.requestedRevision, commit: reference.commit,
        subdirectory: source.subdirectory, isFollowed: reference.isFollowed)
      let wheel = try await wheels.wheel(of: source, commit: reference.commit, for: interpreter)
      guard let metadata = DistributionMetadata(try wheelReading.metadata(ofWheel: wheel)) else {
        throw Failure(.wheelInvalid, "the built wheel has no readable METADATA", at: .url(source.description))
      }
      for module in modules {
        guard case .git(let requirement) = try module.resolvedRequirement(), let name = requirement.name,
          name != metadata.name
        else { continue }
        throw Failure(
          .requirementInvalid, "the repository holds \(metadata.name), the manifest says \(name)",
          at: .source(module.location, excerpt: nil), hint: "write \(metadata.name) @ git+…, or another repository")
      }
      built[source] = GitModule(
        source: source, extras: answers.extras(of: source), pin: pin, wheel: wheel, metadata: metadata)
    }
    return built
  }

  /// The git modules by distribution. Several sources may mean one commit of one distribution, but not several.
  private static func byName(
    _ git: [GitSource: GitModule], answers: ModuleAnswers
  ) throws -> [PackageName: GitModule] {
    var found: [PackageName: GitModule] = [:]
    // A reference that is followed goes first, so that its moving is noticed; then the order of the texts.
    let sorted = git.values.sorted {
      ($0.pin.isFollowed ? 0 : 1, $0.source.description) < ($1.pin.isFollowed ? 0 : 1, $1.source.description)
    }
    for module in sorted {
      let name = module.metadata.name
      guard let present = found[name] else {
        found[name] = module
        continue
      }
      let isSame = present.pin.commit == module.pin.commit && present.pin.subdirectory == module.pin.subdirectory
      guard !isSame else { continue }
      let askers = [present, module].map { entry in
        let labels = (answers.gitRequirements[entry.source] ?? []).map { "\($0.label) (\($0.location))" }
        return "\(labels.joined(separator: ", ")) asks for \(entry.source), which is \(entry.pin.commit.prefix(12))"
      }
      throw Failure(
        .unsolvable, "two modules ask for different commits of \(name)",
        at: answers.gitRequirements[module.source]?.first.map { .source($0.location, excerpt: nil) },
        because: askers.joined(separator: "\n"), hint: "let both ask for the same reference")
    }
    return found
  }

  // MARK: Putting it together

  private func assemble(
    _ environment: DesiredEnvironment, inputs: ResolutionInputs, answers: ModuleAnswers,
    git: [GitSource: GitModule], solved: [SolvedDistribution], interpreter: Interpreter, base: BaseEnvironment?
  ) async throws -> Outcome {
    let gitByName = try LockResolver.byName(git, answers: answers)
    // What the base has in that very version is taken from there; everything else is installed.
    let use = BaseUse(base, of: solved, built: Set(gitByName.keys))
    let installed = solved.filter { !use.taken.contains($0.name) }
    let complete = try await Hashes(client: context.client, credentials: credentials).filled(installed)
    let metadata = try await DependencyReader(
      context: context, interpreter: interpreter, wheels: wheels, wheelReading: wheelReading,
      credentials: credentials
    ).metadata(of: complete.filter { gitByName[$0.name] == nil })

    let extras = LockResolver.activeExtras(
      roots: answers.indexRequirements.map { ($0.requirement.name, $0.requirement.extras) }
        + git.values.map { ($0.metadata.name, $0.extras) },
      metadata: { name in gitByName[name]?.metadata ?? metadata[name] ?? use[name] }, markers: interpreter.markers)
    let names = Set(complete.map(\.name))
    var asked: [PackageName: VersionSpecifiers] = [:]
    var distributions: [LockedDistribution] = []
    for entry in complete {
      let dependencies =
        (gitByName[entry.name]?.metadata ?? metadata[entry.name])?.dependencies(
          markers: interpreter.markers, extras: extras[entry.name] ?? []) ?? []
      for dependency in dependencies where use.taken.contains(dependency.name) {
        asked[dependency.name] = (asked[dependency.name] ?? .any).merged(with: dependency.specifiers)
      }
      let source: LockedDistribution.Source =
        if let module = gitByName[entry.name] {
          .git(module.pin)
        } else {
          .index(url: entry.index, wheels: entry.wheels, sdist: entry.sdist)
        }
      distributions.append(
        LockedDistribution(
          name: entry.name, version: gitByName[entry.name]?.metadata.version.description ?? entry.version,
          source: source,
          dependencies: Set(dependencies.map(\.name)).intersection(names).subtracting([entry.name]).sorted()))
    }
    for (requirement, _) in answers.indexRequirements where use.taken.contains(requirement.name) {
      asked[requirement.name] = (asked[requirement.name] ?? .any).merged(with: requirement.specifiers)
    }
    var lockfile = Lockfile(
      requiresPython: LockResolver.requiresPython(environment, interpreter), distributions: distributions,
      inputsDigest: inputs.digest, modules: answers.locked(git: git, taken: use.taken),
      baseNeeds: use.needs(asked: asked, installed: names, markers: interpreter.markers, extras: extras))
    lockfile.python = interpreter.minorVersion
    lockfile.platform = interpreter.platformName
    return Outcome(lockfile: lockfile, warnings: answers.warnings)
  }

  private var credentials: IndexCredentials {
    IndexCredentials(indexes: context.indexes, variables: context.variables)
  }

  private static func requiresPython(_ environment: DesiredEnvironment, _ interpreter: Interpreter) -> String {
    if let request = environment.python, let specifiers = InterpreterFinder.versionRequest(request) {
      return specifiers.description
    }
    return ">=\(interpreter.minorVersion)"
  }

  /// Which extras of each distribution are asked for, by modules or by other distributions.
  static func activeExtras(
    roots: [(PackageName, [PackageName])], metadata: (PackageName) -> DistributionMetadata?, markers: [String: String]
  ) -> [PackageName: Set<PackageName>] {
    var active: [PackageName: Set<PackageName>] = [:]
    var visited: Set<PackageName> = []
    var pending = roots
    while let (name, extras) = pending.popLast() {
      let before = active[name] ?? []
      let after = before.union(extras)
      guard !visited.contains(name) || after != before else { continue }
      visited.insert(name)
      active[name] = after
      for dependency in metadata(name)?.dependencies(markers: markers, extras: after) ?? [] {
        pending.append((dependency.name, dependency.extras))
      }
    }
    return active
  }
}

extension Interpreter {
  /// `linux-x86_64`: the platform as lockfiles name it.
  public var platformName: String {
    "\(markers["sys_platform"] ?? "unknown")-\(markers["platform_machine"] ?? "unknown")"
  }
}
