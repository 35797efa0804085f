internal import Glibc
internal import Model
internal import Platform

/// A program that a test runs, as a user would: its own environment, its own working directory, and a deadline.
public struct CommandLineTool: Sendable {
  /// The program.
  public var path: String
  /// Its whole environment.
  public var environment: [String: String]
  /// Where it runs.
  public var workingDirectory: String

  /// Takes a program and its surroundings.
  public init(_ path: String, environment: [String: String], workingDirectory: String) {
    self.path = path
    self.environment = environment
    self.workingDirectory = workingDirectory
  }

  /// How a run ended, and what it said.
  public struct Outcome: Sendable {
    /// The exit status; 128 + the signal's number when a signal ended it.
    public var status: Int32
    /// Standard output.
    public var output: String
    /// Standard error.
    public var errorOutput: String
    /// Everything it said.
    public var text: String { output + errorOutput }
  }

  /// Runs the program to its end. Throws when it does not end in time; then it and its group are killed.
  public func run(_ arguments: [String], deadline: Double = 240) async throws -> Outcome {
    try await start(arguments).outcome(deadline: deadline)
  }

  /// Starts the program in a process group of its own.
  public func start(_ arguments: [String]) throws -> Running {
    let directory = try TemporaryDirectory.make()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "\(directory)/out", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "\(directory)/err", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    // Whatever the thread of the test blocks: a user's shell blocks nothing.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    // `env` goes to the directory and becomes the program, under the same process id.
    let command = ["/usr/bin/env", "--chdir=\(workingDirectory)", path] + arguments
    var words = command.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var pid = pid_t()
    let status = posix_spawn(&pid, command[0], &actions, &attributes, &words, &variables)
    guard status == 0 else {
      try? Files.remove(directory)
      throw Failure(.io, "could not start the program", at: .path(path), because: String(cString: strerror(status)))
    }
    return Running(pid: pid, directory: directory, command: ([path] + arguments).joined(separator: " "))
  }

  /// A program that runs. It is waited for exactly once.
  public struct Running: Sendable {
    /// Its process id, and that of its group.
    public let pid: Int32
    fileprivate let directory: String
    fileprivate let command: String

    /// Kills the program, and with `group` whatever it started as well.
    public func kill(group: Bool = false) {
      Glibc.kill(group ? -pid : pid, SIGKILL)
    }

    /// Sends the program a signal.
    public func send(_ signal: Int32) {
      Glibc.kill(pid, signal)
    }

    /// What it said so far on standard error.
    public func errorOutputSoFar() throws -> String {
      String(decoding: try Files.readIfPresent("\(directory)/err") ?? [], as: UTF8.self)
    }

    /// Waits until it has printed a text. Throws when that does not come in time, or the program ends.
    public func waitUntilOutputHas(_ text: String, deadline: Double = 60) async throws {
      let end = ContinuousClock.now + .seconds(deadline)
      while true {
        let said = String(decoding: try Files.readIfPresent("\(directory)/out") ?? [], as: UTF8.self)
        if said.contains(text) { return }
        guard ContinuousClock.now < end, Glibc.kill(pid, 0) == 0 else {
          throw Failure(.io, "the program did not print \(text)", because: "\(said)\n\(try errorOutputSoFar())")
        }
        try await Task.sleep(for: .milliseconds(10))
      }
    }

    /// Waits for the end. Throws when that does not come in time.
    public func outcome(deadline: Double = 240) async throws -> Outcome {
      defer { try? Files.remove(directory) }
      let end = ContinuousClock.now + .seconds(deadline)
      var status: Int32 = 0
      while waitpid(pid, &status, WNOHANG) == 0 {
        guard ContinuousClock.now < end else {
          kill(group: true)
          waitpid(pid, nil, 0)
          throw Failure(
            .io, "the program did not end within \(deadline) s", because: "\(command)\n\(try errorOutputSoFar())")
        }
        try? await Task.sleep(for: .milliseconds(4))
      }
      let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
      return Outcome(
        status: code, output: String(decoding: try Files.readIfPresent("\(directory)/out") ?? [], as: UTF8.self),
        errorOutput: try errorOutputSoFar())
    }
  }
}
