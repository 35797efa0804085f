internal import ArgumentParser
internal import Model
internal import Reconciliation

extension OutputFormat: ExpressibleByArgument {}

/// The options that every command has.
struct CommonOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp(
      "A manifest, or a directory of them.",
      discussion: "Default: the first of pinion.yaml, config.yml and manifests/ here.", valueName: "path"))
  var file: String?

  @Option(name: .long, help: ArgumentHelp("Only this environment; default: all.", valueName: "name"))
  var environment: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The state directory.", discussion: "Default: PINION_STATE, else .pinion beside the manifest.", valueName: "dir"))
  var state: String?

  @Option(
    name: .customLong("host-policy"),
    help: ArgumentHelp(
      "The host's file: rules that manifests can only tighten.",
      discussion: "Default: PINION_HOST_POLICY, else /etc/pinion/host.yaml where that is there.", valueName: "file"))
  var hostPolicy: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How results are written: text or json; validate also knows github, diff markdown, export requirements and cyclonedx.",
      valueName: "format"))
  var format: OutputFormat = .text

  @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Say more about what is done.")
  var verbose = false

  @Flag(name: .long, help: "Say nothing but results and errors.")
  var quiet = false

  @Flag(name: .customLong("no-color"), help: "No colours, also on a terminal.")
  var noColor = false

  /// What they say, for everything behind the command line.
  var settings: CommonSettings {
    CommonSettings(
      file: file, environment: environment, state: state, hostPolicy: hostPolicy, format: format, isVerbose: verbose,
      isQuiet: quiet,
      hasColors: !noColor)
  }
}

/// Options of the commands that may relock.
struct UpgradeOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Move to the newest versions and references; with names, only those modules or distributions.",
      discussion: "A tag that was moved is accepted only by name.", valueName: "module"))
  var upgrade: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where the lockfile stands; default: what spec.lockfile says.", discussion: "For one environment.",
      valueName: "path"))
  var lockfile: String?

  @Flag(name: .customLong("upgrade-all"), help: .hidden)
  var upgradeAll = false

  /// The environments with their lockfiles where `--lockfile` says. Throws `usage` where that cannot be.
  func placing(
    _ environments: [DesiredEnvironment], workingDirectory: String
  ) throws(Failure) -> [DesiredEnvironment] {
    guard let lockfile else { return environments }
    guard environments.count == 1 else {
      throw Failure(
        .usage, "--lockfile is for one environment, there are \(environments.map(\.name).joined(separator: ", "))",
        hint: "name one with --environment")
    }
    let path = lockfile.absolutePath(from: workingDirectory)
    let name = path.lastPathComponent.split(separator: ".", omittingEmptySubsequences: false)
    // PEP 751 fixes the file's name, and other tools go by it.
    guard name.first == "pylock", name.last == "toml", name.count == 2 || (name.count == 3 && !name[1].isEmpty) else {
      throw Failure(
        .usage, "--lockfile: a lockfile is called pylock.toml or pylock.NAME.toml",
        hint: "write --lockfile \(path.parentPath)/pylock.\(environments[0].name).toml")
    }
    var environment = environments[0]
    environment.lockfile = path
    return [environment]
  }

  /// The options as runs understand them. Throws `usage` for names that are none.
  func runOptions() throws(Failure) -> RunOptions {
    var names: [PackageName] = []
    for text in upgrade {
      guard let name = PackageName(text) else {
        throw Failure(
          .usage, "--upgrade: \(text) is not the name of a module or distribution",
          hint: "names are letters, digits, '-', '_' and '.'")
      }
      names.append(name)
    }
    var options = RunOptions()
    options.upgrade = upgradeAll ? .all : names.isEmpty ? .none : .packages(names)
    return options
  }
}

/// Options of the commands that can be bound to the lockfile.
struct LockedOptions: ParsableArguments {
  @Flag(
    name: .long,
    help: "The lockfile rules: ask for no reference, run no resolver; inputs that disagree are an error.")
  var locked = false

  /// The options as runs understand them. Throws `usage` where they contradict each other.
  func runOptions(with upgrade: UpgradeOptions) throws(Failure) -> RunOptions {
    var options = try upgrade.runOptions()
    guard !locked || options.upgrade == .none else {
      throw Failure(.usage, "--locked and --upgrade contradict each other", hint: "leave one of them out")
    }
    options.isLocked = locked
    return options
  }
}

/// Options of the commands that change an environment.
struct WriterOptions: ParsableArguments {
  @Option(
    name: .customLong("lock-timeout"),
    help: ArgumentHelp("How long to wait for another Pinion to end, in seconds.", valueName: "seconds"))
  var lockTimeout: Double = 60
}
