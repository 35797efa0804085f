internal import CPlatform
internal import Glibc
internal import Model
internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// How a child process ended, and what it said.
public struct ProcessResult: Sendable {
  /// The exit status; 128 + the signal's number when a signal ended it, as shells count.
  public var status: Int32
  /// All of standard output.
  public var output: String
  /// All of standard error.
  public var errorOutput: String
  /// Whether it was ended because its time was over.
  public var timedOut: Bool

  /// The last lines of what it said, for people: standard error, or else standard output.
  public func lastWords(lines: Int = 12) -> String {
    let text = errorOutput.contains { !$0.isWhitespace } ? errorOutput : output
    return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
  }
}

/// Runs programs that are not Pinion: uv, Python, build back ends.
public enum ChildProcess {
  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - executable: an absolute path.
  ///   - environment: the child's whole environment; nothing of Pinion's own is passed on.
  ///   - deadline: seconds after which the program and the processes of its group are killed.
  ///
  /// It does not outlive this process, however that ends. Throws `io` when it cannot be started. What it prints is held up to 16 MiB a stream.
  public static func run(
    _ executable: String, _ arguments: [String], environment: [String: String], workingDirectory: String? = nil,
    input: String = "", deadline: Double
  ) async throws -> ProcessResult {
    try await run(
      executable, arguments, environment: environment, workingDirectory: workingDirectory, input: Array(input.utf8),
      deadline: deadline)
  }

  /// The same with any bytes as input.
  public static func run(
    _ executable: String, _ arguments: [String], environment: [String: String], workingDirectory: String? = nil,
    input: [UInt8], deadline: Double
  ) async throws -> ProcessResult {
    let source = try self.source(of: input, for: executable)
    defer { close(source) }
    return try await run(
      executable, arguments, environment: environment, workingDirectory: workingDirectory, standardInput: source,
      deadline: deadline)
  }

  /// The same with an open file, or a socket, as standard input, which stays open here.
  static func run(
    _ executable: String, _ arguments: [String], environment: [String: String], workingDirectory: String?,
    standardInput: Int32, deadline: Double
  ) async throws -> ProcessResult {
    var options = PlatformOptions()
    // A group of its own, so that a deadline or a cancellation ends whatever the program started as well.
    options.processGroupID = 0
    options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))]
    let configuration = Configuration(
      executable: .path(FilePath(executable)), arguments: Arguments(arguments),
      environment: .custom(
        Dictionary(
          environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) },
          uniquingKeysWith: { first, _ in first })),
      workingDirectory: workingDirectory.map { FilePath($0) }, platformOptions: options)
    let child = Started()
    // Whatever the program started and left in its group ends with it, also what takes no notice of SIGTERM.
    defer { if let group = child.group.withLock({ $0?.id }) { kill(-group, SIGKILL) } }
    return try await withThrowingTaskGroup(of: ProcessResult?.self) { group in
      group.addTask {
        try await collect(configuration, executable: executable, standardInput: standardInput) { started in
          let guarding = GroupGuard(started)
          child.group.withLock { $0 = (started, guarding) }
        }
      }
      group.addTask {
        try? await Task.sleep(for: .seconds(deadline))
        return nil
      }
      let first = try await group.next().flatMap { $0 }
      group.cancelAll()
      if let first { return first }
      try Task.checkCancellation()
      // The group is left only when the program has ended.
      _ = try? await group.next()
      return ProcessResult(status: 128 + 15, output: "", errorOutput: "", timedOut: true)
    }
  }

  /// The process group of a program, once it runs, with what keeps it from outliving this process.
  private final class Started: Sendable {
    let group = Mutex<(id: pid_t, guarding: GroupGuard?)?>(nil)
  }

  private static let outputLimit = 16 << 20

  private static func collect(
    _ configuration: Configuration, executable: String, standardInput: Int32, onStart: @Sendable (pid_t) -> Void
  ) async throws -> ProcessResult {
    do {
      let outcome = try await Subprocess.run(
        configuration,
        input: .fileDescriptor(FileDescriptor(rawValue: standardInput), closeAfterSpawningProcess: false),
        output: .bytes(limit: outputLimit), error: .bytes(limit: outputLimit)
      ) { execution in onStart(execution.processIdentifier.value) }
      let status: Int32 =
        switch outcome.terminationStatus {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
      return ProcessResult(
        status: status, output: String(decoding: outcome.standardOutput, as: UTF8.self),
        errorOutput: String(decoding: outcome.standardError, as: UTF8.self), timedOut: false)
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      throw Failure(.io, "could not run the program", at: .path(executable), because: "\(error)")
    }
  }

  /// What a program reads: a file in memory and no pipe, which would break when the program ends without having read.
  private static func source(of input: [UInt8], for executable: String) throws(Failure) -> Int32 {
    let descriptor = input.isEmpty ? open("/dev/null", O_RDONLY | O_CLOEXEC) : pinion_anonymous_file()
    guard descriptor >= 0 else { throw Files.failure("could not run the program", executable) }
    do throws(Failure) {
      try Files.writeAll(input, to: descriptor, path: executable)
    } catch {
      close(descriptor)
      throw error
    }
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }
}
