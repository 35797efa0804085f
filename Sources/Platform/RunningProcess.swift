internal import Glibc
public import Model

/// A process of this machine that is known by the number in a file, as daemons write it.
public struct RunningProcess: Sendable, Equatable {
  /// Why there is none.
  public struct Problem: Error, Sendable, Equatable {
    /// In a few words.
    public var message: String
  }

  /// Its number: above 1.
  public let id: Int32

  /// Reads a pid file, and sees whether the process runs. One that has ended and that nobody asked after does not run.
  public init(pidFile path: String) throws(Problem) {
    let text: String
    do throws(Files.BoundedReadProblem) {
      text = String(decoding: try Files.read(path, atMost: 4096), as: UTF8.self)
    } catch {
      throw Problem(message: error == .absent ? "there is no file \(path)" : "the file \(path) cannot be read")
    }
    // 0 and -1 stand for groups and for everything, and 1 is the system's own.
    guard let number = text.split(whereSeparator: \.isWhitespace).first.flatMap({ Int32($0) }), number > 1 else {
      throw Problem(message: "the file \(path) has no number of a process")
    }
    id = number
    guard isRunning else { throw Problem(message: "the process \(number) of \(path) does not run") }
  }

  private var isRunning: Bool {
    guard kill(id, 0) == 0 || errno == EPERM else { return false }
    // The state stands behind the program's name, which may hold anything (proc(5)).
    guard let bytes = try? Files.read("/proc/\(id)/stat", atMost: 1 << 16) else { return true }
    let state = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.first { $0 != " " }
    return state != "Z" && state != "X"
  }

  /// Sends it a signal.
  public func send(_ signal: HookSignal) throws(Problem) {
    let number =
      switch signal {
      case .HUP: SIGHUP
      case .INT: SIGINT
      case .QUIT: SIGQUIT
      case .USR1: SIGUSR1
      case .USR2: SIGUSR2
      case .TERM: SIGTERM
      case .WINCH: SIGWINCH
      }
    guard kill(id, number) == 0 else {
      let words = strerror(errno).map { String(cString: $0) } ?? "errno \(errno)"
      throw Problem(message: "the process \(id) cannot be sent SIG\(signal.rawValue): \(words)")
    }
  }
}
