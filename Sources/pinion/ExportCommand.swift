internal import ArgumentParser
internal import Manifests
internal import Model
internal import Platform
internal import Resolution

/// `pinion export`
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", _superCommandName: "pinion",
    abstract: "Write the lockfile in another form: hashed requirements for pip, or a CycloneDX bill of materials.")

  @OptionGroup var common: CommonOptions

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file, not to standard output.", valueName: "file"))
  var output: String?

  @Flag(
    name: .customLong("no-hashes"),
    help: "Requirements without hashes: pip has none for git commits, and wants all or none.")
  var noHashes = false

  @Argument(help: ArgumentHelp("The lockfile; default: that of the declared environment.", valueName: "lockfile"))
  var lockfile: String?

  func run() async throws {
    try await perform(common, formats: [.text, .requirements, .cyclonedx]) { wiring in
      let path: String
      let name: String
      if let lockfile {
        path = lockfile.absolutePath(from: wiring.workingDirectory)
        let parts = path.lastPathComponent.split(separator: ".")
        name = parts.count == 3 ? String(parts[1]) : "default"
      } else {
        let environments = try wiring.manifests().environments
        guard let environment = environments.first, environments.count == 1 else {
          throw Failure(
            .usage, "there are several environments: " + environments.map(\.name).joined(separator: ", "),
            hint: "name one with --environment")
        }
        (path, name) = (environment.lockfile, environment.name)
      }
      let locked = try wiring.lockfile(path, of: name)
      let text =
        common.format == .cyclonedx
        ? try BillOfMaterials.encode(locked, environment: name, version: PinionCommand.version)
        : RequirementsText.encode(locked, named: path.lastPathComponent, hashes: !noHashes)
      guard let output else { return wiring.console.result(text) }
      let target = output.absolutePath(from: wiring.workingDirectory)
      try Files.replace(target, with: Array(text.utf8))
    }
  }
}
