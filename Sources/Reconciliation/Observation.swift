public import Installation
public import Model
internal import Platform

/// What is on disk for one environment, read afresh.
public struct Observation: Sendable {
  /// The current generation's record; nil when there is none.
  public var record: GenerationRecord?
  /// Where the current generation is; absolute.
  public var path: String?
  /// What differs from the record.
  public var drift: [DriftFinding]
  /// The generation that a rollback pinned the environment to.
  public var pin: Int?

  /// The generation that a rollback pinned the environment to; nil when none did.
  public static func pin(of environment: String, in state: StateDirectory) throws(Failure) -> Int? {
    try Files.readIfPresent(state.pin(environment)).flatMap {
      Int(String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace })
    }
  }

  /// Reads the state of an environment. `isDeep` hashes the store's files as well.
  public static func of(
    _ environment: String, in state: StateDirectory, isDeep: Bool = false, checksDrift: Bool = true
  ) throws -> Observation {
    let generations = Generations(state: state, environment: environment)
    let pin = try pin(of: environment, in: state)
    // A generation without its record is none: the next apply builds a new one.
    guard let number = generations.current(), let record = try generations.record(number) else {
      return Observation(record: nil, path: nil, drift: [], pin: pin)
    }
    let path = state.generation(environment, number)
    var drift: [DriftFinding] = []
    if checksDrift {
      drift =
        isDeep
        ? DriftCheck.deep(record: record, at: path, state: state)
        : DriftCheck.plain(record: record, at: path, state: state)
      // What a deep check of another run found is healed by the next apply.
      drift += try Damage.read(environment, in: state).filter { old in
        !drift.contains { ($0.path, $0.kind, $0.detail) == (old.path, old.kind, old.detail) }
      }
    }
    return Observation(record: record, path: path, drift: drift, pin: pin)
  }
}

/// What `verify --deep` found and left for the next apply.
public enum Damage {
  /// The findings on record; none where there is no file.
  public static func read(_ environment: String, in state: StateDirectory) throws -> [DriftFinding] {
    guard let bytes = try Files.readIfPresent(state.damage(environment)) else { return [] }
    // Unreadable, it says only that something was found: the next deep check finds it again.
    return JSONText.value([DriftFinding].self, from: bytes) ?? []
  }

  /// Puts findings on record, or takes the record away when there are none.
  public static func write(_ findings: [DriftFinding], _ environment: String, in state: StateDirectory) throws(Failure)
  {
    guard !findings.isEmpty else { return try Files.remove(state.damage(environment)) }
    try Files.replace(state.damage(environment), with: Array(try JSONText.encode(findings).utf8))
  }
}
