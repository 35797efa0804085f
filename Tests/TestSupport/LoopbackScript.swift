internal import Glibc
internal import Synchronization

/// A Python script that serves on loopback and says its port first. It ends when it is stopped, or with this process.
public final class LoopbackScript: Sendable {
  /// Its process id.
  public let pid: Int32
  /// The port that it listens on.
  public let port: Int
  private let socket: Int32
  private let isRunning = Mutex(true)

  private init(pid: Int32, port: Int, socket: Int32) {
    self.pid = pid
    self.port = port
    self.socket = socket
  }

  deinit { stop() }

  /// Why a script did not come up.
  public struct StartFailure: Error {
    /// What was tried.
    public var command: [String]
  }

  /// Starts a script from `Resources`; `firstLine` goes to its standard input, which stays open while it runs.
  public static func start(_ script: String, _ arguments: [String], firstLine: String? = nil) throws -> LoopbackScript {
    let path = "\(directory)/Resources/\(script)"
    let command = ["/usr/bin/env", "python3", path, "--until-eof"] + arguments
    // Closed in whatever another test starts meanwhile, from the very beginning.
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw StartFailure(command: command)
    }
    var pid = pid_t()
    let status = spawn(command, end: ends[1], pid: &pid)
    close(ends[1])
    guard status == 0 else {
      close(ends[0])
      throw StartFailure(command: command)
    }
    if let firstLine { send(ends[0], firstLine + "\n", firstLine.utf8.count + 1, Int32(MSG_NOSIGNAL)) }
    guard let port = readPort(ends[0]) else {
      close(ends[0])
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw StartFailure(command: command)
    }
    return LoopbackScript(pid: pid, port: port, socket: ends[0])
  }

  /// Ends the script and waits for it.
  public func stop() {
    isRunning.withLock { isRunning in
      guard isRunning else { return }
      isRunning = false
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      close(socket)
    }
  }

  private static var directory: String {
    let file = #filePath
    return String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
  }

  private static func spawn(_ command: [String], end: Int32, pid: inout pid_t) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, end, STDOUT_FILENO)
    var arguments = command.map { strdup($0) } + [nil]
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    var variables = [strdup("PATH=\(path)"), strdup("PYTHONDONTWRITEBYTECODE=1"), nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    return posix_spawn(&pid, command[0], &actions, nil, &arguments, &variables)
  }

  private static func readPort(_ descriptor: Int32) -> Int? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    return Int(String(decoding: line, as: UTF8.self))
  }
}
