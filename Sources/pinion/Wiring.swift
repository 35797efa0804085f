internal import ArgumentParser
internal import Git
internal import Glibc
internal import Installation
internal import Manifests
internal import Model
internal import Network
internal import Platform
internal import Reconciliation
internal import Resolution

/// The one place where the parts are put together.
struct Wiring: Sendable {
  let console: Console
  let secrets: SecretRegistry
  let options: CommonSettings
  let variables: [String: String]
  let workingDirectory: String
  let state: StateDirectory

  init(_ options: CommonSettings) throws(Failure) {
    self.options = options
    variables = Wiring.processVariables
    secrets = SecretRegistry()
    guard let here = getcwd(nil, 0) else {
      throw Failure(
        .io, "the working directory is gone", because: String(cString: strerror(errno)),
        hint: "go to a directory that is there")
    }
    defer { free(here) }
    let workingDirectory = String(cString: here)
    self.workingDirectory = workingDirectory
    console = Console(
      secrets: secrets, settings: options, variables: variables,
      lines: ManifestLines(workingDirectory: workingDirectory))
    state = options.stateDirectory(variables: variables, workingDirectory: workingDirectory)
  }

  /// The directories of PATH, absolute ones alone: a program of the working directory is not run by accident.
  var searchPath: [String] {
    (variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map(String.init).filter {
      $0.hasPrefix("/")
    }
  }

  /// Reads the manifests. Throws everything that is wrong with them.
  func manifests() throws(Failure) -> LoadedManifests {
    let (loaded, errors) = try checkedManifests()
    guard errors.isEmpty else { throw Failure(errors) }
    return loaded
  }

  /// Reads the manifests, and goes on where something is wrong with them.
  func checkedManifests() throws(Failure) -> (loaded: LoadedManifests, errors: [Diagnostic]) {
    let loader = ManifestLoader(variables: Variables(variables), secrets: secrets, host: try hostPolicy())
    var (loaded, errors) = try loader.check(options.file, workingDirectory: workingDirectory)
    if let name = options.environment {
      let names = loaded.environments.map(\.name)
      if !names.contains(name) {
        let isRead = errors.isEmpty
        let unknown = Diagnostic(
          .usage, "no manifest \(isRead ? "" : "that could be read ")declares the environment \(name)",
          because: names.isEmpty ? nil : "declared are " + names.joined(separator: ", "),
          hint: Suggestion.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
            ?? (isRead ? "name one of them with --environment" : "mend what is wrong with the manifests first"))
        guard !isRead else { throw Failure([unknown]) }
        errors.append(unknown)
      }
      loaded.environments.removeAll { $0.name != name }
    }
    return (loaded, errors)
  }

  /// What the host's file says; nil when there is none. One that is named must be there.
  func hostPolicy() throws(Failure) -> HostPolicy? {
    let named = options.hostPolicy ?? variables["PINION_HOST_POLICY"].flatMap { $0.isEmpty ? nil : $0 }
    return try HostPolicyLoader(secrets: secrets).load(named, workingDirectory: workingDirectory)
  }

  /// Reads the manifests for a command that acts on them, and says what is doubtful about them.
  ///
  /// Variables that are not set are passed over: where one is needed, its absence is an error.
  func desiredEnvironments() throws(Failure) -> [DesiredEnvironment] {
    let loaded = try manifests()
    warn(loaded)
    return loaded.environments
  }

  /// Says what is doubtful about manifests that are acted on.
  func warn(_ manifests: LoadedManifests) {
    console.complain(manifests.warnings.filter { $0.code != .variableUnset })
  }

  /// The command as its user wrote it, for whoever waits for its lock.
  var command: String {
    ([CommandLine.arguments[0].lastPathComponent] + CommandLine.arguments.dropFirst()).joined(separator: " ")
  }

  /// Runs `body` with everything wired, and closes what was opened.
  func withServices<Result>(
    _ network: NetworkSettings, _ body: (Services) async throws -> Result
  ) async throws -> Result {
    signal(SIGPIPE, SIG_IGN)
    let certificates = (variables["SSL_CERT_FILE"] ?? variables["PIP_CERT"]).flatMap { $0.isEmpty ? nil : $0 }
    let proxies = ProxySettings(variables: variables)
    proxies.secrets.forEach(secrets.add)
    var settings = WebClient.Settings()
    settings.isOffline = network.isOffline
    let client = WebClient(settings: settings, trustedCertificates: certificates, proxies: proxies)
    let git = gitClient(network, proxies: proxies)
    let services = Services(
      state: state, variables: Variables(variables), secrets: secrets,
      finder: InterpreterFinder(
        searchPath: searchPath, home: variables["HOME"], cache: "\(state.cache)/interpreters"),
      client: client, sources: git,
      references: MetadataReferences(secrets: secrets), wheelReading: WheelInspector(),
      settings: IndexSettings(variables: variables, secrets: secrets),
      searchPath: searchPath, trustedCertificates: certificates,
      confinement: BuildConfinement(helper: Wiring.helperPath("pinion-confine")) { [console] in console.announce($0) },
      announce: { [console] in console.announce($0) },
      report: { [console] in console.report($0) }, detail: { [console] in console.detail($0) },
      command: command, now: Wiring.now)
    try StagingArea.sweep(state.staging)
    do {
      let result = try await body(services)
      git.shutdown()
      await client.shutdown()
      return result
    } catch {
      git.shutdown()
      await client.shutdown()
      throw error
    }
  }

  /// Git, through a helper that is started when it is first asked for something, and is to be shut down.
  func gitClient(_ network: NetworkSettings, proxies: ProxySettings = .none) -> GitClient {
    GitClient(
      helper: Wiring.helperPath("pinion-git"), mirrors: state.git, variables: Variables(variables), secrets: secrets,
      proxies: proxies, timeout: network.gitTimeout, isOffline: network.isOffline,
      announce: { [console] in console.announce($0) })
  }

  /// Does something for each environment by itself. What came of those that did not fail, and the exit status where one
  /// did: 64 if nothing but the command line was wrong, else 1.
  func forEach<Result>(
    _ environments: [DesiredEnvironment], _ body: (DesiredEnvironment) async throws -> Result
  ) async -> (results: [Result], failure: ExitCode?) {
    var results: [Result] = []
    var codes: Set<Int32> = []
    for environment in environments {
      do { results.append(try await body(environment)) } catch {
        console.complain(error)
        codes.insert(exitCode(for: error).rawValue)
      }
    }
    return (results, codes.isEmpty ? nil : ExitCode(codes.count == 1 ? codes.first ?? 1 : 1))
  }

  /// A path as people read it: from the working directory on where it is below it.
  func shown(_ path: String) -> String {
    path.hasPrefix(workingDirectory + "/") ? path.relativePath(from: workingDirectory) : path
  }

  /// Writes a result in the form that was asked for: one document, or lines.
  func show(_ document: @autoclosure () -> some Encodable, lines: @autoclosure () -> [String]) throws {
    switch options.format {
    case .json: console.result(try JSONText.encode(document()))
    case .text, .github, .markdown, .requirements, .cyclonedx: lines().forEach(console.result)
    }
  }

  /// The environments that the state directory knows, or the one that is named. For commands that need no manifest.
  func knownEnvironments() throws -> [String] {
    let known = try Files.list(state.environments)
    guard let name = options.environment else { return known }
    guard known.contains(name) else {
      throw Failure(
        .generationAbsent, "the environment \(name) was never applied", at: .path(state.root),
        because: known.isEmpty ? nil : "there are " + known.joined(separator: ", "),
        hint: "apply it first: pinion apply")
    }
    return [name]
  }

  /// The one environment that a command works on.
  func singleEnvironment() throws -> String {
    let known = try knownEnvironments()
    guard let first = known.first else {
      throw Failure(
        .generationAbsent, "there is no environment yet", at: .path(state.root), hint: "make one first: pinion apply")
    }
    guard known.count == 1 else {
      throw Failure(
        .usage, "there are several environments: " + known.joined(separator: ", "),
        hint: "name one with --environment")
    }
    return first
  }

  /// What moves the one environment that a command works on back and on again.
  func rollback(_ writer: WriterOptions) throws -> (name: String, rollback: Rollback) {
    let name = try singleEnvironment()
    let rollback = Rollback(
      state: state, environment: name, command: command,
      lockTimeout: writer.lockTimeout, now: Wiring.now)
    return (name, rollback)
  }

  /// A helper: beside this program, or in `../libexec/pinion` of an installation.
  private static func helperPath(_ name: String) -> String {
    let program = Files.realPath("/proc/self/exe") ?? CommandLine.arguments[0]
    let beside = program.parentPath + "/\(name)"
    let installed = program.parentPath.parentPath + "/libexec/pinion/\(name)"
    return Files.isExecutable(beside) || !Files.isExecutable(installed) ? beside : installed
  }

  /// The time, in seconds since 1970.
  static let now: @Sendable () -> Int = { time(nil) }

  /// What libraries may look up themselves, and nobody keeps a secret in.
  private static let harmless: Set = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PWD", "NO_COLOR",
    "SSL_CERT_FILE", "SSL_CERT_DIR",
  ]

