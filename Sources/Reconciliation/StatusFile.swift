internal import FoundationEssentials
public import Model
internal import Platform

/// How the last run on an environment ended: `status.json` beside its generations. Written by every run.
public struct StatusFile: Sendable, Equatable, Encodable {
  /// What is observed of the environment.
  public var conditions: [Condition]

  /// Reads the file; nil when no run has ended yet.
  public static func read(_ environment: String, state: StateDirectory) throws -> StatusFile? {
    let path = path(environment, state)
    guard let bytes = try Files.readIfPresent(path) else { return nil }
    guard let conditions = JSONNode(bytes)?["conditions"]?.array?.map(Condition.init), !conditions.contains(nil) else {
      throw JSONText.unreadable(path)
    }
    return StatusFile(conditions: conditions.compactMap { $0 })
  }

  private static func path(_ environment: String, _ state: StateDirectory) -> String {
    "\(state.environment(environment))/status.json"
  }

  /// Writes down that a generation is in use as declared, or as a rollback chose.
  static func record(
    success outcome: Reconciler.ApplyResult.Outcome, current: Int?, environment: String, state: StateDirectory, now: Int
  ) throws {
    let ready =
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
    try write(
      [ready, Condition(.stalled, .no, reason: "NotStalled", message: "")], environment, state: state, now: now)
  }

  /// Writes down why a run failed, without any secret: `status` shows it in runs that know of none.
  static func record(
    failure: Failure, environment: String, state: StateDirectory, secrets: SecretRegistry, now: Int
  ) throws {
    let first = failure.diagnostics.first
    let reason = first.map { $0.code.rawValue.prefix(1).uppercased() + $0.code.rawValue.dropFirst() } ?? "Failed"
    let message = secrets.redact(first?.message ?? "")
    let stalled: Condition =
      failure.isRetryable
      ? Condition(.stalled, .no, reason: "Retryable", message: "the next run may succeed")
      : Condition(.stalled, .yes, reason: reason, message: message)
    try write(
      [Condition(.ready, .no, reason: reason, message: message), stalled], environment, state: state, now: now)
  }

  /// Writes the conditions; a status that stays keeps its time, and an unchanged file is left alone.
  private static func write(_ conditions: [Condition], _ environment: String, state: StateDirectory, now: Int) throws {
    let old = (try? read(environment, state: state))?.conditions ?? []
    let new = conditions.map { condition in
      var copy = condition
      let before = old.first { $0.type == condition.type }
      copy.lastTransitionTime =
        before?.status == condition.status
        ? before?.lastTransitionTime : Date(timeIntervalSince1970: Double(now)).formatted(.iso8601)
      return copy
    }
    guard new != old else { return }
    try Files.replace(path(environment, state), with: Array(try JSONText.encode(StatusFile(conditions: new)).utf8))
  }
}
