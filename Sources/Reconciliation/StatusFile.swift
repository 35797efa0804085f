internal import FoundationEssentials
public import Model
internal import Platform

/// How the last run on an environment ended: `status.json` beside its generations. Written by every run.
public struct StatusFile: Sendable, Equatable, Encodable {
  /// What is observed of the environment.
  public var conditions: [Condition]
  /// The modules that are not as declared.
  public var modules: [ModuleStatus] = []

  /// A module that is not as declared, though others are.
  public struct ModuleStatus: Sendable, Equatable, Encodable {
    /// Section and name.
    public var module: String
    /// Its import path.
    public var importPath: String
    /// Whether it stays as it was locked; else it is left out.
    public var kept: Bool
    /// `Ready`, which is `False`, and why.
    public var conditions: [Condition]
  }

  /// Reads the file; nil when no run has ended yet.
  public static func read(_ environment: String, state: StateDirectory) throws -> StatusFile? {
    let path = path(environment, state)
    guard let bytes = try Files.readIfPresent(path) else { return nil }
    guard let conditions = JSONNode(bytes)?["conditions"]?.array?.map(Condition.init), !conditions.contains(nil) else {
      throw JSONText.unreadable(path)
    }
    let modules = JSONNode(bytes)?["modules"]?.array?.map(ModuleStatus.init) ?? []
    guard !modules.contains(nil) else { throw JSONText.unreadable(path) }
    return StatusFile(conditions: conditions.compactMap { $0 }, modules: modules.compactMap { $0 })
  }

  private static func path(_ environment: String, _ state: StateDirectory) -> String {
    "\(state.environment(environment))/status.json"
  }

  /// Writes down that a generation is in use as declared, or as a rollback chose.
  static func record(
    success outcome: Reconciler.ApplyResult.Outcome, without heldBack: [HeldBack] = [], current: Int?,
    environment: String, state: StateDirectory, secrets: SecretRegistry = SecretRegistry(), now: Int
  ) throws(Failure) {
    var ready =
      switch outcome {
      case .pinned(let generation):
        Condition(
          .ready, .yes, reason: "RolledBack", message: "generation \(generation) is in use, pinned by a rollback")
      case .applied(let generation):
        Condition(.ready, .yes, reason: "Applied", message: "generation \(generation) is in use")
      case .unchanged:
        Condition(
          .ready, .yes, reason: "Applied",
          message: current.map { "generation \($0) is in use" } ?? "nothing is declared")
      }
    guard let first = heldBack.first else {
      return try write(
        [ready, Condition(.stalled, .no, reason: "NotStalled", message: "")], environment, state: state, now: now)
    }
    let names = heldBack.map(\.label).joined(separator: ", ")
    ready.status = .no
    ready.reason = "ModulesHeldBack"
    ready.message += ", without what \(names) \(heldBack.count == 1 ? "asks" : "ask") for"
    let modules = heldBack.map { entry in
      let complaint = entry.complaints.first
      return ModuleStatus(
        module: entry.label, importPath: entry.importPath, kept: entry.isKept,
        conditions: [
          Condition(
            .ready, .no, reason: reason(complaint), message: secrets.redact(complaint?.message ?? ""))
        ])
    }
    let isRetryable = heldBack.allSatisfy(\.isRetryable)
    let stalled = Condition(
      .stalled, isRetryable ? .no : .yes, reason: isRetryable ? "Retryable" : reason(first.complaints.first),
      message: isRetryable ? "the next run may succeed" : secrets.redact(first.complaints.first?.message ?? ""))
    try write([ready, stalled], modules: modules, environment, state: state, now: now)
  }

  /// Writes down that a generation is in use, and that hooks or its health check are still to be seen.
  static func record(
    trialOf generation: Int, environment: String, state: StateDirectory, now: Int
  ) throws(Failure) {
    try write(
      [
        Condition(
          .ready, .unknown, reason: "OnTrial",
          message: "generation \(generation) is in use; what follows a switch is not done yet: hooks, the health check"),
        Condition(.stalled, .no, reason: "NotStalled", message: ""),
      ], environment, state: state, now: now)
  }

  private static func reason(_ complaint: Diagnostic?) -> String {
    complaint.map { $0.code.rawValue.prefix(1).uppercased() + $0.code.rawValue.dropFirst() } ?? "Failed"
  }

  /// Writes down why a run failed, without any secret: `status` shows it in runs that know of none.
  static func record(
    failure: Failure, environment: String, state: StateDirectory, secrets: SecretRegistry, now: Int
  ) throws {
    let first = failure.diagnostics.first
    let reason = reason(first)
    let message = secrets.redact(first?.message ?? "")
    let stalled: Condition =
      failure.isRetryable
      ? Condition(.stalled, .no, reason: "Retryable", message: "the next run may succeed")
      : Condition(.stalled, .yes, reason: reason, message: message)
    try write(
      [Condition(.ready, .no, reason: reason, message: message), stalled], environment, state: state, now: now)
  }

  /// Writes the conditions; a status that stays keeps its time, and an unchanged file is left alone.
  private static func write(
    _ conditions: [Condition], modules: [ModuleStatus] = [], _ environment: String, state: StateDirectory, now: Int
  ) throws(Failure) {
    let before = (try? read(environment, state: state)) ?? StatusFile(conditions: [])
    let time = Date(timeIntervalSince1970: Double(now)).formatted(.iso8601)
    func timed(_ conditions: [Condition], since old: [Condition]) -> [Condition] {
      conditions.map { condition in
        var copy = condition
        let known = old.first { $0.type == condition.type }
        copy.lastTransitionTime = known?.status == condition.status ? known?.lastTransitionTime : time
        return copy
      }
    }
    let new = StatusFile(
      conditions: timed(conditions, since: before.conditions),
      modules: modules.map { entry in
        var copy = entry
        let known = before.modules.first { $0.module == entry.module }
        copy.conditions = timed(entry.conditions, since: known?.conditions ?? [])
        return copy
      })
    guard new != before || before.conditions.isEmpty else { return }
    try Files.replace(path(environment, state), with: Array(try JSONText.encode(new).utf8))
  }
}

extension StatusFile.ModuleStatus {
  /// Reads an entry; nil when the tree is none.
  init?(_ json: JSONNode) {
    guard let module = json["module"]?.string, let importPath = json["importPath"]?.string,
      case .boolean(let kept)? = json["kept"], let conditions = json["conditions"]?.array?.map(Condition.init),
      !conditions.contains(nil)
    else { return nil }
    self.init(module: module, importPath: importPath, kept: kept, conditions: conditions.compactMap { $0 })
  }
}
