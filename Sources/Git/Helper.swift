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
  }

  private let path: String
  private let environment: [String: String]
  private let limits: GitLimits
  private let retry: RetryPolicy
  private let announce: @Sendable (String) -> Void
  private let gate = HostGate()
  private let state = Mutex(State())

  /// Starts nothing yet. `announce` is told when a server is asked again.
  init(
    path: String, environment: [String: String], limits: GitLimits = GitLimits(), retry: RetryPolicy = .never,
    announce: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.path = path
    self.environment = environment
    self.limits = limits
    self.retry = retry
    self.announce = announce
  }

  deinit { shutdown() }

  /// The ids of the processes that have not ended.
  var processIDs: [Int32] { state.withLock { $0.all.filter { !$0.hasEnded }.map(\.pid) } }

  /// Has something done. Throws `GitFault`, `HelperProcess.Loss`, `CancellationError`, or `Failure` when it cannot start.
  ///
  /// A server that fails in a way that may go away is asked again, within the time that one request has.
  func perform(_ operation: GitOperation) async throws -> GitOutcome {
    guard var remote = operation.remote else {
      return try await attempt(host: nil) { (operation, .local) }
    }
    let host = Self.host(of: remote)
    var operation = operation
    var start: ContinuousClock.Instant?
    var attempts = 0
    while true {
      do {
        return try await attempt(host: host) {
          // Waiting for a place is no fault of the server's.
          let begun = start ?? ContinuousClock.now
          start = begun
          remote.limits = limits
          remote.limits.total = max(limits.total - (ContinuousClock.now - begun) / .seconds(1), 0)
          operation.remote = remote
          return (operation, HelperProcess.Patience(for: remote.limits))
        }
      } catch {
        attempts += 1
        let left = start.map { limits.total - (ContinuousClock.now - $0) / .seconds(1) } ?? 0
        guard
          let pause = retry.pause(
            after: error, attempt: attempts, left: left, chance: .random(in: 0..<1))
        else { throw error }
        announce("Asking \(host ?? remote.url) again (attempt \(attempts + 1) of \(retry.attempts))")
        try await Task.sleep(for: .seconds(pause))
      }
    }
  }

  /// Scheme, host and port; nil for what lies on this host.
  private static func host(of remote: GitRemote) -> String? {
    if let ssh = remote.ssh { return "ssh://\(ssh.host):\(ssh.port)" }
    return Origin(remote.url)?.description
  }

  private func attempt(
    host: String?, _ operation: () -> (GitOperation, HelperProcess.Patience)
  ) async throws -> GitOutcome {
    await gate.enter(host)
    defer { gate.leave(host) }
    try Task.checkCancellation()
    let (operation, patience) = operation()
    return try await attempt(operation, patience)
  }

  /// When the process dies, each request that was in it gets another try in a process of its own: only the one that
  /// killed it will do so again.
  private func attempt(_ operation: GitOperation, _ patience: HelperProcess.Patience) async throws -> GitOutcome {
    do {
      return try await running().perform(operation, patience)
    } catch HelperProcess.Loss.ended {
      let process = try state.withLock { state throws(Failure) in try start(&state) }
      defer { process.end() }
      return try await process.perform(operation, patience)
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
}
