internal import Installation
public import Model
internal import Network
internal import Platform
internal import Resolution

extension Reconciler {
  /// What an apply came to.
  public struct ApplyResult: Sendable {
    /// How it ended.
    public enum Outcome: Sendable, Equatable {
      /// Nothing had to be done.
      case unchanged
      /// A new generation is in use.
      case applied(generation: Int)
      /// A rollback pins the environment: nothing was done.
      case pinned(generation: Int)
    }
    /// How it ended.
    public var outcome: Outcome
    /// The plan that was carried out; nil when the environment is pinned.
    public var plan: Plan?
    /// How many modules were verified on the way.
    public var verified = 0
    /// Whether the generation in use was on trial, and was found healthy.
    public var isFoundHealthy = false
    /// Whether the lockfile was written.
    public var wroteLockfile: Bool
    /// What the user should know.
    public var warnings: [Diagnostic]
    /// The modules that are not as declared.
    public var heldBack: [HeldBack] { plan?.heldBack ?? [] }
  }

  /// Brings the environment into its declared state, under the lock of one writer.
  ///
  /// `review` sees the plan before it is carried out. Every end is written down for `status`, also a failure.
  public func apply(review: @Sendable (Plan) -> Void = { _ in }) async throws -> ApplyResult {
    try StateLayout.prepare(state)
    try Files.makeDirectory(state.environment(environment.name))
    let lock = try await FileLock.acquire(
      state.lock(environment.name), waitingUpTo: options.lockTimeout, command: services.command,
      onWait: { services.announce("Waiting for another Pinion to end") })
    defer { withExtendedLifetime(lock) {} }
    try StagingArea.sweep(state.staging)
    try Generations(state: state, environment: environment.name).removePending()
    do {
      var result = try await applyLocked(review: review)
      if case .pinned = result.outcome {} else { result.isFoundHealthy = try await concludeTrial() }
      // What was done is done, also where it cannot be written down.
      result.warnings += warnings { () throws(Failure) in
        try StatusFile.record(
          success: result.outcome, without: result.heldBack, current: result.plan?.current,
          environment: environment.name, state: state, secrets: services.secrets, now: services.now())
      }
      return result
    } catch let failure as Failure {
      // What went wrong is what matters; a status that cannot be written must not hide it.
      try? StatusFile.record(
        failure: failure, environment: environment.name, state: state, secrets: services.secrets, now: services.now())
      throw failure
    }
  }

  private func applyLocked(review: @Sendable (Plan) -> Void) async throws -> ApplyResult {
    if options.resumes { try Files.remove(state.pin(environment.name)) }
    if let pin = try Observation.pin(of: environment.name, in: state) {
      try finishRollback(to: pin)
      return ApplyResult(outcome: .pinned(generation: pin), plan: nil, wroteLockfile: false, warnings: [])
    }
    let carried = try await settleTrial()
    // The directory is looked at before anything is done, not after everything was.
    if !options.isLocked { try checkWritable() }
    var prepared = try await plan()
    prepared.lock.warnings += carried
    review(prepared.plan)
    try refuseQuarantined(prepared, saying: carried)
    guard !prepared.plan.isEmpty, let selection = prepared.selection, let lockfile = prepared.lockfile,
      let interpreter = prepared.interpreter
    else {
      let wrote = try write(prepared.lock)
      try await compile(prepared.observed.record)
      return ApplyResult(
        outcome: .unchanged, plan: prepared.plan, wroteLockfile: wrote, warnings: prepared.lock.warnings)
    }
    let foreign = try Generations(state: state, environment: environment.name).removeUnfinished()
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    // From the look at what the store has until a generation holds it, nobody may take it away.
    let storeLock = try await FileLock.acquireStore(
      state.storeLock, .shared, waitingUpTo: options.lockTimeout,
      onWait: { services.announce("Waiting for another Pinion to end") })
    defer { withExtendedLifetime(storeLock) {} }
    let installed = try await StoreFiller(
      services: services, environment: environment, interpreter: interpreter, observed: prepared.observed, area: area,
      lockfile: lockfile
    ).fill(selection)
    try addPathFiles(to: &prepared.plan, of: installed.map { ($0.name, $0.storeKey) })
    prepared.lock.warnings += try checkRequirements(installed, lockfile, interpreter: interpreter, base: prepared.base)
    try await compile(installed.map(\.storeKey), for: interpreter, in: area)
    let built: (number: Int, verified: Int, copied: [PackageName], warnings: [Diagnostic])
    let wrote: Bool
    do {
      built = try await build(
        prepared, lockfile: lockfile, interpreter: interpreter, installed: installed, area: area)
      wrote = try write(prepared.lock)
      try activate(built.number, prepared)
    } catch {
      // What was never in use is nothing to roll back to.
      try? Generations(state: state, environment: environment.name).removePending()
      throw error
    }
    let left = warnings { () throws(Failure) in try Damage.write([], environment.name, in: state) }
    return ApplyResult(
      outcome: .applied(generation: built.number), plan: prepared.plan, verified: built.verified, wroteLockfile: wrote,
      warnings: prepared.lock.warnings + built.warnings + foreign.map(leftAlone)
        + (built.copied.isEmpty ? [] : [copied(built.copied)]) + left)
  }

