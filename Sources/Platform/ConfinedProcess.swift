internal import CPlatform
internal import Glibc
internal import Model

/// Runs programs through `pinion-confine`: with bounds, and with a network of their own in which one port is all there is.
public enum ConfinedProcess {
  /// What every process of the program is held to.
  public struct Bounds: Sendable {
    /// The private memory of each process, in bytes (RLIMIT_DATA).
    public var memory: Int
    /// The size of each file that is written, in bytes (RLIMIT_FSIZE).
    public var fileSize: Int

    /// Creates bounds.
    public init(memory: Int, fileSize: Int) {
      self.memory = memory
      self.fileSize = fileSize
    }
  }

  /// The system gives no network: nothing was started.
  public struct Refused: Error {
    /// What refuses it, in the system's words.
    public var reason: String
  }

  /// Runs a program to its end, as `ChildProcess.run` does.
  ///
  /// - Parameters:
  ///   - helper: the path of `pinion-confine`.
  ///   - port: the port on 127.0.0.1 of the network that the program gets; nil leaves it in the host's.
  ///   - onListening: gets the socket that listens there, which is its to close. What it returns is called at the end.
  ///
  /// Throws `Refused` where there is no such network, and `io` when the helper cannot be started.
  public static func run(
    _ executable: String, _ arguments: [String], helper: String, port: Int?, bounds: Bounds,
    environment: [String: String], workingDirectory: String?, deadline: Double,
    onListening: @escaping @Sendable (Int32) async throws -> @Sendable () async -> Void
  ) async throws -> ProcessResult {
    var ends: [Int32] = [-1, -1]
    guard pinion_socket_pair(&ends) == 0 else { throw Files.failure("could not run the program", executable) }
    let (ours, theirs) = (ends[0], ends[1])
    defer {
      close(theirs)
      close(ours)
    }
    guard Files.isExecutable(helper) else {
      throw Failure(
        .io, "the program that confines builds is not there", at: .path(helper),
        hint: "pinion-confine stands beside pinion where it was installed; install both again")
    }
    let words =
      [port == nil ? "open" : "isolated", "\(port ?? 0)", "\(bounds.memory)", "\(bounds.fileSize)", executable]
      + arguments
    async let message = ConfinedProcess.message(on: ours, onListening: onListening)
    let result: ProcessResult
    do {
      result = try await ChildProcess.run(
        helper, words, environment: environment, workingDirectory: workingDirectory, standardInput: theirs,
        deadline: deadline)
    } catch {
      // Whoever waits for a message is told that none comes.
      shutdown(ours, Int32(SHUT_RDWR))
      await (try? message)?.stop?()
      throw error
    }
    shutdown(ours, Int32(SHUT_RDWR))
    let (text, stop) = try await message
    await stop?()
    if let text, text.hasPrefix("r") { throw Refused(reason: String(text.dropFirst())) }
    return result
  }

  /// Waits for the helper's message, and hands on the socket that comes with it. No text where none comes.
  private static func message(
    on socket: Int32, onListening: @Sendable (Int32) async throws -> @Sendable () async -> Void
  ) async throws -> (text: String?, stop: (@Sendable () async -> Void)?) {
    let (text, descriptor) = await received(on: socket)
    return (text, descriptor < 0 ? nil : try await onListening(descriptor))
  }

  private final class Waiting: Sendable {
    let socket: Int32
    let continuation: CheckedContinuation<(String?, Int32), Never>

    init(_ socket: Int32, _ continuation: CheckedContinuation<(String?, Int32), Never>) {
      self.socket = socket
      self.continuation = continuation
    }

    func receive() {
      var buffer = [CChar](repeating: 0, count: 512)
      var descriptor: Int32 = -1
      var count = 0
      repeat {
        count = pinion_receive(socket, &buffer, UInt(buffer.count), &descriptor)
      } while count < 0 && errno == EINTR
      let text = count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
      continuation.resume(returning: (text, descriptor))
    }
  }

  /// In a thread of its own: what waits there must not keep others from running.
  private static func received(on socket: Int32) async -> (String?, Int32) {
    await withCheckedContinuation { continuation in
      let waiting = Unmanaged.passRetained(Waiting(socket, continuation))
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { argument in
          if let argument { Unmanaged<Waiting>.fromOpaque(argument).takeRetainedValue().receive() }
          return nil
        }, waiting.toOpaque())
      guard status == 0 else {
        waiting.release()
        return continuation.resume(returning: (nil, -1))
      }
      pthread_detach(thread)
    }
  }
}
