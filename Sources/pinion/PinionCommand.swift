internal import ArgumentParser

/// The command line: one subcommand for each verb of the product.
@main
struct PinionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pinion",
    abstract: "Keeps Python environments in the state that YAML manifests declare.",
    version: "0.1.0")
}