  /// What goes wrong behind the switch undoes nothing, and is no more than a warning.
  private func warnings(_ work: () throws(Failure) -> Void) -> [Diagnostic] {
    do throws(Failure) { try work() } catch {
      return error.diagnostics.map { diagnostic in
        var warning = diagnostic
        warning.severity = .warning
        return warning
      }
    }
    return []
  }

  /// Completes a rollback that was ended between its pin and its switch.
  private func finishRollback(to number: Int) throws {
    let generations = Generations(state: state, environment: environment.name)
    guard generations.current() != number, try generations.record(number) != nil else { return }
    services.announce("Completing the rollback to generation \(number)")
    try GenerationSwitch.activate(state, environment: environment.name, number: number)
  }

  /// What was to be hard-linked, and could not be.
  private func copied(_ names: [PackageName]) -> Diagnostic {
    Diagnostic(
      .io, severity: .warning, "\(names.map(\.text).joined(separator: ", ")) was copied instead of hard-linked",
      at: .path(state.store), because: "the file system has no hard links from the store to the generations",
      hint: "put the whole state directory on one file system that has them, or set `linking` to copy")
  }

  /// A generation that another Pinion made is not removed, since that one may want it back.
  private func leftAlone(_ generation: Generations.Foreign) -> Diagnostic {
    Diagnostic(
      .stateInvalid, severity: .warning, "generation \(generation.number) was left alone",
      at: .path(state.generation(environment.name, generation.number)),
      because: "its record has format \(generation.formatVersion), this Pinion reads \(GenerationRecord.formatVersion)",
      hint: "a newer Pinion made it: use that one, or remove the directory yourself")
  }

  /// Builds and verifies the next generation and puts it in place, beside the current one.
  private func build(
    _ prepared: PreparedPlan, lockfile: Lockfile, interpreter: Interpreter, installed: [InstalledDistribution],
    area: StagingArea
  ) async throws -> (number: Int, verified: Int, copied: [PackageName], warnings: [Diagnostic]) {
    let number = try Generations(state: state, environment: environment.name).next()
    var blueprint = GenerationBlueprint(
      environment: environment.name, number: number, interpreter: interpreter, base: prepared.base,
      pythonPath: environment.pythonPath, blockInstalls: environment.blockInstalls, policy: environment.policy,
      manifest: environment.location.file, distributions: installed, directSources: direct(lockfile),
      modules: modules(lockfile, installed: installed), lockText: prepared.lock.text, lockDigest: prepared.lock.digest,
      inputsDigest: lockfile.inputsDigest,
      settingsDigest: try SettingsDigest.of(environment, baseSites: prepared.base?.siteDirectories ?? []))
    blueprint.links = environment.links
    let plan = prepared.plan
    blueprint.origin = GenerationOrigin(
      previous: plan.current, command: services.secrets.redact(services.command), added: plan.count(of: .install),
      changed: plan.count(of: .replace), removed: plan.count(of: .remove))
    services.announce("Building generation \(number)")
    let staged: StagedGeneration
    let askers = installed.map { ($0.name, $0.modules) }
    do throws(Failure) { staged = try GenerationBuilder(state: state).build(blueprint, in: area) } catch {
      throw Failure(error.diagnostics.map { attributed($0, to: askers) })
    }
    services.announce("Verifying")
    try await Verifier.verify(staged, in: area)
    try staged.publish()
    let verified = staged.modules.count { $0.verification.mode != .off && $0.installed.answer.isVerified }
    return (number, verified, staged.copied, staged.warnings.map { attributed($0, to: askers) })
  }

  private func modules(_ lockfile: Lockfile, installed: [InstalledDistribution]) -> [ModuleBlueprint] {
    let declared = Dictionary(environment.modules.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    let byName = Dictionary(installed.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return lockfile.modules.map { locked in
      let distribution = locked.distribution.flatMap { byName[$0] }
      var commit: String?
      if case .git(let id, _) = distribution?.identity { commit = id }
      let entry = declared[locked.label]
      return ModuleBlueprint(
        installed: InstalledModule(
          name: locked.name, section: locked.section, module: locked.importPath, answer: locked.answer,
          distribution: locked.distribution, version: distribution?.version, commit: commit),
        expects: entry?.expects ?? [], verification: entry?.verification ?? environment.verification,
        location: entry?.location)
    }
  }

  private func direct(_ lockfile: Lockfile) -> [PackageName: LockedDistribution.Source] {
    var sources: [PackageName: LockedDistribution.Source] = [:]
    for distribution in lockfile.distributions {
      if case .index = distribution.source { continue }
      sources[distribution.name] = distribution.source
    }
    return sources
  }
}

/// What belongs into a state directory before anything else is put there.
enum StateLayout {
  static func prepare(_ state: StateDirectory) throws {
    guard !Files.exists("\(state.root)/.gitignore") else { return }
    try Files.makeDirectory(state.root)
    try Files.replace(
      "\(state.root)/.gitignore",
      with: Array("# Everything here can be made again from manifests and lockfiles.\n*\n".utf8))
  }
}
