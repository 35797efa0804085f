internal import ArgumentParser
internal import Manifests
internal import Model
internal import Platform

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
    try await perform(common, formats: [.text, .json, .github]) { wiring in
      var diagnostics: [Diagnostic]
      var environments: [DesiredEnvironment] = []
      do throws(Failure) {
        let (loaded, errors) = try wiring.checkedManifests()
        environments = loaded.environments
        diagnostics = errors + loaded.warnings
        diagnostics += environments.flatMap(UnansweredModules.warnings)
        diagnostics += environments.flatMap { $0.policy.breaches(of: $0) }
      } catch {
        // A wrong command line is no finding about manifests.
        guard !error.diagnostics.contains(where: { $0.code == .usage }) else { throw error }
        diagnostics = error.diagnostics
      }
      if strictEnvironment {
        for index in diagnostics.indices where diagnostics[index].code == .variableUnset {
          diagnostics[index].severity = .error
        }
      }
      diagnostics = DiagnosticText.inOrder(diagnostics).map(wiring.secrets.redact)
      let isValid = !diagnostics.contains { $0.severity == .error }
      switch common.format {
      case .json: wiring.console.result(try JSONText.encode(ValidationJSON(valid: isValid, diagnostics: diagnostics)))
      case .github:
        for diagnostic in diagnostics where diagnostic.severity == .error || !common.quiet {
          wiring.console.result(WorkflowCommand.text(diagnostic))
        }
      case .text, .markdown, .requirements, .cyclonedx:
        wiring.console.complain(diagnostics)
        for environment in environments where isValid {
          let count = environment.modules.count
          wiring.console.result(
            "\(environment.location.file): environment \(environment.name), \(count) \(count == 1 ? "module" : "modules"): valid"
          )
        }
      }
      if !isValid { throw ExitCode(1) }
    }
  }
}
