internal import ArgumentParser

/// The command line: one subcommand for each verb of the product.
@main
struct PinionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pinion",
    abstract: "Keeps Python environments in the state that YAML manifests declare.",
    discussion: """
      Reads the modules that an application loads by name, from a vCon Server's config.yml or a ModuleSet document, \
      resolves each to an exact package version or git commit, locks them, and applies the smallest change, atomically.

      Exit status: 0 done or nothing to do, 1 error, 2 changes pending or drift (plan --detailed-exitcode, verify, \
      lock --check), 64 usage.
      """,
    version: version,
    subcommands: commands)

  static let version = "0.1.0"

  private static let commands: [any AsyncParsableCommand.Type] = [
    ValidateCommand.self, LockCommand.self, PlanCommand.self, ApplyCommand.self, StatusCommand.self,
    VerifyCommand.self, DiffCommand.self, ExplainCommand.self, RollbackCommand.self, ResumeCommand.self,
    HistoryCommand.self, CollectCommand.self, AttachCommand.self, DetachCommand.self,
    BundleCommand.self,
    ExecCommand.self, ExportCommand.self, AuditCommand.self,
  ]

  /// `--upgrade` stands alone or before names; the parser knows options with values and flags, but not both in one.
  static func main() async {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    for index in arguments[..<end].indices where arguments[index] == "--upgrade" {
      if index + 1 >= end || arguments[index + 1].hasPrefix("-") { arguments[index] = "--upgrade-all" }
    }
    // Schedulers run this thousands of times a day, and asked for its whole tree of commands the parser takes longer than
    // most commands do. So the command that is named first is asked alone; what it does not understand goes the long way,
    // which has the better words.
    if arguments == ["--version"] { return print(version) }
    if PlainApply.run(arguments) { return }
    do { if try await PlainLock.run(arguments) { return } } catch { exit(withError: error) }
    if let misuse = GivenOnce.misuse(of: arguments[..<end]) {
      FatalText.print(misuse)
      exit(withError: ExitCode(64))
    }
    guard let first = arguments.first, let type = commands.first(where: { $0.configuration.commandName == first }),
      var command = try? type.parseAsRoot(Array(arguments.dropFirst())) as? any AsyncParsableCommand,
      Swift.type(of: command) == type
    else { return await main(arguments) }
    do { try await command.run() } catch { exit(withError: error) }
  }
}