  /// The environment, taken once: what is taken is blanked.
  private static let processVariables = environment()

  /// Copies the environment and blanks the original.
  private static func environment() -> [String: String] {
    ProcessMemory.keepPrivate()
    var found: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let equals = pair.firstIndex(of: "=") {
        let name = String(pair[..<equals])
        found[name] = String(pair[pair.index(after: equals)...])
        // The system shows these very bytes to whoever may look (/proc/PID/environ), code that a build runs included.
        if !harmless.contains(name), !name.hasPrefix("LC_"), let value = strchr(text, Int32(UInt8(ascii: "="))) {
          memset(value + 1, 0, strlen(value + 1))
        }
      }
      entry += 1
    }
    return found
  }
}

/// What a command does: everything that goes wrong becomes words and an exit status. `formats` are those that it can write.
func perform(
  _ options: CommonOptions, formats: [OutputFormat] = [.text, .json],
  _ body: @escaping @Sendable (Wiring) async throws -> Void
) async throws {
  try await perform(options.settings, formats: formats, body)
}

/// The same, however the settings were read.
func perform(
  _ options: CommonSettings, formats: [OutputFormat] = [.text, .json],
  _ body: @escaping @Sendable (Wiring) async throws -> Void
) async throws {
  guard formats.contains(options.format) else {
    let names = formats.map(\.rawValue)
    let words = names.dropLast().joined(separator: ", ") + " or \(names.last ?? "")"
    FatalText.print(
      Failure(.usage, "this command does not write \(options.format.rawValue)", hint: "--format \(words)"))
    throw ExitCode(64)
  }
  let wiring: Wiring
  do { wiring = try Wiring(options) } catch {
    FatalText.print(error)
    throw ExitCode(1)
  }
  let work = Task {
    try await body(wiring)
    try wiring.console.checkResults()
  }
  Interruption.onSignal { work.cancel() }
  do { try await work.value } catch let code as ExitCode { throw code } catch {
    wiring.console.complain(error)
    throw exitCode(for: error)
  }
}

