internal import Installation
public import Model
internal import Platform

/// The generations of an environment, out of their own records.
public struct History: Sendable {
  /// One generation.
  public struct Entry: Sendable {
    /// What it holds and how it came to be.
    public var record: GenerationRecord
    /// Whether `current` points to it.
    public var isCurrent: Bool
    /// Whether a rollback pins the environment to it.
    public var isPinned: Bool
    /// Whether a process that was started from it runs.
    public var isInUse: Bool
    /// Why its health check failed, where it did.
    public var failure: FailedGeneration?
  }

  /// Those that are there, in order.
  public var entries: [Entry] = []

  /// Reads the records. What has none that this version reads is left out.
  public static func of(_ environment: String, in state: StateDirectory) throws -> History {
    let generations = Generations(state: state, environment: environment)
    let current = generations.current()
    let pin = try Observation.pin(of: environment, in: state)
    let failed = try FailedGeneration.list(environment, in: state)
    var history = History()
    for number in try generations.numbers() {
      guard let record = try generations.record(number) else { continue }
      history.entries.append(
        Entry(
          record: record, isCurrent: number == current, isPinned: number == pin,
          isInUse: try generations.isInUse(number), failure: failed.first { $0.generation == number }))
    }
    return history
  }
}
