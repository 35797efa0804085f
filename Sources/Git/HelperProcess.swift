internal import GitWire
internal import Glibc
internal import Model
internal import Platform
internal import Synchronization

/// One running `pinion-git`, and the requests that it has not answered yet.
///
/// Its answers are read on a thread of its own, since such a read may wait for ever.
final class HelperProcess: Sendable {
  /// Why a request will never be answered.
  enum Loss: Error, Equatable {
    /// Nothing was heard of the request for that many seconds.
    case timedOut(seconds: Double)
    /// The process ended, with this wait status, or wrote what is no answer.
    case ended(status: Int32)
  }

  /// How long a request may go unanswered before the process is killed: the last line, where its own deadlines do not hold.
  struct Patience {
    /// Seconds without a sign of life.
    var silence: Double
    /// Seconds as a whole.
    var total: Double

    /// For work on this host.
    static let local = Patience(silence: 60, total: 1800)

    /// For a request with these limits: looking up a name, for one, cannot be interrupted.
    init(for limits: GitLimits) {
      let grace = max(5, limits.idle / 2)
      self.init(silence: limits.idle + grace, total: limits.total + grace)
    }

    private init(silence: Double, total: Double) {
      self.silence = silence
      self.total = total
    }
  }

  private struct Pending {
    var continuation: CheckedContinuation<GitOutcome, any Error>
    var lastSign = ContinuousClock.now
  }

  private struct State {
    var pending: [Int: Pending] = [:]
    var cancelled: Set<Int> = []
    var lastID = 0
    /// Takes no more requests: one of them is stuck in it.
    var isRetired = false
    /// The process is reaped, and its number may belong to another.
    var isReaped = false
    var endStatus: Int32 = 0
  }

  /// Its process id.
  let pid: pid_t
  private let socket: Int32
  private let state = Mutex(State())

  private init(pid: pid_t, socket: Int32) {
    self.pid = pid
    self.socket = socket
  }

  deinit { close(socket) }

  /// Whether it takes requests.
  var isUsable: Bool { state.withLock { !$0.isRetired && !$0.isReaped } }

  /// Whether the process is gone.
  var hasEnded: Bool { state.withLock { $0.isReaped } }

