internal import Glibc
internal import Synchronization

/// Turns SIGINT and SIGTERM into a cancellation, so that children are ended and staging is emptied. A second one kills.
enum Interruption {
  private static let handler = Mutex<(@Sendable () -> Void)?>(nil)

  /// Calls `body` on the first signal.
  static func onSignal(_ body: @escaping @Sendable () -> Void) {
    let isFirst = handler.withLock { slot in
      defer { slot = body }
      return slot == nil
    }
    guard isFirst else { return }
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    // Blocked here and, by inheritance, in every later thread: the waiting thread alone takes them.
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        var received: Int32 = 0
        sigwait(&signals, &received)
        Interruption.handler.withLock { $0 }?()
        sigwait(&signals, &received)
        _exit(128 + received)
      }, nil)
    pthread_detach(thread)
  }
}
