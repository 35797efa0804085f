internal import Model
internal import Platform
internal import Resolution

extension Reconciler {
  /// The lockfile of a saved plan, if that plan still holds.
  func lock(of saved: RunOptions.SavedPlan, observed: Observation) throws -> LockResult {
    let lockfile = try LockfileCodec.decode(saved.lockText, path: environment.lockfile)
    let heldBack = heldBack(by: lockfile)
    var judged = environment
    judged.modules.removeAll { module in heldBack.contains { $0.label == module.label } }
    try PolicyCheck.check(judged)
    guard saved.generation == observed.record?.number else {
      throw Failure(
        .lockStale, "the saved plan no longer holds",
        because: "it starts from generation \(saved.generation.map(String.init) ?? "none"), "
          + "\(observed.record.map { "generation \($0.number)" } ?? "none") is in use", hint: "plan again")
    }
    guard try lockfile.inputsDigest == ResolutionInputs(environment).digest(holdingBack: lockfile.heldBack) else {
      throw Failure(
        .lockStale, "the saved plan no longer holds", because: "the manifest changed since it was made",
        hint: "plan again")
    }
    let previous = try Files.readIfPresent(environment.lockfile).map { String(decoding: $0, as: UTF8.self) }
    guard !options.isLocked || previous == saved.lockText else {
      throw Failure(
        .lockStale, "the saved plan leads to another lockfile, and --locked binds to the one that is there",
        at: .path(environment.lockfile), hint: "leave out --locked, or plan again with it")
    }
    return LockResult(text: saved.lockText, previous: previous, warnings: [], heldBack: heldBack)
  }

  /// The modules that could not be resolved when a saved plan was made.
  private func heldBack(by lockfile: Lockfile) -> [HeldBack] {
    environment.modules.filter { lockfile.heldBack.contains($0.label) }.map { module in
      let complaint = Diagnostic(
        .lockStale, "\(module.label) could not be resolved when the plan was made",
        at: .source(module.location, excerpt: nil), hint: "plan again to see why")
      return HeldBack(
        label: module.label, importPath: module.importPath,
        isKept: lockfile.modules.contains { $0.label == module.label }, complaints: [complaint])
    }
  }
}