  /// Starts the program with nothing but this environment. Throws `io`.
  static func start(_ path: String, environment: [String: String]) throws(Failure) -> HelperProcess {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw Files.failure("could not start git's helper", path)
    }
    defer { close(ends[1]) }
    var pid = pid_t()
    let error = spawn(path, environment: environment, end: ends[1], pid: &pid)
    guard error == 0 else {
      close(ends[0])
      throw Failure(
        .io, "could not start git's helper", at: .path(path), because: String(cString: strerror(error)),
        hint: "pinion-git stands beside pinion where it was installed; install both again")
    }
    let process = HelperProcess(pid: pid, socket: ends[0])
    guard process.startReading() else {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw Failure(.io, "could not start a thread for git's helper", at: .path(path), retryable: true)
    }
    return process
  }

  private static func spawn(_ path: String, environment: [String: String], end: Int32, pid: inout pid_t) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    // A group of its own: an interrupt from the terminal is for Pinion to act on.
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETPGROUP)
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var arguments = [strdup(path), nil]
    var variables = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    return posix_spawn(&pid, path, &actions, &attributes, &arguments, &variables)
  }

  // MARK: Requests

  /// Has something done. Throws `GitFault` when it failed, `Loss` when there is no answer, `CancellationError`.
  func perform(_ operation: GitOperation, _ patience: Patience) async throws -> GitOutcome {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let watch = Task { try await self.watch(id, patience) }
    defer { watch.cancel() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        submit(GitRequest(id: id, operation: operation), continuation)
      }
    } onCancel: {
      abandon(id, CancellationError())
    }
  }

  private func submit(_ request: GitRequest, _ continuation: CheckedContinuation<GitOutcome, any Error>) {
    let refusal = state.withLock { state -> (any Error)? in
      if state.cancelled.remove(request.id) != nil { return CancellationError() }
      if state.isReaped { return Loss.ended(status: state.endStatus) }
      state.pending[request.id] = Pending(continuation: continuation)
      return nil
    }
    if let refusal {
      continuation.resume(throwing: refusal)
      return
    }
    // One send at a time, so that no two requests mix; none of them fills the socket's buffer.
    let isSent = state.withLock { _ in send(request) }
    if !isSent { end() }
  }

  private func send(_ request: GitRequest) -> Bool {
    guard let line = try? WireLine.encode(request) else { return false }
    var rest = line[...]
    while !rest.isEmpty {
      // A helper that has died must not end this process by a signal.
      let count = rest.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private func watch(_ id: Int, _ patience: Patience) async throws {
    // However alive a server seems, it does not get to hold a round for ever.
    let end = ContinuousClock.now + .seconds(patience.total)
    while true {
      let lastSign = state.withLock { $0.pending[id]?.lastSign } ?? ContinuousClock.now
      let deadline = min(lastSign + .seconds(patience.silence), end)
      if deadline <= ContinuousClock.now { break }
      try await Task.sleep(until: deadline, clock: .continuous)
    }
    abandon(id, Loss.timedOut(seconds: patience.silence))
  }

  /// Gives up on a request. Its thread in the helper may be stuck, so that the helper goes as soon as it serves nobody.
  private func abandon(_ id: Int, _ error: any Error) {
    let (pending, isIdle) = state.withLock { state -> (Pending?, Bool) in
      guard let pending = state.pending.removeValue(forKey: id) else {
        if error is CancellationError { state.cancelled.insert(id) }
        return (nil, false)
      }
      state.isRetired = true
      return (pending, state.pending.isEmpty)
    }
    if isIdle { end() }
    pending?.continuation.resume(throwing: error)
  }

  /// Kills the process; what it was asked for is lost.
  func end() {
    state.withLock { state in
      state.isRetired = true
      if !state.isReaped { kill(pid, SIGKILL) }
    }
  }

  // MARK: Answers

  private func startReading() -> Bool {
    var thread = pthread_t()
    let process = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<HelperProcess>.fromOpaque(argument).takeRetainedValue().read() }
        return nil
      }, process.toOpaque())
    guard status == 0 else {
      process.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  private func read() {
    var lines = LineBuffer()
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    reading: while true {
      let count = recv(socket, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0, lines.append(chunk[..<count]) else { break }
      while let line = lines.next() {
        // After a line that is no answer of ours, nothing that comes can be believed.
        guard let reply = try? WireLine.decode(GitReply.self, from: line), take(reply) else { break reading }
      }
    }
    end()
    reap()
  }

  private func take(_ reply: GitReply) -> Bool {
    guard reply.version == GitRequest.version, reply.id > 0 else { return false }
    if case .working = reply.outcome {
      state.withLock { $0.pending[reply.id]?.lastSign = .now }
      return true
    }
    let (pending, isDone) = state.withLock { state in
      (state.pending.removeValue(forKey: reply.id), state.isRetired && state.pending.isEmpty)
    }
    if isDone { end() }
    if case .failed(let fault) = reply.outcome {
      pending?.continuation.resume(throwing: fault)
    } else {
      pending?.continuation.resume(returning: reply.outcome)
    }
    return true
  }

  private func reap() {
    var information = siginfo_t()
    // Waits without taking the process away, so that its number stays its own until nobody can kill it any more.
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    let (lost, status) = state.withLock { state in
      var status: Int32 = 0
      waitpid(pid, &status, 0)
      state.isReaped = true
      state.endStatus = status
      defer { state.pending = [:] }
      return (state.pending.values.map(\.continuation), status)
    }
    for continuation in lost { continuation.resume(throwing: Loss.ended(status: status)) }
  }
}
