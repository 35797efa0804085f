internal import ArgumentParser
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion lock`
struct LockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", _superCommandName: "pinion", abstract: "Resolve and write the lockfile.",
    discussion: "Without --upgrade, what is locked stays as it is wherever the manifest allows it.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var upgradeOptions: UpgradeOptions

  @Flag(name: .long, help: "Write nothing; exit with 2 when the lockfile would change.")
  var check = false

  func run() async throws {
    try await perform(common) { wiring in
      let environments = try wiring.desiredEnvironments()
      let options = try upgradeOptions.runOptions()
      try await wiring.withServices { services in
        var isPending = false
        try await wiring.forEach(environments) { environment in
          let reconciler = Reconciler(services: services, environment: environment, options: options)
          let lock = try await reconciler.lock()
          wiring.console.complain(lock.warnings)
          isPending = isPending || lock.isChanged
          let path = environment.lockfile
          if check {
            wiring.console.result(lock.isChanged ? "\(path) would change." : "\(path) is up to date.")
          } else {
            let wrote = try reconciler.write(lock)
            wiring.console.result(wrote ? "Wrote \(path)." : "\(path) is up to date.")
          }
        }
        if check && isPending { throw ExitCode(2) }
      }
    }
  }
}

/// `pinion apply`
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", _superCommandName: "pinion", abstract: "Bring environments into their declared state.",
    discussion: """
      Builds the next generation beside the current one, imports every declared module with its interpreter, and only \
      then switches. Whatever goes wrong before that changes nothing.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var lockOptions: LockedOptions
  @OptionGroup var upgradeOptions: UpgradeOptions
  @OptionGroup var writer: WriterOptions

  @Flag(name: .customLong("dry-run"), help: "Show the plan and stop.")
  var dryRun = false

  @Flag(name: .long, help: "Hash every installed file first, and heal what differs.")
  var deep = false

  @Flag(name: .long, help: "Take a rollback's pin away first.")
  var resume = false

  @Argument(
    help: ArgumentHelp("A plan that was saved with plan -o: it is applied as it is, or not at all.", valueName: "plan"))
  var plan: String?

  func run() async throws {
    try await perform(common) { wiring in
      let environments = try wiring.desiredEnvironments()
      var options = try lockOptions.runOptions(with: upgradeOptions)
      options.isDeep = deep
      options.resumes = resume
      options.lockTimeout = writer.lockTimeout
      let saved = try plan.map { try PlanFile.read($0, workingDirectory: wiring.workingDirectory) }
      for entry in saved ?? [] where !environments.contains(where: { $0.name == entry.name }) {
        throw Failure(
          .stateInvalid, "the plan is for the environment \(entry.name), which no manifest declares here",
          hint: "name the manifests that it was made from with -f")
      }
      try await wiring.withServices { services in
        var plans: [(plan: Plan, pin: Int?)] = []
        var failed = false
        do {
          try await wiring.forEach(environments) { environment in
            var options = options
            if let saved {
              guard let entry = saved.first(where: { $0.name == environment.name }) else { return }
              options.saved = RunOptions.SavedPlan(generation: entry.generation, lockText: entry.lock)
            }
            let reconciler = Reconciler(services: services, environment: environment, options: options)
            if dryRun {
              let prepared = try await reconciler.plan()
              plans.append((prepared.plan, prepared.observed.pin))
              if common.format == .text {
                wiring.console.result(
                  PlanText.render(prepared.plan, pin: prepared.observed.pin, style: wiring.console.style))
              }
              return
            }
            let isText = common.format == .text
            let result = try await reconciler.apply { plan in
              if isText { wiring.console.result(PlanText.render(plan, style: wiring.console.style)) }
            }
            wiring.console.complain(result.warnings)
            if let plan = result.plan {
              plans.append((plan, nil))
            } else if case .pinned(let generation) = result.outcome {
              let unchanged = Plan(
                environment: environment.name, current: generation, lockText: "", changes: [], kept: 0, reasons: [])
              plans.append((unchanged, generation))
            }
            if isText { report(result, environment, wiring.console) }
          }
        } catch is ExitCode { failed = true }
        if common.format == .json { wiring.console.result(try JSONText.encode(PlanJSON(plans))) }
        if failed { throw ExitCode(1) }
      }
    }
  }

  private func report(_ result: Reconciler.ApplyResult, _ environment: DesiredEnvironment, _ console: Console) {
    if result.wroteLockfile { console.remark("Wrote \(environment.lockfile).") }
    switch result.outcome {
    case .unchanged: break
    case .applied(let generation):
      console.result(
        "Applied: generation \(generation) of \(environment.name) is in use, "
          + "\(PlanText.count(result.verified, "module")) verified.")
    case .pinned(let generation):
      console.result(
        "Environment \(environment.name) is pinned to generation \(generation) by a rollback: nothing was changed. Go on with: pinion resume"
      )
    }
  }
}

/// `pinion rollback`
struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", _superCommandName: "pinion",
    abstract: "Go back to an earlier generation and stay there until resume.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var writer: WriterOptions

  @Option(
    name: .long,
    help: ArgumentHelp("The generation to go to; default: the one before the current.", valueName: "number"))
  var to: Int?

  func run() async throws {
    try await perform(common) { wiring in
      let name = try wiring.singleEnvironment()
      let moved = try await Rollback(
        state: wiring.state, environment: name, command: CommandLine.arguments.joined(separator: " "),
        lockTimeout: writer.lockTimeout, now: Wiring.now
      ).roll(to: to)
      wiring.console.result(
        "Environment \(name): generation \(moved.from) → \(moved.to), pinned there. Go on with: pinion resume")
    }
  }
}

/// `pinion resume`
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", _superCommandName: "pinion",
    abstract: "Take a rollback's pin away, so that apply changes the environment again.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var writer: WriterOptions

  func run() async throws {
    try await perform(common) { wiring in
      let name = try wiring.singleEnvironment()
      let pin = try await Rollback(
        state: wiring.state, environment: name, command: CommandLine.arguments.joined(separator: " "),
        lockTimeout: writer.lockTimeout, now: Wiring.now
      ).resume()
      wiring.console.result(
        pin.map {
          "Environment \(name) is no longer pinned to generation \($0). Bring it up to date with: pinion apply"
        }
          ?? "Environment \(name) was not pinned.")
    }
  }
}
