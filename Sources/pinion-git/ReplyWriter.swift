internal import GitWire
internal import Glibc
internal import Synchronization

/// Standard output, one line at a time, from any thread.
final class ReplyWriter: Sendable {
  private let turn = Mutex<Void>(())

  /// Writes a reply. Ends the process when nobody reads any more.
  func send(_ reply: GitReply) {
    guard let line = try? WireLine.encode(reply) else { return }
    turn.withLock { _ in
      var rest = line[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count < 0 {
          if errno == EINTR { continue }
          _exit(1)
        }
        rest = rest.dropFirst(count)
      }
    }
  }
}
