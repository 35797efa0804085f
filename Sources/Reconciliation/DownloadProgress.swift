internal import Model
internal import Synchronization

/// Counts what several downloads bring, and reports the sum.
final class DownloadProgress: Sendable {
  private let start: DownloadState
  private let done = Atomic<Int>(0)
  private let report: @Sendable (DownloadState) -> Void

  /// Reports the beginning, where there is anything to download.
  init(_ files: [LockedFile], report: @escaping @Sendable (DownloadState) -> Void) {
    start = DownloadState(files: files.count, done: 0, total: files.reduce(0) { $0 + ($1.size ?? 0) })
    self.report = report
    if !files.isEmpty { report(start) }
  }

  /// Counts bytes that came; fewer than none where some have to come again.
  func add(_ bytes: Int) {
    var state = start
    state.done = done.add(bytes, ordering: .relaxed).newValue
    report(state)
  }
}
