internal import Installation
internal import Model
internal import Platform

/// What follows a switch: hooks, the health check, and going back where it fails.
extension Reconciler {
  /// Whether anything follows a switch.
  private var isTried: Bool { environment.health != nil || !environment.onChange.isEmpty }

  private var generations: Generations { Generations(state: state, environment: environment.name) }

  // MARK: before the switch

  /// Completes what a run that was killed left: going back after a check that failed. What hooks said of it.
  func settleTrial() async throws -> [Diagnostic] {
    guard let trial = try Trial.read(environment.name, in: state) else { return [] }
    switch trial.stage {
    case .quarantined:
      if options.resumes { try Trial.remove(environment.name, in: state) }
      return []
    case .failed: return try await goBack(trial)
    case .switched:
      // It never came into use, or somebody moved on from it.
      let current = generations.current()
      guard trial.generation != current else { return [] }
      if let before = trial.before.first, before.stage == .quarantined || before.generation == current {
        try before.write(environment.name, in: state)
        return try await settleTrial()
      }
      try Trial.remove(environment.name, in: state)
      return []
    }
  }

  /// What is held, where it is what the plan leads to.
  func quarantine(of prepared: PreparedPlan) throws -> Quarantine? {
    guard !options.resumes, !prepared.plan.isEmpty, let trial = try Trial.read(environment.name, in: state),
      let quarantine = trial.quarantine, trial.lockDigest == prepared.lock.digest,
      try trial.desiredDigest == desiredDigest(prepared)
    else { return nil }
    return quarantine
  }

  /// Refuses what failed before. What differs from it is free to go, and nothing is held any more once it is in use.
  func refuseQuarantined(_ prepared: PreparedPlan, saying others: [Diagnostic]) throws {
    if let held = prepared.plan.quarantined {
      throw Failure(
        [
          Diagnostic(
            .quarantined,
            "generation \(held.generation) failed its health check, and what it was made of is not tried again by itself",
            at: .path(state.environment(environment.name)),
            because: "\(held.reason) (\(UTCTime.text(held.since))); generation \(held.previous) was gone back to",
            hint: "change the manifest or the lockfile, or try it again as it is: pinion resume, then pinion apply")
        ] + others)
    }
    if prepared.plan.isEmpty, try Trial.read(environment.name, in: state)?.stage == .quarantined {
      try Trial.remove(environment.name, in: state)
    }
  }

  /// Switches, and puts on record before that what is to follow.
  func activate(_ number: Int, _ prepared: PreparedPlan) throws {
    let before = try Trial.read(environment.name, in: state)
    if isTried {
      // A generation that is on trial itself is nothing to go back to.
      let isOnTrial = before?.stage == .switched && before?.generation == prepared.plan.current
      var trial = Trial(
        stage: .switched, generation: number, previous: isOnTrial ? before?.previous : prepared.plan.current,
        lockDigest: prepared.lock.digest, desiredDigest: try desiredDigest(prepared))
      if var before {
        before.before = []
        trial.before = [before]
      }
      try trial.write(environment.name, in: state)
    }
    do throws(Failure) { try GenerationSwitch.activate(state, environment: environment.name, number: number) } catch {
      if isTried {
        if let before {
          try? before.write(environment.name, in: state)
        } else {
          try? Trial.remove(environment.name, in: state)
        }
      }
      throw error
    }
    // Left there, it is of a generation that is not in use, and the next run takes it away.
    if !isTried { try? Trial.remove(environment.name, in: state) }
  }

  /// A digest over all that is declared, hooks and health included.
  private func desiredDigest(_ prepared: PreparedPlan) throws -> String {
    let lines = [
      try ResolutionInputs(environment).digest,
      try SettingsDigest.of(environment, baseSites: prepared.base?.siteDirectories ?? []),
      environment.health?.summary ?? "-",
    ]
    return "sha256:" + Digest.sha256((lines + environment.onChange.map(\.description)).joined(separator: "\n"))
  }

  // MARK: after the switch

