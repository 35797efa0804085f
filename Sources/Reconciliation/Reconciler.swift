internal import Installation
public import Model
internal import Platform
internal import Resolution

/// One run on one environment: lock, plan, apply. Reads everything afresh; keeps nothing between runs.
public struct Reconciler: Sendable {
  let services: Services
  let environment: DesiredEnvironment
  let options: RunOptions

  /// Takes what to work on and how.
  public init(services: Services, environment: DesiredEnvironment, options: RunOptions) {
    self.services = services
    self.environment = environment
    self.options = options
  }

  var state: StateDirectory { services.state }

  /// The interpreter and the base, probed when first needed and then kept for the run.
  actor Surroundings {
    private let services: Services
    private let environment: DesiredEnvironment
    private var found: (interpreter: Interpreter, base: BaseEnvironment?)?

    init(services: Services, environment: DesiredEnvironment) {
      self.services = services
      self.environment = environment
    }

    func get() async throws -> (interpreter: Interpreter, base: BaseEnvironment?) {
      if let found { return found }
      let result: (Interpreter, BaseEnvironment?)
      if let path = environment.base {
        let base = try await services.finder.base(at: path)
        guard InterpreterFinder.fits(base.interpreter.version, request: environment.python) else {
          throw Failure(
            .baseUnfit,
            "the base has Python \(base.interpreter.version), spec.python asks for \(environment.python ?? "")",
            at: .path(path), hint: "the base fixes the interpreter: change one of the two")
        }
        result = (base.interpreter, base)
      } else {
        result = (try await services.finder.find(environment.python, directory: environment.directory), nil)
      }
      found = result
      return result
    }

    /// The same for a lock: the interpreter stands for the one that `spec.platform` means.
    ///
    /// Throws `platformUnfit` where `spec.python` or the base is for another Python, and what `get` throws.
    func forLock() async throws -> (interpreter: Interpreter, base: BaseEnvironment?) {
      guard let target = environment.platform else { return try await get() }
      if let python = target.python,
        !["0", "99"].contains(where: { InterpreterFinder.fits("\(python).\($0)", request: environment.python) })
      {
        throw Failure(
          .platformUnfit,
          "`spec.platform` is for Python \(python), `spec.python` asks for \(environment.python ?? "")",
          at: .source(environment.location, excerpt: nil), hint: "change one of the two")
      }
      let (interpreter, base) = try await atHand()
      if let base, let python = target.python, base.interpreter.minorVersion != python {
        throw Failure(
          .platformUnfit, "`spec.platform` is for Python \(python), the base has Python \(base.interpreter.version)",
          at: .path(base.path), hint: "the base fixes the interpreter: change one of the two")
      }
      return (interpreter.aimed(at: target), base)
    }

    /// What builds are run with: as asked for, else any, where it need not be the one that is locked for.
    private func atHand() async throws -> (interpreter: Interpreter, base: BaseEnvironment?) {
      do { return try await get() } catch let failure as Failure {
        guard environment.base == nil, environment.platform?.python != nil,
          failure.diagnostics.allSatisfy({ $0.code == .interpreterAbsent })
        else { throw failure }
        return (try await services.finder.find(nil, directory: environment.directory), nil)
      }
    }
  }

  // MARK: Plan

  /// A plan with what carrying it out needs.
  public struct PreparedPlan: Sendable {
    /// The plan itself.
    public var plan: Plan
    /// The lockfile it leads to.
    public var lock: LockResult
    /// What was observed.
    public var observed: Observation
    let selection: Selection?
    let lockfile: Lockfile?
    let interpreter: Interpreter?
    let base: BaseEnvironment?
  }

  /// Works out the changes. Writes nothing but caches.
  public func plan() async throws -> PreparedPlan {
    var prepared = try await plannedChanges()
    prepared.plan.heldBack = prepared.lock.heldBack
    guard !prepared.plan.isEmpty else { return prepared }
    prepared.plan.followUps = environment.onChange.map { "then: \(services.secrets.redact("\($0)"))" }
    if let health = environment.health {
      prepared.plan.followUps.append("health: \(services.secrets.redact(health.summary))")
    }
    prepared.plan.quarantined = try quarantine(of: prepared)
    return prepared
  }

