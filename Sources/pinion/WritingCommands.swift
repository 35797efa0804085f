internal import ArgumentParser
internal import Installation
internal import Model
internal import Platform
internal import Reconciliation

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
  @OptionGroup var network: NetworkOptions
  @OptionGroup var writer: WriterOptions

  @Flag(name: .customLong("dry-run"), help: "Show the plan and stop.")
  var dryRun = false

  @Flag(name: .long, help: "Hash every installed file first, and heal what differs.")
  var deep = false

  @Flag(name: .long, help: "Make the bytecode of everything, not only of what verification imports.")
  var compile = false

  @Flag(name: .long, help: "Take a rollback's pin away first, and try again what failed its health check.")
  var resume = false

  @Argument(
    help: ArgumentHelp("A plan that was saved with plan -o: it is applied as it is, or not at all.", valueName: "plan"))
  var plan: String?

  func run() async throws {
    try await performOnEnvironments(common, network) { wiring, declared, services in
      let environments = try upgradeOptions.placing(declared, workingDirectory: wiring.workingDirectory)
      var options = try lockOptions.runOptions(with: upgradeOptions)
      options.isDeep = deep
      options.compiles = compile
      options.resumes = resume
      options.lockTimeout = writer.lockTimeout
      let saved = try plan.map { try PlanFile.read($0, workingDirectory: wiring.workingDirectory) }
      for entry in saved ?? [] where !environments.contains(where: { $0.name == entry.name }) {
        throw Failure(
          .stateInvalid, "the plan is for the environment \(entry.name), which no manifest declares here",
          hint: "name the manifests that it was made from with -f")
      }
      let planned = environments.filter { environment in saved?.contains { $0.name == environment.name } ?? true }
      let (plans, failure) = await wiring.forEach(planned) { environment in
        options.saved = saved?.first { $0.name == environment.name }.map {
          RunOptions.SavedPlan(generation: $0.generation, lockText: $0.lock)
        }
        let reconciler = Reconciler(services: services, environment: environment, options: options)
        return dryRun ? try await wiring.showPlan(of: reconciler) : try await apply(reconciler, environment, wiring)
      }
      try wiring.show(PlanJSON(plans), lines: [])
      if let failure { throw failure }
      try plans.flatMap(\.plan.heldBack).end()
    }
  }

  private func apply(
    _ reconciler: Reconciler, _ environment: DesiredEnvironment, _ wiring: Wiring
  ) async throws -> PlanJSON.Entry {
    let isText = common.format == .text
    let result = try await reconciler.apply { plan in
      if isText { wiring.console.result(PlanText.render(plan, style: wiring.console.style)) }
    }
    wiring.console.complain(result.warnings)
    wiring.complain(of: result.heldBack)
    if isText { report(result, environment, wiring) }
    if let plan = result.plan { return (plan, nil) }
    var pin: Int?
    if case .pinned(let generation) = result.outcome { pin = generation }
    return (
      Plan(environment: environment.name, current: pin, lockText: "", changes: [], kept: 0, reasons: []), pin
    )
  }

  private func report(_ result: Reconciler.ApplyResult, _ environment: DesiredEnvironment, _ wiring: Wiring) {
    let console = wiring.console
    defer {
      if result.isFoundHealthy { console.result("Environment \(environment.name) was found healthy.") }
    }
    if result.wroteLockfile { console.remark("Wrote \(wiring.shown(environment.lockfile)).") }
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
      let (name, rollback) = try wiring.rollback(writer)
      let moved = try await rollback.roll(to: to)
      try wiring.show(
        MoveJSON(environments: [.init(name: name, from: moved.from, generation: moved.to, pinned: true)]),
        lines: ["Environment \(name): generation \(moved.from) → \(moved.to), pinned there. Go on with: pinion resume"])
    }
  }
}

/// `pinion resume`
struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", _superCommandName: "pinion",
    abstract: "Take away what holds apply back: a rollback's pin, or a health check that failed.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var writer: WriterOptions

  func run() async throws {
    try await perform(common) { wiring in
      let (name, rollback) = try wiring.rollback(writer)
      let (pin, held) = try await rollback.resume()
      let current = Generations(state: wiring.state, environment: name).current()
      try wiring.show(
        MoveJSON(environments: [.init(name: name, from: pin, generation: current, pinned: false)]),
        lines: [
          pin.map {
            "Environment \(name) is no longer pinned to generation \($0). Bring it up to date with: pinion apply"
          } ?? (held == nil ? "Environment \(name) was not pinned." : nil),
          held.map {
            "What generation \($0.generation) of \(name) was made of is no longer held. Try it again with: pinion apply"
          },
        ].compactMap(\.self))
    }
  }
}
