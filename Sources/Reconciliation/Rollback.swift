internal import Installation
public import Model
internal import Platform

/// Going back to an earlier generation, and going on from there.
public struct Rollback: Sendable {
  private let state: StateDirectory
  private let environment: String
  private let command: String
  private let lockTimeout: Double
  private let now: @Sendable () -> Int

  /// Takes what to work on; `command` and `lockTimeout` (seconds) are for the lock of one writer.
  public init(
    state: StateDirectory, environment: String, command: String, lockTimeout: Double, now: @escaping @Sendable () -> Int
  ) {
    self.now = now
    self.state = state
    self.environment = environment
    self.command = command
    self.lockTimeout = lockTimeout
  }

  /// Moves `current` to generation `number`, or to the one before the current, and pins the environment there.
  ///
  /// Returns both numbers. Throws `generationAbsent` when there is none to go to.
  public func roll(to number: Int?) async throws -> (from: Int, to: Int) {
    let generations = Generations(state: state, environment: environment)
    let lock = try await acquire()
    defer { withExtendedLifetime(lock) {} }
    try generations.removePending()
    guard let current = generations.current() else { throw absent("it has no generation yet") }
    let numbers = try generations.numbers()
    let failed = try FailedGeneration.list(environment, in: state).map(\.generation)
    guard let target = number ?? numbers.last(where: { $0 < current && !failed.contains($0) }) else {
      throw absent(
        failed.contains { $0 < current }
          ? "those before generation \(current) failed their health checks" : "generation \(current) is the oldest one")
    }
    guard numbers.contains(target) else {
      throw absent("generation \(target) does not exist; there are " + numbers.map(String.init).joined(separator: ", "))
    }
    guard try generations.record(target) != nil else {
      throw absent(
        try generations.foreign(target).map {
          "the record of generation \(target) has format \($0.formatVersion), "
            + "this Pinion reads \(GenerationRecord.formatVersion)"
        } ?? "the record of generation \(target) is gone")
    }
    // Pinned before it is moved: a controller that comes between must not undo it.
    try Files.replace(state.pin(environment), with: Array("\(target)\n".utf8))
    try GenerationSwitch.activate(state, environment: environment, number: target)
    // Whoever rolled back has judged.
    try? Trial.remove(environment, in: state)
    // The pin and `current` say it as well.
    try? StatusFile.record(
      success: .pinned(generation: target), current: target, environment: environment, state: state, now: now())
    return (current, target)
  }

  /// Takes the pin away, and what is held after a health check that failed. Says which generation was pinned, and what was held.
  public func resume() async throws -> (pin: Int?, quarantine: Quarantine?) {
    let lock = try await acquire()
    defer { withExtendedLifetime(lock) {} }
    let pin = try Observation.pin(of: environment, in: state)
    try Files.remove(state.pin(environment))
    let held = try Trial.read(environment, in: state)?.quarantine
    if held != nil { try Trial.remove(environment, in: state) }
    if let pin {
      try StatusFile.record(success: .unchanged, current: pin, environment: environment, state: state, now: now())
    }
    return (pin, held)
  }

  private func acquire() async throws -> FileLock {
    guard Files.isDirectory(state.environment(environment)) else { throw absent("it was never applied") }
    return try await FileLock.acquire(state.lock(environment), waitingUpTo: lockTimeout, command: command)
  }

  private func absent(_ reason: String) -> Failure {
    Failure(
      .generationAbsent, "there is no generation of \(environment) to go to", because: reason,
      hint: "`pinion history` shows the generations that there are")
  }
}
