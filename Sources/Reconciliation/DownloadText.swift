public import Model

/// How far downloads are, in words and as a bar. Pure: time is given to it.
public struct DownloadText: Sendable {
  /// What came, and when: the rate is that of the last seconds, since connections change.
  private var samples: [(time: Double, done: Int)] = []
  /// Bytes at which a line was last written.
  private var lastLine = 0

  /// Begins with nothing known.
  public init() {}

  /// The seconds that the rate looks back.
  private static let window = 5.0

  /// Takes a state in. `time` is in seconds, from any moment on.
  public mutating func add(_ state: DownloadState, at time: Double) {
    if let last = samples.last, time - last.time < 0.05 { samples.removeLast() }
    samples.append((time, state.done))
    // The last one before the window stays: between it and now is the whole window.
    while samples.count > 2, samples[1].time <= time - Self.window { samples.removeFirst() }
  }

  /// Bytes a second; nil while too little is known.
  var rate: Double? {
    guard let first = samples.first, let last = samples.last, last.time - first.time >= 0.5, last.done > first.done
    else {
      return nil
    }
    return Double(last.done - first.done) / (last.time - first.time)
  }

  /// What is said once, before anything came.
  public static func beginning(_ state: DownloadState) -> String {
    "Downloading \(state.files) \(state.files == 1 ? "file" : "files") (\(size(state.total)))"
  }

  /// A line where lines are all there is: each tenth, but none for less than 4 MiB. Nil where nothing is to be said.
  public mutating func line(_ state: DownloadState) -> String? {
    let step = max(state.total / 10, 4 << 20)
    guard state.done - lastLine >= step, state.done < state.total else { return nil }
    lastLine = state.done
    return "Downloaded \(Self.size(state.done)) of \(Self.size(state.total))"
  }

  /// `Downloading 12 files [########------------] 40 MiB of 100 MiB, 12.3 MiB/s, 5s left`, in so many columns at most.
  public func bar(_ state: DownloadState, columns: Int) -> String {
    let head = "Downloading \(state.files) \(state.files == 1 ? "file" : "files")"
    var tail = "\(Self.size(state.done)) of \(Self.size(state.total))"
    if let rate {
      tail += ", \(Self.size(Int(rate)))/s"
      let left = Double(max(state.total - state.done, 0)) / rate
      if state.total > state.done { tail += ", \(Self.duration(left)) left" }
    }
    let width = 20
    let share = state.total == 0 ? 0 : min(max(Double(state.done) / Double(state.total), 0), 1)
    let filled = Int(share * Double(width))
    let bar = "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "]"
    for text in ["\(head) \(bar) \(tail)", "\(bar) \(tail)", tail] where text.utf8.count < columns { return text }
    return String(tail.prefix(max(columns - 1, 0)))
  }

  /// `1 KiB` for what is less, `340 KiB`, `3.4 MiB`, `12 MiB`, `1.2 GiB`.
  static func size(_ bytes: Int) -> String {
    if bytes < 1 << 20 { return "\(max(bytes / 1024, 1)) KiB" }
    let (unit, name) = bytes < 1 << 30 ? (1 << 20, "MiB") : (1 << 30, "GiB")
    let tenths = bytes * 10 / unit
    return tenths >= 100 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
  }

  /// `9s`, `2m05s`, `1h02m`.
  static func duration(_ seconds: Double) -> String {
    let seconds = Int(min(max(seconds, 0), 359_999).rounded(.up))
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m\(two(seconds % 60))s" }
    return "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
  }
}
