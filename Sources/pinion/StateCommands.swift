internal import ArgumentParser
internal import Glibc
internal import Installation
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", _superCommandName: "pinion",
    abstract: "Show what is installed, from the state directory alone.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    try await perform(common) { wiring in
      let report = try StatusReport(try wiring.knownEnvironments(), state: wiring.state)
      try wiring.show(
        report,
        lines: [
          report.environments.isEmpty
            ? "There is no environment yet in \(wiring.state.root). Make one with: pinion apply"
            : report.text(style: wiring.console.style)
        ])
    }
  }
}

/// `pinion verify`
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", _superCommandName: "pinion",
    abstract: "Find drift: exit with 2 when something is not as recorded.")

  @OptionGroup var common: CommonOptions

  @Flag(name: .long, help: "Also hash every file; what is found is healed by the next apply.")
  var deep = false

  func run() async throws {
    try await perform(common) { wiring in
      var entries: [DriftJSON.Environment] = []
      for name in try wiring.knownEnvironments() {
        let observed = try Observation.of(name, in: wiring.state, isDeep: deep)
        if deep { try Damage.write(observed.drift, name, in: wiring.state) }
        // No generation heals what is in the application's own environment.
        let found = try observed.drift + Attachment(state: wiring.state, environment: name).findings()
        entries.append(
          DriftJSON.Environment(
            name: name, generation: observed.record?.number, drift: found.map(DriftJSON.Finding.init(finding:))))
      }
      try wiring.show(DriftJSON(environments: entries), lines: entries.flatMap(\.lines))
      if entries.contains(where: { !$0.drift.isEmpty }) { throw ExitCode(2) }
    }
  }
}

/// What `verify` found, as JSON.
struct DriftJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var generation: Int?
    var drift: [Finding]

    enum Key: String, CodingKey { case name, generation, drift }

    /// The same for people.
    var lines: [String] {
      guard drift.isEmpty else { return drift.map { "\(name): \($0.text)" } }
      return [generation.map { "\(name): generation \($0) is as recorded." } ?? "\(name): no generation yet."]
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(name, forKey: .name)
      try container.encode(generation, forKey: .generation)
      try container.encode(drift, forKey: .drift)
    }
  }

  struct Finding: Encodable {
    var finding: DriftFinding

    enum Key: String, CodingKey { case path, kind, detail, since, storeKey }

    var text: String {
      let since = finding.since.map { " (since \(UTCTime.text($0)))" } ?? ""
      return "\(finding.kind.rawValue) \(finding.path): \(finding.detail)\(since)"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(finding.path, forKey: .path)
      try container.encode(finding.kind, forKey: .kind)
      try container.encode(finding.detail, forKey: .detail)
      try container.encode(finding.since.map(UTCTime.text), forKey: .since)
      try container.encode(finding.storeKey, forKey: .storeKey)
    }
  }

  var formatVersion = 1
  var environments: [Environment]
}

/// `pinion exec`
struct ExecCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", _superCommandName: "pinion",
    abstract: "Run a command in the current generation, with its exit status.",
    usage: "pinion exec [<options>] -- <command> ...")

  @OptionGroup var common: CommonOptions

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
  var command: [String] = []

  func run() async throws {
    try await perform(common) { wiring in
      let words = command
      guard let program = words.first else {
        throw Failure(
          .usage, "there is no command to run", hint: "for instance: pinion exec -- python -c 'import my_link'")
      }
      let name = try wiring.singleEnvironment()
      let observed = try Observation.of(name, in: wiring.state, checksDrift: false)
      guard let record = observed.record, let path = observed.path else {
        throw Failure(
          .generationAbsent, "the environment \(name) has no generation yet", at: .path(wiring.state.environment(name)),
          hint: "make one first: pinion apply")
      }
      // The generation is in use from now on, whatever the command is; Python takes a lock of its own besides.
      let lock = try? FileLock.attempt("\(path)/generation.json", .shared)
      lock?.outliveExec()
      defer { withExtendedLifetime(lock) {} }
      // The original was blanked when it was read.
      for (name, value) in wiring.variables { setenv(name, value, 1) }
      setenv("PATH", "\(path)/bin:" + (wiring.variables["PATH"] ?? "/usr/bin:/bin"), 1)
      setenv("VIRTUAL_ENV", path, 1)
      unsetenv("PYTHONHOME")
      let roots = record.pythonPath + [wiring.variables["PYTHONPATH"] ?? ""].filter { !$0.isEmpty }
      if !roots.isEmpty { setenv("PYTHONPATH", roots.joined(separator: ":"), 1) }
      signal(SIGPIPE, SIG_DFL)
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
      arguments.append(nil)
      execvp(program, arguments)
      let error = errno
      wiring.console.complain([
        Diagnostic(
          .usage, "could not run \(program)", because: strerror(error).map { String(cString: $0) },
          hint: "is it a command of this environment, or on PATH?")
      ])
      // As shells have it: 127 when there is no such command, 126 when it cannot be run.
      throw ExitCode(error == ENOENT ? 127 : 126)
    }
  }
}