  /// Runs the hooks and the health check that are left to be done. Says whether the generation was found healthy.
  ///
  /// Throws `healthFailed` after going back to the generation before, or where there is none that is whole, and `hookFailed`.
  func concludeTrial() async throws -> Bool {
    guard var trial = try Trial.read(environment.name, in: state), trial.stage == .switched,
      trial.generation == generations.current()
    else { return false }
    trial.before = []
    try? StatusFile.record(
      trialOf: trial.generation, environment: environment.name, state: state, now: services.now())
    let report = try report(.applied, generation: trial.generation, previous: trial.previous, reason: nil)
    let actions = actions(.applied, generation: trial.generation, previous: trial.previous)
    var complaints: [Diagnostic] = []
    for (index, hook) in environment.onChange.enumerated() {
      let digest = Digest.sha256("\(index) \(hook)")
      guard !trial.announced.contains(digest) else { continue }
      if let flaw = try await run(hook, actions, report) {
        complaints.append(failed(hook, flaw, "generation \(trial.generation) is in use"))
      } else {
        trial.announced.append(digest)
        try trial.write(environment.name, in: state)
      }
    }
    if let health = environment.health {
      services.announce("Checking health for up to \(HealthCheck.text(health.within)): \(health.summary)")
      if let flaw = try await actions.lastFlaw(of: health) { try await fail(&trial, health, flaw, complaints) }
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    try Trial.remove(environment.name, in: state)
    return environment.health != nil
  }

  private func fail(_ trial: inout Trial, _ health: HealthCheck, _ flaw: String, _ others: [Diagnostic]) async throws {
    let time = HealthCheck.text(health.within)
    guard let previous = try whole(trial.previous) else {
      let reason =
        trial.previous.map { "generation \($0), which was in use before, is not whole any more" }
        ?? "no generation before it was found healthy"
      throw Failure(
        [
          Diagnostic(
            .healthFailed, "generation \(trial.generation) was not healthy within \(time), and stays in use",
            at: .source(health.location, excerpt: nil), because: "\(flaw)\n\(reason)",
            hint:
              "every apply checks it again; if the application is not started yet, start it, or give it longer with `within`",
            retryable: true)
        ] + others)
    }
    trial.stage = .failed
    trial.reason = flaw
    trial.since = services.now()
    trial.previous = previous
    try trial.write(environment.name, in: state)
    let complaint = Diagnostic(
      .healthFailed,
      "generation \(trial.generation) was not healthy within \(time): generation \(previous) is in use again",
      at: .source(health.location, excerpt: nil), because: flaw,
      hint: "what it was made of is not tried again until the manifest or the lockfile changes, or by: pinion resume")
    throw Failure([complaint] + others + (try await goBack(trial)))
  }

  /// The generation, where it is there and as recorded; else nil.
  private func whole(_ number: Int?) throws -> Int? {
    guard let number, let record = try generations.record(number),
      DriftCheck.plain(record: record, at: state.generation(environment.name, number), state: state).isEmpty
    else { return nil }
    return number
  }

  /// Goes back to the generation before, tells of it, and holds what failed. What the hooks said.
  private func goBack(_ trial: Trial) async throws -> [Diagnostic] {
    guard let previous = trial.previous, try generations.record(previous) != nil else {
      try Trial.remove(environment.name, in: state)
      return []
    }
    if generations.current() == trial.generation {
      services.announce("Going back to generation \(previous)")
      try GenerationSwitch.activate(state, environment: environment.name, number: previous)
    }
    try FailedGeneration(generation: trial.generation, reason: trial.reason, time: trial.since).add(
      environment.name, in: state, present: try generations.numbers())
    var complaints: [Diagnostic] = []
    let report = try report(.rolledBack, generation: previous, previous: trial.generation, reason: trial.reason)
    let actions = actions(.rolledBack, generation: previous, previous: trial.generation)
    for hook in environment.onChange {
      guard let flaw = try await run(hook, actions, report) else { continue }
      complaints.append(failed(hook, flaw, "generation \(previous) is in use again"))
    }
    var held = trial
    held.stage = .quarantined
    held.announced = []
    try held.write(environment.name, in: state)
    return complaints
  }

  // MARK: parts

  private func run(_ hook: ChangeHook, _ actions: HostActions, _ report: [UInt8]) async throws -> String? {
    services.announce("Running the hook: \(hook)")
    return try await actions.flaw(of: hook, report: report)
  }

  private func failed(_ hook: ChangeHook, _ flaw: String, _ state: String) -> Diagnostic {
    Diagnostic(
      .hookFailed, "a hook failed: \(hook)", at: .source(hook.location, excerpt: nil), because: flaw,
      hint: "\(state); the next apply runs it again where the generation that it tells of stays in use",
      retryable: true)
  }

  private func report(
    _ event: ChangeReport.Event, generation: Int, previous: Int?, reason: String?
  ) throws -> [UInt8] {
    guard let record = try generations.record(generation) else { return Array("{}".utf8) }
    let old = try previous.flatMap { try generations.record($0) }
    let report = ChangeReport(
      event: event, environment: environment.name, generation: generation, previous: previous,
      lockDigest: record.lockDigest, reason: reason, changes: ChangeReport.changes(from: old, to: record))
    return Array(try JSONText.encode(report).utf8)
  }

  private func actions(_ event: ChangeReport.Event, generation: Int, previous: Int?) -> HostActions {
    var facts = [
      "PINION_EVENT": event.rawValue, "PINION_ENVIRONMENT": environment.name, "PINION_GENERATION": "\(generation)",
      "PINION_PATH": state.generation(environment.name, generation),
    ]
    if let previous { facts["PINION_PREVIOUS"] = "\(previous)" }
    return HostActions(
      client: services.client, secrets: services.secrets, variables: services.variables,
      searchPath: services.searchPath, workingDirectory: environment.directory, facts: facts)
  }
}
