internal import GitWire
internal import Synchronization

/// Lets a few requests through at a time, and fewer to one server, so that a slow one does not hold every place and none is
/// flooded.
final class HostGate: Sendable {
  /// How many requests one server gets at a time.
  static let perHost = 8

  private struct State {
    var queue = HostQueue(total: GitRequest.parallelism, perHost: HostGate.perHost)
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  /// Waits for a place. `host` is nil for work that asks no server. Every entry must be followed by one `leave`.
  func enter(_ host: String?) async {
    await withCheckedContinuation { continuation in
      let mayGo = state.withLock { state in
        guard let ticket = state.queue.enter(host) else { return true }
        state.waiting[ticket] = continuation
        return false
      }
      if mayGo { continuation.resume() }
    }
  }

  /// Gives a place back.
  func leave(_ host: String?) {
    let next = state.withLock { state in
      state.queue.leave(host).compactMap { state.waiting.removeValue(forKey: $0) }
    }
    for continuation in next { continuation.resume() }
  }
}

/// Who has a place, and who waits for one. Pure.
struct HostQueue {
  private let total: Int
  private let perHost: Int
  private var working = 0
  private var hosts: [String: Int] = [:]
  private var waiting: [(ticket: Int, host: String?)] = []
  private var lastTicket = 0

  /// So many places, and so many of them for one host.
  init(total: Int, perHost: Int) {
    self.total = total
    self.perHost = perHost
  }

  /// Takes a place and returns nil, or waits for one with the ticket that is returned.
  mutating func enter(_ host: String?) -> Int? {
    guard !isFree(host) else {
      take(host)
      return nil
    }
    lastTicket += 1
    waiting.append((lastTicket, host))
    return lastTicket
  }

  /// Gives a place back. The tickets of those who have one now, the longest waiting first.
  mutating func leave(_ host: String?) -> [Int] {
    working -= 1
    if let host { hosts[host] = hosts[host].flatMap { $0 > 1 ? $0 - 1 : nil } }
    var admitted: [Int] = []
    while let index = waiting.firstIndex(where: { isFree($0.host) }) {
      let next = waiting.remove(at: index)
      take(next.host)
      admitted.append(next.ticket)
    }
    return admitted
  }

  private func isFree(_ host: String?) -> Bool {
    working < total && (host.map { hosts[$0, default: 0] < perHost } ?? true)
  }

  private mutating func take(_ host: String?) {
    working += 1
    if let host { hosts[host, default: 0] += 1 }
  }
}
