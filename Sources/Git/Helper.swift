internal import GitWire
internal import Model
internal import Synchronization

/// `pinion-git` as the client sees it: started when first needed, replaced when it died, one for all repositories.
final class Helper: Sendable {
  private struct State {
    /// The one that requests are given to.
    var current: HelperProcess?
    /// That one, those that finish what they have, and those that serve one request alone.
    var all: [HelperProcess] = []
    var working = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let path: String
  private let environment: [String: String]
  private let timeout: Double
  private let state = Mutex(State())

  /// Starts nothing yet.
  init(path: String, environment: [String: String], timeout: Double) {
    self.path = path
    self.environment = environment
    self.timeout = timeout
  }

  deinit { shutdown() }

  /// The ids of the processes that have not ended.
  var processIDs: [Int32] { state.withLock { $0.all.filter { !$0.hasEnded }.map(\.pid) } }

  /// Has something done. Throws `GitFault`, `HelperProcess.Loss`, `CancellationError`, or `Failure` when it cannot start.
  ///
  /// When the process dies, each request that was in it gets another try in a process of its own: only the one that
  /// killed it will do so again.
  func perform(_ operation: GitOperation) async throws -> GitOutcome {
    await enter()
    defer { leave() }
    try Task.checkCancellation()
    do {
      return try await running().perform(operation, timeout: timeout)
    } catch HelperProcess.Loss.ended {
      let process = try state.withLock { state throws(Failure) in try start(&state) }
      defer { process.end() }
      return try await process.perform(operation, timeout: timeout)
    }
  }

  /// Kills every process. A later request starts one again.
  func shutdown() {
    for process in state.withLock({ $0.all }) { process.end() }
  }

  private func running() throws(Failure) -> HelperProcess {
    try state.withLock { state throws(Failure) in
      if let current = state.current, current.isUsable { return current }
      let process = try start(&state)
      state.current = process
      return process
    }
  }

  private func start(_ state: inout State) throws(Failure) -> HelperProcess {
    let process = try HelperProcess.start(path, environment: environment)
    state.all.removeAll(where: \.hasEnded)
    state.all.append(process)
    return process
  }

  // More requests than the helper has threads would wait there while their time runs.

  private func enter() async {
    await withCheckedContinuation { continuation in
      let mayGo = state.withLock { state in
        guard state.working >= GitRequest.parallelism else {
          state.working += 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if mayGo { continuation.resume() }
    }
  }

  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      // Who waits takes over the place.
      if !state.waiting.isEmpty { return state.waiting.removeFirst() }
      state.working -= 1
      return nil
    }
    next?.resume()
  }
}
