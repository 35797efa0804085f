internal import ArgumentParser
internal import Installation
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", _superCommandName: "pinion",
    abstract: "Show the changes that apply would make. Writes nothing.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var lockOptions: LockedOptions
  @OptionGroup var upgradeOptions: UpgradeOptions
  @OptionGroup var git: GitOptions

  @Flag(name: .customLong("detailed-exitcode"), help: "Exit with 2 when there are changes.")
  var detailedExitCode = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Also write the plan, as JSON, to a file that apply takes.", valueName: "file"))
  var output: String?

  func run() async throws {
    try await performOnEnvironments(common, git) { wiring, declared, services in
      let environments = try upgradeOptions.placing(declared, workingDirectory: wiring.workingDirectory)
      let options = try lockOptions.runOptions(with: upgradeOptions)
      let (plans, failure) = await wiring.forEach(environments) { environment in
        try await wiring.showPlan(of: Reconciler(services: services, environment: environment, options: options))
      }
      try wiring.show(PlanJSON(plans), lines: [])
      if let output { try PlanFile.write(plans, to: output, workingDirectory: wiring.workingDirectory) }
      if let failure { throw failure }
      if detailedExitCode && plans.contains(where: { !$0.plan.isEmpty }) { throw ExitCode(2) }
    }
  }
}

extension Wiring {
  /// Works out a plan, with what the lock warns of, and shows it where lines are asked for.
  func showPlan(of reconciler: Reconciler) async throws -> PlanJSON.Entry {
    let prepared = try await reconciler.plan()
    console.complain(prepared.lock.warnings)
    console.complain(try reconciler.foresee(prepared))
    let pin = prepared.observed.pin
    if options.format == .text { console.result(PlanText.render(prepared.plan, pin: pin, style: console.style)) }
    return (prepared.plan, pin)
  }
}
