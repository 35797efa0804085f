internal import ArgumentParser
internal import Installation
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion attach`
struct AttachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", _superCommandName: "pinion",
    abstract: "Let the application's own environment see the modules, with its start command as it is.",
    discussion: """
      Puts one .pth file into the environment that the manifest names as base. Processes that are started there from then \
      on see the modules of the generation in use, and keep to it when another comes into use. Nothing else in that \
      environment is written. `pinion detach` takes the file away.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var writer: WriterOptions

  func run() async throws {
    try await perform(common) { wiring in
      let name = try wiring.singleEnvironment()
      let lock = try await wiring.writersLock(of: name, writer)
      defer { withExtendedLifetime(lock) {} }
      guard let record = try Observation.of(name, in: wiring.state, checksDrift: false).record else {
        throw Failure(
          .generationAbsent, "the environment \(name) has no generation yet", at: .path(wiring.state.environment(name)),
          hint: "make one first: pinion apply")
      }
      let (file, isNew) = try Attachment(state: wiring.state, environment: name).attach(record)
      try wiring.show(
        AttachmentJSON(environments: [.init(name: name, file: file, attached: true, changed: isNew)]),
        lines: [
          isNew
            ? "Environment \(name) is attached to \(record.base ?? file): processes started there see its modules."
            : "Environment \(name) was attached already, by \(file)."
        ])
    }
  }
}

/// `pinion detach`
struct DetachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detach", _superCommandName: "pinion",
    abstract: "Take away what attach put into the application's own environment.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var writer: WriterOptions

  func run() async throws {
    try await perform(common) { wiring in
      let name = try wiring.singleEnvironment()
      let lock = try await wiring.writersLock(of: name, writer)
      defer { withExtendedLifetime(lock) {} }
      let file = try Attachment(state: wiring.state, environment: name).detach()
      try wiring.show(
        AttachmentJSON(environments: [.init(name: name, file: file, attached: false, changed: file != nil)]),
        lines: [
          file.map { "Environment \(name) is detached: \($0) is gone. Processes that run keep what they see." }
            ?? "Environment \(name) was not attached."
        ])
    }
  }
}

/// What `attach` and `detach` did, as JSON: see docs/json.md.
struct AttachmentJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var file: String?
    var attached: Bool
    var changed: Bool

    enum Key: String, CodingKey { case name, file, attached, changed }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(name, forKey: .name)
      try container.encode(file, forKey: .file)
      try container.encode(attached, forKey: .attached)
      try container.encode(changed, forKey: .changed)
    }
  }

  var formatVersion = 1
  var environments: [Environment]
}

extension Wiring {
  /// The lock of an environment's one writer, which is waited for.
  func writersLock(of name: String, _ writer: WriterOptions) async throws -> FileLock {
    try await FileLock.acquire(
      state.lock(name), waitingUpTo: writer.lockTimeout, command: command,
      onWait: { console.announce("Waiting for another Pinion to end") })
  }
}