  private func plannedChanges() async throws -> PreparedPlan {
    var observed = try Observation.of(environment.name, in: state, isDeep: options.isDeep)
    // A pin that is about to be taken away holds nothing.
    if options.resumes { observed.pin = nil }
    if let plan = try Settled.plan(environment, observed, options: options) {
      services.detail("Lockfile of \(environment.name): \(LockDecision.keep.explanation)")
      let lock = LockResult(text: plan.lockText, previous: plan.lockText, warnings: [])
      return PreparedPlan(
        plan: plan, lock: lock, observed: observed, selection: nil, lockfile: nil, interpreter: nil, base: nil)
    }
    let surroundings = Surroundings(services: services, environment: environment)
    if let target = environment.platform {
      try PlatformCheck.check(
        environment, isFor: target.name, target.python, on: try await surroundings.get().interpreter)
    }
    var lock: LockResult
    if let saved = options.saved {
      lock = try self.lock(of: saved, observed: observed)
    } else {
      lock = try await self.lock(surroundings, observed: observed.record)
    }
    if let record = observed.record, record.lockDigest == lock.digest, observed.drift.isEmpty, try isSettled(record) {
      let plan = Plan(
        environment: environment.name, current: record.number, lockText: lock.text, changes: [],
        kept: record.distributions.count, reasons: [])
      return PreparedPlan(
        plan: plan, lock: lock, observed: observed, selection: nil, lockfile: nil, interpreter: nil, base: nil)
    }
    let (interpreter, base) = try await surroundings.get()
    let lockfile = try LockfileCodec.decode(lock.text, path: environment.lockfile)
    try PlatformCheck.check(environment, isFor: lockfile.platform, lockfile.python, on: interpreter)
    try BaseCheck.check(lockfile, base: base, environment: environment)
    let rules = try await rules(surroundings)
    if !lock.isJudged { lock.warnings += try rules.check(lockfile) }
    try rules.check(lockfile, comingFrom: observed.record)
    try environment.checkSubmodules(lockfile, asking: services.sources, reading: services.references)
    try await environment.checkSignatures(lockfile, asking: services.sources, reading: services.references)
    let selection = try Selection(lockfile, for: interpreter)
    let (changes, kept) = Differ.changes(from: observed.record?.distributions ?? [], to: selection)
    var plan = Plan(
      environment: environment.name, current: observed.record?.number, lockText: lock.text, changes: changes,
      kept: kept,
      reasons: try reasons(
        observed, lock: lock, lockfile: lockfile, interpreter: interpreter, base: base, changes: changes))
    if !plan.isEmpty { try addPathFiles(to: &plan, of: keys(of: selection, installed: observed.record)) }
    return PreparedPlan(
      plan: plan, lock: lock, observed: observed, selection: selection, lockfile: lockfile, interpreter: interpreter,
      base: base)
  }

  private func reasons(
    _ observed: Observation, lock: LockResult, lockfile: Lockfile, interpreter: Interpreter, base: BaseEnvironment?,
    changes: [Change]
  ) throws -> [RebuildReason] {
    guard let record = observed.record else { return [.first] }
    var reasons: [RebuildReason] = []
    let old = record.interpreter
    let isOther =
      old.identity != interpreter.identity || old.executable != interpreter.executable
      || old.version != interpreter.version
    if isOther || observed.drift.contains(where: { $0.kind == .interpreter }) { reasons.append(.interpreter) }
    let files = observed.drift.count { $0.kind != .interpreter }
    if files > 0 { reasons.append(.drift(count: files)) }
    if record.base != base?.path || record.baseSites != (base?.siteDirectories ?? []) { reasons.append(.base) }
    let modules = lockfile.modules.map { "\($0.label) \($0.importPath) \($0.answer.rawValue)" }
    let recorded = record.modules.map { "\($0.section.rawValue).\($0.name) \($0.module) \($0.answer.rawValue)" }
    if Set(modules) != Set(recorded) { reasons.append(.modules) }
    let sites = base?.siteDirectories ?? []
    if try record.settingsDigest != SettingsDigest.of(environment, baseSites: sites), reasons.isEmpty {
      reasons.append(.settings)
    }
    if record.lockDigest != lock.digest, reasons.isEmpty, changes.isEmpty { reasons.append(.lockfile) }
    return reasons
  }
}

/// Whether the base still has what the lock took from it.
enum BaseCheck {
  static func check(_ lockfile: Lockfile, base: BaseEnvironment?, environment: DesiredEnvironment) throws(Failure) {
    let complaints = complaints(lockfile, base: base, environment: environment)
    guard complaints.isEmpty else { throw Failure(complaints) }
  }

  /// What is missing, or of another version than will do.
  static func complaints(
    _ lockfile: Lockfile, base: BaseEnvironment?, environment: DesiredEnvironment
  ) -> [Diagnostic] {
    let present = Dictionary(
      (base?.distributions ?? []).map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
    var complaints: [Diagnostic] = []
    for need in lockfile.baseNeeds {
      let version = present[need.name]
      if let version = version.flatMap({ Version($0) }), need.specifiers.contains(version, allowPrereleases: true) {
        continue
      }
      complaints.append(
        Diagnostic(
          .baseUnfit,
          version.map { "the base has \(need.name) \($0), the lockfile needs \(need.name)\(need.specifiers)" }
            ?? "the base lacks \(need.name), which the lockfile takes from it",
          at: environment.base.map { .path($0) },
          because: "the lock was made with \(need.name) \(need.version) in the base",
          hint: "lock again with this base: pinion lock"))
    }
    return complaints
  }
}
