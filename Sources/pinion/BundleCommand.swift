internal import ArgumentParser
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion bundle`
struct BundleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", _superCommandName: "pinion",
    abstract: "Carry lockfile, wheels and built modules to a host without a network, in one file.",
    discussion: """
      export downloads and builds what the lockfile means for the Python here, and writes one tar archive; it prints the \
      archive's SHA-256. import, on the other host, checks all of it against the lockfile and takes it in: apply --locked \
      needs no network then. What was built has no hash in the lockfile: give the printed SHA-256 to import with --sha256.
      """)

  /// What is done.
  enum Action: String, ExpressibleByArgument, CaseIterable { case export, `import` }

  @OptionGroup var common: CommonOptions
  @OptionGroup var network: NetworkOptions
  @OptionGroup var writer: WriterOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Import: what the bundle's SHA-256 must be, as export printed it.", valueName: "digest"))
  var sha256: String?

  @Argument(help: "export or import.")
  var action: Action

  @Argument(help: ArgumentHelp("The bundle.", valueName: "file"))
  var file: String

  func run() async throws {
    try await performOnEnvironments(common, network) { wiring, environments, services in
      guard let environment = environments.first, environments.count == 1 else {
        throw Failure(
          .usage, "a bundle is for one environment, and there are " + environments.map(\.name).joined(separator: ", "),
          hint: "name one with --environment")
      }
      if action == .export, sha256 != nil {
        throw Failure(.usage, "--sha256 is for import", hint: "export prints the bundle's SHA-256")
      }
      var options = RunOptions()
      options.isLocked = true
      options.lockTimeout = writer.lockTimeout
      let reconciler = Reconciler(services: services, environment: environment, options: options)
      let path = file.absolutePath(from: wiring.workingDirectory)
      let result =
        switch action {
        case .export: try await reconciler.exportBundle(to: path)
        case .import: try await reconciler.importBundle(from: path, sha256: sha256?.lowercased())
        }
      wiring.console.complain(result.warnings)
      if result.wroteLockfile { wiring.console.remark("Wrote \(wiring.shown(environment.lockfile)).") }
      try wiring.show(
        BundleJSON(environments: [.init(name: environment.name, bundle: path, result)]),
        lines: [text(result, environment.name)])
    }
  }

  private func text(_ result: Reconciler.BundleResult, _ name: String) -> String {
    let wheels = PlanText.count(result.wheels, "wheel")
    let built = result.built.isEmpty ? "" : ", \(result.built.count) of them built"
    return switch action {
    case .export:
      "Wrote \(file): \(wheels) for \(name)\(built), \(CollectionJSON.size(result.size)), sha256 \(result.sha256)."
    case .import: "Took \(wheels) for \(name)\(built) from \(file). Now: pinion apply --locked"
    }
  }
}

/// What a bundle holds, as JSON: see docs/json.md.
struct BundleJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var bundle: String
    var sha256: String
    var size: Int
    var wheels: Int
    var built: [String]

    init(name: String, bundle: String, _ result: Reconciler.BundleResult) {
      self.name = name
      self.bundle = bundle
      sha256 = result.sha256
      size = result.size
      wheels = result.wheels
      built = result.built
    }
  }

  var formatVersion = 1
  var environments: [Environment]
}
