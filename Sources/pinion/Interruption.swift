internal import Glibc
internal import Synchronization

/// Turns SIGINT and SIGTERM into a cancellation, so that children are ended and staging is emptied. A second one kills.
///
/// A handler is used rather than a blocked mask: a program that is executed later starts with the defaults by itself.
enum Interruption {
  private static let action = Mutex<(@Sendable () -> Void)?>(nil)
  private static let count = Atomic<Int>(0)
  private static let pipeEnd = Atomic<Int32>(-1)

  /// Calls `body` on the first signal.
  static func onSignal(_ body: @escaping @Sendable () -> Void) {
    action.withLock { $0 = body }
    guard pipeEnd.load(ordering: .relaxed) < 0 else { return }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    pipeEnd.store(ends[1], ordering: .relaxed)
    wait(on: ends[0])
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        // Only what is safe in a signal handler: an atomic, write(2), _exit(2).
        if Interruption.count.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + number) }
        var byte: UInt8 = 0
        _ = write(Interruption.pipeEnd.load(ordering: .relaxed), &byte, 1)
      }
    }
  }

  private static func wait(on descriptor: Int32) {
    var thread = pthread_t()
    let argument = UnsafeMutableRawPointer(bitPattern: Int(descriptor))
    pthread_create(
      &thread, nil,
      { argument in
        var byte: UInt8 = 0
        while read(Int32(Int(bitPattern: argument)), &byte, 1) < 0, errno == EINTR {}
        Interruption.action.withLock { $0 }?()
        return nil
      }, argument)
    pthread_detach(thread)
  }
}