/// The same for commands that act on the declared environments: each is done by itself, with everything wired.
func performOnEnvironments(
  _ options: CommonOptions, _ network: NetworkOptions,
  _ body: @escaping @Sendable (Wiring, [DesiredEnvironment], Services) async throws -> Void
) async throws {
  try await performOnEnvironments(options.settings, network: { try network.settings($0) }, body)
}

/// The same, however the settings were read. `network` gets the variables.
func performOnEnvironments(
  _ options: CommonSettings, network: @escaping @Sendable ([String: String]) throws -> NetworkSettings,
  _ body: @escaping @Sendable (Wiring, [DesiredEnvironment], Services) async throws -> Void
) async throws {
  try await perform(options) { wiring in
    let settings = try network(wiring.variables)
    let environments = try wiring.desiredEnvironments()
    try await wiring.withServices(settings) { services in try await body(wiring, environments, services) }
  }
}

/// The exit status of an error: a wrong command line is told apart from a run that failed (EX_USAGE, sysexits.h).
private func exitCode(for error: any Error) -> ExitCode {
  let isUsage = (error as? Failure)?.diagnostics.allSatisfy { $0.code == .usage } ?? false
  return ExitCode(isUsage ? 64 : 1)
}

/// Words for the moment before there is a console.
enum FatalText {
  static func print(_ failure: Failure) {
    let text = failure.diagnostics.map { DiagnosticText.render($0, style: Style(isColoured: false)) }
    try? Files.writeAll(
      Array((VisibleText.escaped(text.joined(separator: "\n")) + "\n").utf8), to: STDERR_FILENO, path: "output")
  }
}
