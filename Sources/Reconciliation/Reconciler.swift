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

  // MARK: Lock

  /// What a lock step came to.
  public struct LockResult: Sendable {
    /// The lockfile's text.
    public var text: String
    /// The text on disk before; nil when there was no file.
    public var previous: String?
    /// What the user should know.
    public var warnings: [Diagnostic]
    /// The modules that it has not as they are declared.
    public var heldBack: [HeldBack] = []
    /// Whether its text has been held against the rules.
    var isJudged = false

    /// Whether the file on disk is another.
    public var isChanged: Bool { text != previous }
    /// `sha256:…` of the text.
    public var digest: String { "sha256:" + Digest.sha256(text) }

    /// What tells it from the file on disk, which stands at `path`. A damaged file counts as none.
    public func difference(at path: String) throws(Failure) -> LockfileDifference {
      guard isChanged else { return LockfileDifference(from: nil, to: nil) }
      let old = try? previous.map { text throws(Failure) in try LockfileCodec.decode(text, path: path) }
      return LockfileDifference(from: old, to: try LockfileCodec.decode(text, path: path))
    }
  }

  /// Decides about the lockfile and makes it anew where that is called for. Writes nothing.
  public func lock() async throws -> LockResult {
    try await lock(Surroundings(services: services, environment: environment), observed: nil)
  }

  /// Writes the lockfile where it changed; says whether it did.
  public func write(_ lock: LockResult) throws -> Bool {
    guard lock.isChanged else { return false }
    try checkWritable()
    // Where a link leads to the lockfile, the lockfile is replaced and not the link.
    try Files.replace(Files.realPath(environment.lockfile) ?? environment.lockfile, with: Array(lock.text.utf8))
    return true
  }

  /// Whether a lockfile was made for another interpreter than there is; nothing is looked at without one.
  private func isForeign(_ lockfile: Lockfile?, _ surroundings: Surroundings) async throws -> Bool {
    guard let lockfile else { return false }
    let interpreter = try await surroundings.forLock().interpreter
    return lockfile.python != interpreter.minorVersion || lockfile.platform != interpreter.platformName
  }

  func lock(_ surroundings: Surroundings, observed record: GenerationRecord?) async throws -> LockResult {
    guard options.upgrade == .none || !services.isOffline else {
      throw Failure(
        .usage, "--upgrade asks every server, and --offline none", hint: "leave one of the two out")
    }
    // What breaks a rule is not asked for in the first place, nor kept.
    var refused: Failure?
    do { try PolicyCheck.check(environment) } catch {
      guard keepsOthers else { throw error }
      refused = error
    }
    let inputs = try ResolutionInputs(environment).digest
    let previous = try Files.readIfPresent(environment.lockfile).map { String(decoding: $0, as: UTF8.self) }
    let path = environment.lockfile
    func decoded() throws(Failure) -> Lockfile? {
      try previous.map { text throws(Failure) in try LockfileCodec.decode(text, path: path) }
    }
    // The current generation knows its lockfile's inputs: where the bytes are the same, the file need not be read.
    let isRecorded = previous.map { record?.lockDigest == "sha256:" + Digest.sha256($0) } ?? false
    let lockedInputs = isRecorded ? record?.inputsDigest : try decoded()?.inputsDigest
    func decide(isForeign: Bool) throws(Failure) -> LockDecision {
      try LockDecision.decide(
        environment, options: options, inputs: inputs, lockedInputs: lockedInputs, lockfile: decoded,
        isForeign: isForeign)
    }
    var decision = try decide(isForeign: false)
    let lockedFor = try options.isLocked || isRecorded ? nil : decoded()
    var warnings: [Diagnostic] = []
    if case .keepUnlessMoved(let sources) = decision {
      let followed = services.isOffline ? sources.local : sources
      // Servers are asked while the interpreter starts: where the lockfile is for another one, they are asked all the same.
      async let comparison = followed.compare(asking: services.sources)
      let isForeign = try await isForeign(lockedFor, surroundings)
      do {
        let found = try await comparison
        warnings = try MovedReferences(policy: environment.policy).check(found.tags, of: environment.modules)
        decision = found.haveMoved || isForeign ? .relock(.none, isMinor: false) : .keep
      } catch let failure as Failure {
        // Whose fault it is comes out where each is asked for by itself.
        guard keepsOthers else { throw failure }
        decision = .relock(.none, isMinor: false)
      }
    } else if try await isForeign(lockedFor, surroundings) {
      decision = try decide(isForeign: true)
    }
    if case .keep = decision, refused != nil { decision = .relock(.none, isMinor: false) }
    if case .keep = decision, try await hasLostBase(surroundings, record, decoded) {
      decision = .relock(.none, isMinor: false)
    }
    var isJudged = false
    // What a generation was made of under the same rules has been held against them.
    if case .keep = decision, try !(isRecorded && isSettled(record)), let lockfile = try decoded() {
      let rules = try await rules(surroundings)
      if rules.callForAnother(lockfile), !LockDecision.isFixed(environment, options) {
        decision = .relock(.none, isMinor: false)
      } else {
        try environment.checkSubmodules(lockfile, asking: services.sources, reading: services.references)
        warnings += try rules.check(lockfile)
        isJudged = true
      }
    }
    services.detail("Lockfile of \(environment.name): \(decision.explanation)")
    guard case .relock(let upgrade, let isMinor) = decision else {
      return LockResult(text: previous ?? "", previous: previous, warnings: warnings, isJudged: isJudged)
    }
    try StateLayout.prepare(state)
    let (interpreter, base) = try await surroundings.forLock()
    services.detail("Relocking for \(interpreter.platformText), with \(interpreter.executable)")
    let resolver = try await services.resolver(for: environment, interpreter: interpreter)
    services.announce("Resolving \(environment.name)")
    // A damaged lockfile is no ground for preferences; a relock is how it is mended.
    let known = try? decoded()
    let outcome = try await resolver.resolve(
      environment, interpreter: interpreter, base: base,
      from: LockResolver.Start(
        previous: known, upgrade: upgrade, isMinor: isMinor, onFailure: keepsOthers ? .keepOthers : .fail,
        refused: refused))
    let rules = try await rules(surroundings)
    warnings = try rules.check(outcome.lockfile) + rules.check(outcome.lockfile, comingFrom: known)
    return LockResult(
      text: LockfileCodec.encode(outcome.lockfile, path: environment.lockfile), previous: previous,
      warnings: outcome.warnings + warnings, heldBack: outcome.heldBack, isJudged: true)
  }

  /// Whether modules that cannot be resolved are held back, and others go on. A lockfile that rules leaves nothing to resolve.
  private var keepsOthers: Bool {
    (environment.onFailure ?? options.onFailure) == .keepOthers && !LockDecision.isFixed(environment, options)
  }

  /// The rules, with the interpreter where they ask for it.
  private func rules(_ surroundings: Surroundings) async throws -> PolicyCheck {
    let interpreter = environment.policy.asksInterpreter ? try await surroundings.forLock().interpreter : nil
    return PolicyCheck(environment: environment, interpreter: interpreter, now: services.now())
  }

  /// Whether a generation was made under the settings that hold now.
  private func isSettled(_ record: GenerationRecord?) throws -> Bool {
    try record.map { try $0.settingsDigest == SettingsDigest.of(environment, baseSites: $0.baseSites) } ?? false
  }

  /// Whether the base no longer has what the lockfile takes from it, and the lockfile may be made anew for that.
  ///
  /// Where the record's settings hold, the base is what it was, and no interpreter is asked.
  private func hasLostBase(
    _ surroundings: Surroundings, _ record: GenerationRecord?, _ lockfile: () throws(Failure) -> Lockfile?
  ) async throws -> Bool {
    guard environment.base != nil, !options.isLocked, environment.lockUpdate != .never else { return false }
    if try isSettled(record) { return false }
    guard let lockfile = try lockfile(), !lockfile.baseNeeds.isEmpty else { return false }
    return !BaseCheck.complaints(lockfile, base: try await surroundings.get().base, environment: environment).isEmpty
  }

  func checkWritable() throws {
    let directory = environment.lockfile.parentPath
    guard Files.isDirectory(directory) else {
      throw Failure(
        .io, "the lockfile's directory does not exist", at: .path(directory), hint: "make it, or change spec.lockfile")
    }
    guard Files.isWritable(directory) else {
      throw Failure(
        .io, "the lockfile could not be written", at: .path(environment.lockfile),
        because: "its directory is not writable",
        hint: "use --locked to apply the lockfile as it is, or place it elsewhere with spec.lockfile")
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
