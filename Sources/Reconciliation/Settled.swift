internal import Installation
public import Model
internal import Platform

/// Runs with nothing to do, which are nearly all of them: found out on the spot, without anything that only a change needs.
///
/// What is asked is what `Reconciler` asks. Any doubt, and every complaint, is left to it.
public enum Settled {
  /// Applies where nothing is to be done: looks, and writes the status down, as `Reconciler.apply` does.
  ///
  /// The lock is shared with others who only look. It keeps writers out, and is not signed: that would be the one write of
  /// most runs, and would have to wait for the disk when that is busy.
  ///
  /// The empty plan; nil where something may have to be done, waited for, or said, all of which is left to the long way.
  public static func apply(
    _ environment: DesiredEnvironment, in state: StateDirectory, options: RunOptions, now: Int
  ) -> Plan? {
    guard !options.isDeep, !options.resumes, options.isLocked || Files.isWritable(environment.lockfile.parentPath),
      Files.exists("\(state.root)/.gitignore"), !Files.exists(state.pending(environment.name)),
      !Files.exists(state.trial(environment.name)),
      // Who may not apply is told so, also where there is nothing to do.
      Files.isWritable(state.lock(environment.name)),
      let lock = try? FileLock.attempt(state.lock(environment.name), .shared)
    else { return nil }
    defer { withExtendedLifetime(lock) {} }
    do {
      try StagingArea.sweep(state.staging)
      let observed = try Observation.of(environment.name, in: state)
      guard observed.pin == nil, let plan = try plan(environment, observed, options: options) else { return nil }
      try StatusFile.record(
        success: .unchanged, current: plan.current, environment: environment.name, state: state, now: now)
      return plan
    } catch { return nil }
  }

  /// The empty plan, where what is observed is what the manifest and the lockfile on disk ask for, and no server has to be
  /// asked; else nil.
  static func plan(
    _ environment: DesiredEnvironment, _ observed: Observation, options: RunOptions
  ) throws(Failure) -> Plan? {
    guard let record = observed.record, observed.drift.isEmpty,
      LockDecision.holdsUnasked(environment, options: options), options.saved == nil,
      let bytes = try Files.readIfPresent(environment.lockfile),
      record.lockDigest == "sha256:" + Digest.sha256(bytes),
      try record.inputsDigest == ResolutionInputs(environment).digest,
      try record.settingsDigest == SettingsDigest.of(environment, baseSites: record.baseSites)
    else { return nil }
    return Plan(
      environment: environment.name, current: record.number, lockText: String(decoding: bytes, as: UTF8.self),
      changes: [], kept: record.distributions.count, reasons: [])
  }
}
