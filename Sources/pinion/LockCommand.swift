internal import ArgumentParser
internal import Model
internal import Reconciliation

/// `pinion lock`
struct LockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", _superCommandName: "pinion", abstract: "Resolve and write the lockfile.",
    discussion: "Without --upgrade, what is locked stays as it is wherever the manifest allows it.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var upgradeOptions: UpgradeOptions
  @OptionGroup var network: NetworkOptions

  @Flag(name: .long, help: "Write nothing; exit with 2 when the lockfile would change.")
  var check = false

  func run() async throws {
    try await performOnEnvironments(common, network) { wiring, declared, services in
      let environments = try upgradeOptions.placing(declared, workingDirectory: wiring.workingDirectory)
      let options = try upgradeOptions.runOptions()
      try await LockRun(options: options, isCheck: check).run(environments, wiring, services)
    }
  }
}

/// What `pinion lock` does, however its command line was read.
struct LockRun: Sendable {
  var options = RunOptions()
  /// Whether nothing is written.
  var isCheck: Bool

  /// Does it. Throws `ExitCode` where an environment failed, and where a check finds that a lockfile would change.
  func run(_ environments: [DesiredEnvironment], _ wiring: Wiring, _ services: Services) async throws {
    let (entries, failure) = await wiring.forEach(environments) { environment in
      let reconciler = Reconciler(services: services, environment: environment, options: options)
      let lock = try await reconciler.lock()
      wiring.console.complain(lock.warnings)
      wiring.complain(of: lock.heldBack)
      if !isCheck { _ = try reconciler.write(lock) }
      let path = environment.lockfile
      let difference = try lock.difference(at: path)
      if wiring.options.format == .text {
        let shown = wiring.shown(path)
        wiring.console.result(text(lock, difference, shown, wiring.console.style))
      }
      return LockJSON.Environment(
        name: environment.name, lockfile: path, changed: lock.isChanged, digest: lock.digest,
        difference: DifferenceJSON.Content(difference), heldBack: lock.heldBack.map(HeldBackJSON.init(entry:)),
        warnings: lock.warnings.map(ValidationJSON.Entry.init(diagnostic:)))
    }
    try wiring.show(LockJSON(environments: entries), lines: [])
    if let failure { throw failure }
    // A lockfile that would change says so, with or without what is held back.
    if isCheck && entries.contains(where: \.changed) { throw ExitCode(2) }
    try entries.flatMap(\.heldBack).map(\.entry).end()
  }
  /// What came of one lockfile. Of a first one everything is new, and everything is in it: how much is enough.
  private func text(
    _ lock: Reconciler.LockResult, _ difference: LockfileDifference, _ path: String, _ style: Style
  ) -> String {
    let heldBack = lock.heldBack.map { "! \($0.label) cannot be resolved: \($0.outcome)" }
    return ([differenceText(lock, difference, path, style)] + heldBack).joined(separator: "\n")
  }

  private func differenceText(
    _ lock: Reconciler.LockResult, _ difference: LockfileDifference, _ path: String, _ style: Style
  ) -> String {
    guard lock.isChanged else { return "\(path) is up to date." }
    let change = isCheck ? "\(path) would change" : "Wrote \(path)"
    guard lock.previous != nil else {
      return "\(change): \(PlanText.count(difference.items.count, "distribution")) for "
        + "\(PlanText.count(difference.modules.count, "module"))."
    }
    let lines = DifferenceText.lines(difference, style: style)
    return (["\(change):"] + lines + [DifferenceText.summary(difference)]).joined(separator: "\n")
  }
}

/// What `lock` came to, as JSON: see docs/json.md.
struct LockJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var lockfile: String
    var changed: Bool
    var digest: String
    var difference: DifferenceJSON.Content
    var heldBack: [HeldBackJSON]
    var warnings: [ValidationJSON.Entry]
  }

  var formatVersion = 1
  var environments: [Environment]
}
