internal import Installation
public import Model
internal import Platform
internal import Resolution

extension Reconciler {
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
    /// What the texts say, where they have been read or written by now.
    var known: (previous: Lockfile?, made: Lockfile)?

    /// Whether the file on disk is another.
    public var isChanged: Bool { text != previous }
    /// `sha256:…` of the text.
    public var digest: String { "sha256:" + Digest.sha256(text) }

    /// What tells it from the file on disk, which stands at `path`. A damaged file counts as none.
    public func difference(at path: String) throws(Failure) -> LockfileDifference {
      guard isChanged else { return LockfileDifference(from: nil, to: nil) }
      if let known { return LockfileDifference(from: known.previous, to: known.made) }
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
  private func isForeign(_ note: LockNotes.Note?, _ surroundings: Surroundings) async throws -> Bool {
    guard let note else { return false }
    let interpreter = try await surroundings.forLock().interpreter
    return note.python != interpreter.minorVersion || note.platform != interpreter.platformName
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
    var read: Lockfile?
    func decoded() throws(Failure) -> Lockfile? {
      guard read == nil, let previous else { return read }
      read = try LockfileCodec.decode(previous, path: path)
      return read
    }
    // The current generation knows its lockfile's inputs, and an earlier run may have left a note: where the bytes are the
    // same, the file need not be read.
    let isRecorded = previous.map { record?.lockDigest == "sha256:" + Digest.sha256($0) } ?? false
    let notes = try isRecorded ? nil : LockNotes(environment, state: state)
    let note = try previous.flatMap { try notes?.note(of: $0) }
    let lockedInputs = isRecorded ? record?.inputsDigest : try note?.inputs ?? decoded()?.inputsDigest
    func decide(isForeign: Bool) throws(Failure) -> LockDecision {
      try LockDecision.decide(
        environment, options: options, inputs: inputs, lockedInputs: lockedInputs, lockfile: decoded,
        isForeign: isForeign)
    }
    var decision = try decide(isForeign: false)
    let lockedFor = try options.isLocked || isRecorded ? nil : note ?? decoded().map(LockNotes.Note.init)
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
    if case .keep = decision, note == nil, try !(isRecorded && isSettled(record)), let lockfile = try decoded() {
      let rules = try await rules(surroundings)
      if rules.callForAnother(lockfile), !LockDecision.isFixed(environment, options) {
        decision = .relock(.none, isMinor: false)
      } else {
        try environment.checkSubmodules(lockfile, asking: services.sources, reading: services.references)
        warnings += try rules.check(lockfile)
        isJudged = true
        if warnings.isEmpty, let previous { notes?.keep(LockNotes.Note(lockfile), of: previous) }
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
      warnings: outcome.warnings + warnings, heldBack: outcome.heldBack, isJudged: true,
      known: (known, outcome.lockfile))
  }

  /// Whether modules that cannot be resolved are held back, and others go on. A lockfile that rules leaves nothing to resolve.
  private var keepsOthers: Bool {
    (environment.onFailure ?? options.onFailure) == .keepOthers && !LockDecision.isFixed(environment, options)
  }

  /// The rules, with the interpreter where they ask for it.
  func rules(_ surroundings: Surroundings) async throws -> PolicyCheck {
    let interpreter = environment.policy.asksInterpreter ? try await surroundings.forLock().interpreter : nil
    return PolicyCheck(environment: environment, interpreter: interpreter, now: services.now())
  }

  /// Whether a generation was made under the settings that hold now.
  func isSettled(_ record: GenerationRecord?) throws -> Bool {
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
}
