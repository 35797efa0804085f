internal import CGit2
internal import GitWire
internal import Glibc
internal import Synchronization

/// A few plain threads. What a request makes of libgit2's objects stays on the thread that works on it.
final class WorkerPool: Sendable {
  private struct State {
    var waiting: [GitRequest] = []
    var threads = 0
    var idle = 0
  }

  private let state = Mutex(State())
  private let wakeUp = Semaphore()
  private let output: ReplyWriter

  /// Begins without threads: they are started as requests come.
  init(output: ReplyWriter) {
    self.output = output
  }

  /// Has a request worked on as soon as a thread is free.
  func submit(_ request: GitRequest) {
    let needsThread = state.withLock { state in
      state.waiting.append(request)
      guard state.idle < state.waiting.count, state.threads < GitRequest.parallelism else { return false }
      state.threads += 1
      return true
    }
    if needsThread, !startThread() {
      // One thread is enough to answer; without any, the request in hand is answered on this one.
      let isAlone = state.withLock { state in
        state.threads -= 1
        return state.threads == 0
      }
      if isAlone {
        work(on: state.withLock { $0.waiting.removeFirst() })
        return
      }
    }
    wakeUp.signal()
  }

  private func startThread() -> Bool {
    var thread = pthread_t()
    let pool = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<WorkerPool>.fromOpaque(argument).takeRetainedValue().serve() }
        return nil
      }, pool.toOpaque())
    guard status == 0 else {
      pool.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  private func serve() {
    while true {
      state.withLock { $0.idle += 1 }
      wakeUp.wait()
      let request = state.withLock { state -> GitRequest? in
        state.idle -= 1
        return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }
      if let request { work(on: request) }
    }
  }

  private func work(on request: GitRequest) {
    let pulse = Pulse(id: request.id, output: output)
    let outcome: GitOutcome
    do throws(GitFault) {
      outcome = try perform(request.operation, pulse: pulse)
    } catch {
      outcome = .failed(error)
    }
    output.send(GitReply(id: request.id, outcome: outcome))
  }

  private func perform(_ operation: GitOperation, pulse: Pulse) throws(GitFault) -> GitOutcome {
    switch operation {
    case .references(let remote):
      return .references(try RemoteSession(remote, pulse: pulse).references())
    case .fetch(let remote, let mirror, let names, let commit):
      let session = RemoteSession(remote, pulse: pulse)
      return .fetched(hasCommit: try Mirror(path: mirror).fetch(session, names: names, commit: commit))
    case .fetchAlone(let remote, let mirror, let commit):
      let session = RemoteSession(remote, pulse: pulse)
      return .fetched(hasCommit: try Mirror(path: mirror).fetchAlone(session, commit: commit))
    case .abilities: return .abilities(canBeShallow: pinion_git_can_be_shallow() != 0)
    case .lookup(let mirror, let prefix, let names):
      return .lookup(try Mirror(path: mirror).lookup(prefix, names: names))
    case .export(let mirror, let commit, let directory):
      let export = Export(mirror: Mirror(path: mirror), commit: commit, directory: directory, pulse: pulse)
      let (submodules, time) = try export.run()
      return .exported(submodules: submodules, time: time)
    case .isAncestor(let mirror, let ancestor, let commit):
      return .ancestry(try Mirror(path: mirror).isAncestor(ancestor, of: commit))
    case .signatures(let mirror, let commit, let areTags):
      return .signatures(try Mirror(path: mirror).signatures(of: commit, areTags: areTags))
    case .file(let path, let directory, let revision):
      return .file(try WorkingCopy.file(path, of: directory, at: revision))
    }
  }
}

/// Tells the client that a request is being worked on, at most once a second. Belongs to one thread.
final class Pulse {
  private let id: Int
  private let output: ReplyWriter
  private var last = ContinuousClock.now

  /// For one request.
  init(id: Int, output: ReplyWriter) {
    self.id = id
    self.output = output
  }

  /// To be called whenever something moved.
  func beat() {
    let now = ContinuousClock.now
    guard now - last >= .seconds(1) else { return }
    last = now
    output.send(GitReply(id: id, outcome: .working))
  }
}

/// A counting semaphore (sem_overview(7)).
final class Semaphore: @unchecked Sendable {
  // Made once, at an address that does not move, and used through calls that are made for threads.
  private let semaphore: UnsafeMutablePointer<sem_t>

  /// Begins at zero.
  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  /// Lets one waiting thread go on.
  func signal() { sem_post(semaphore) }

  /// Waits for a signal.
  func wait() { while sem_wait(semaphore) != 0, errno == EINTR {} }
}
