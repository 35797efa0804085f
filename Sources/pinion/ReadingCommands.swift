internal import ArgumentParser
internal import Installation
internal import Manifests
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion validate`
struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", _superCommandName: "pinion",
    abstract: "Check manifests: every error, each with file:line:column.",
    discussion: "Needs no network, no interpreter and no resolver.")

  @OptionGroup var common: CommonOptions

  @Flag(name: .customLong("strict-env"), help: "Fail when a variable that a manifest uses is not set.")
  var strictEnvironment = false

  func run() async throws {
    try await perform(common) { wiring in
      var diagnostics: [Diagnostic]
      var environments: [DesiredEnvironment] = []
      do throws(Failure) {
        let loaded = try wiring.manifests()
        environments = loaded.environments
        diagnostics = loaded.warnings + environments.flatMap(UnansweredModules.warnings)
      } catch { diagnostics = error.diagnostics }
      if strictEnvironment {
        for index in diagnostics.indices where diagnostics[index].code == .variableUnset {
          diagnostics[index].severity = .error
        }
      }
      let isValid = !diagnostics.contains { $0.severity == .error }
      if common.format == .text { wiring.console.complain(diagnostics) }
      try wiring.show(
        ValidationJSON(valid: isValid, diagnostics: diagnostics),
        lines: (isValid ? environments : []).map { environment in
          "\(environment.location.file): environment \(environment.name), "
            + "\(PlanText.count(environment.modules.count, "module")): valid"
        })
      if !isValid { throw ExitCode(1) }
    }
  }
}

/// Warns of modules that a lock may have no answer for, as far as that shows without looking at an interpreter.
enum UnansweredModules {
  static func warnings(_ environment: DesiredEnvironment) -> [Diagnostic] {
    // The base, import roots and interpreter may answer: only what none of them is there for is worth a word.
    guard environment.base == nil, environment.pythonPath.isEmpty else { return [] }
    let tops = Set(
      environment.modules.filter { $0.requirement != .absent }.map { String($0.importPath.prefix { $0 != "." }) })
    return environment.modules.filter { module in
      module.requirement == .absent && module.importPath.contains(".")
        && !environment.provided.contains { ImportPattern.matches(module.importPath, pattern: $0) }
        && !tops.contains(String(module.importPath.prefix { $0 != "." }))
    }.map { module in
      Diagnostic(
        .moduleUnresolved, severity: .warning,
        "\(module.label) has no pip_name, and its module \(module.importPath) may not be found",
        at: .source(module.location, excerpt: nil),
        hint: "add pip_name, or list the module under `provided` if the application brings it")
    }
  }
}

/// `pinion plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", _superCommandName: "pinion",
    abstract: "Show the changes that apply would make. Writes nothing.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var lockOptions: LockedOptions
  @OptionGroup var upgradeOptions: UpgradeOptions

  @Flag(name: .customLong("detailed-exitcode"), help: "Exit with 2 when there are changes.")
  var detailedExitCode = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Also write the plan, as JSON, to a file that apply takes.", valueName: "file"))
  var output: String?

  func run() async throws {
    try await performOnEnvironments(common) { wiring, environments, services in
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
    let pin = prepared.observed.pin
    if options.format == .text { console.result(PlanText.render(prepared.plan, pin: pin, style: console.style)) }
    return (prepared.plan, pin)
  }
}
