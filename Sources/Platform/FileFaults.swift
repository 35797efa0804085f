#if DEBUG
  internal import Glibc
  internal import Synchronization

  /// What tests do to a run at its changes of files, which are counted from 1. Builds for use have none of this.
  ///
  /// The variable `PINION_FAULT` says what, once for the process:
  /// - `list:FILE`: nothing, but each change adds a line to the file, its call and the path where that is known;
  /// - `N:kill`: the process is ended by SIGKILL before change N, or in the middle of what it writes;
  /// - `N:ENOSPC`, or one of `errors`: change N fails so;
  /// - `N+:ENOSPC`: and so do all that follow.
  enum FileFaults {
    /// The errors that can be asked for.
    static let errors = ["ENOSPC": ENOSPC, "EIO": EIO, "EACCES": EACCES, "EROFS": EROFS]

    /// What is to happen.
    private struct Plan: Sendable {
      /// Where changes are listed.
      var list: String?
      /// The change that it happens at.
      var number = 0
      /// Whether it happens at all that follow as well.
      var lasts = false
      /// What it fails with; nil for the end of the process.
      var error: Int32?

      init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        if parts[0] == "list" {
          list = parts[1]
          return
        }
        lasts = parts[0].hasSuffix("+")
        guard let number = Int(lasts ? String(parts[0].dropLast()) : parts[0]) else { return nil }
        self.number = number
        guard parts[1] != "kill" else { return }
        guard let error = errors[parts[1]] else { return nil }
        self.error = error
      }
    }

    /// What is to happen in this process; nil where nothing is.
    private static let plan = getenv("PINION_FAULT").flatMap { Plan(String(cString: $0)) }
    private static let count = Atomic<Int>(0)

    /// Reads the variable, before it is gone.
    static func prepare() { _ = plan }

    /// Counts a change; the error that it is to fail with. `partly` is done before it fails.
    static func next(_ call: StaticString, _ path: String, partly: () -> Void) -> Int32? {
      guard let plan else { return nil }
      if let list = plan.list {
        note("\(call) \(path)\n", in: list)
        return nil
      }
      let number = count.add(1, ordering: .relaxed).newValue
      guard number == plan.number || plan.lasts && number > plan.number else { return nil }
      partly()
      guard let error = plan.error else {
        kill(getpid(), SIGKILL)
        // The signal is there when the call returns; other threads may have to be stopped first.
        while true { pause() }
      }
      return error
    }

    private static func note(_ line: String, in file: String) {
      let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { return }
      defer { close(descriptor) }
      let bytes = Array(line.utf8)
      _ = write(descriptor, bytes, bytes.count)
    }
  }
#endif
