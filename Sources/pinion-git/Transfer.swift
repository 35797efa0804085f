internal import GitWire
internal import Glibc

/// What one request takes of time and bytes, and why it was ended. Belongs to one thread.
final class Transfer {
  private let limits: GitLimits
  private let pulse: Pulse
  private let start = ContinuousClock.now
  private let rate: Double
  private var gauge: TransferGauge
  /// Why nothing more comes of this request.
  private(set) var fault: GitFault?
  /// Whether the server ended the connection that was read from last.
  private(set) var hasHungUp = false

  /// Begins to measure a request.
  init(_ remote: GitRemote, pulse: Pulse) {
    limits = remote.limits
    self.pulse = pulse
    rate = Origin(remote.url)?.scheme == "https" ? GitLimits.leastEncryptedRate : GitLimits.leastRate
    gauge = TransferGauge(remote.limits, rate: rate)
  }

  /// Lets at most so many bytes come, and never more than the request may have.
  func allow(_ bytes: Int) { gauge.allowance = min(bytes, limits.bytes) }

  /// A connection is begun.
  func connecting() {
    hasHungUp = false
    gauge.connecting()
  }

  /// A connection is made.
  func connected() {
    gauge.connected()
    pulse.beat()
  }

  /// Something was sent.
  func sent() { gauge.sent() }

  /// Bytes came.
  func received(_ count: Int) {
    gauge.received(count)
    pulse.beat()
  }

  /// The server ended the connection.
  func hungUp() { hasHungUp = true }

  /// Nothing more comes of this request.
  func end(_ fault: GitFault) { self.fault = self.fault ?? fault }

  /// Whether a limit is passed; that ends the request.
  func isOver() -> Bool {
    if fault == nil, let excess = gauge.excess(after: elapsed) { fault = fault(for: excess) }
    return fault != nil
  }

  /// What came of waiting.
  enum Wait { case ready, later, over }

  /// Waits for the network as long as the limits allow, and not longer than so many seconds.
  func wait(for descriptors: inout [pollfd], atMost seconds: Double? = nil) -> Wait {
    let end = seconds.map { ContinuousClock.now + .seconds($0) }
    while !isOver() {
      let before = ContinuousClock.now
      var patience = gauge.patience(after: elapsed)
      if let end {
        if end <= before { return .later }
        patience = min(patience, (end - before) / .seconds(1))
      }
      // Rounded up, so that it is over when poll(2) comes back with nothing; and a poll of days is none.
      let count = poll(&descriptors, nfds_t(descriptors.count), Int32(min(patience, 3600) * 1000) + 1)
      gauge.waited((ContinuousClock.now - before) / .seconds(1))
      if count > 0 { return .ready }
      if count < 0, errno != EINTR {
        fault = GitFault(.unreachable, String(cString: strerror(errno)))
      }
    }
    return .over
  }

  private var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }

  private func fault(for excess: TransferGauge.Excess) -> GitFault {
    let idle = Self.text(limits.idle)
    return switch excess {
    case .connecting: GitFault(.connectTimeout, "no connection came about within \(idle) s")
    case .silence: GitFault(.silent, "it was connected to, and sent nothing for \(idle) s")
    case .stall: GitFault(.stalled, "nothing more came for \(idle) s")
    case .slowness: GitFault(.slow, "fewer than \(Int(rate)) bytes a second came over \(idle) s")
    case .time: GitFault(.overdue, "there was no end to it after \(Self.text(limits.total)) s")
    case .bytes: GitFault(.tooMuch, "more than \(Self.text(bytes: gauge.allowance)) came")
    }
  }

  private static func text(_ seconds: Double) -> String {
    let rounded = (seconds * 10).rounded() / 10
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  private static func text(bytes: Int) -> String {
    bytes >= 1 << 30 ? "\(bytes >> 30) GiB" : bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes) bytes"
  }
}
