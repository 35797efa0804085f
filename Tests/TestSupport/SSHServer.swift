internal import Glibc
internal import Model
internal import Platform

/// A real OpenSSH server on loopback with host keys of its own, which lets in who holds one of its keys.
public final class SSHServer: Sendable {
  /// How the server behaves.
  public enum Mode: Sendable {
    /// As it should.
    case normal
    /// Takes connections and says nothing.
    case silent
    /// Lets clients log in, and says nothing then.
    case mute
    /// Does something wrong with a part of its answers.
    case spoils(GitServer.Part, GitServer.Misbehaviour)

    fileprivate var argument: String {
      switch self {
      case .normal: "normal"
      case .silent: "silent"
      case .mute: "mute"
      case .spoils(let part, let misbehaviour): "\(misbehaviour.rawValue)-\(part.rawValue)"
      }
    }
  }

  private let script: LoopbackScript
  /// Where its keys are: `host_ed25519`, `authorized_keys`.
  public let state: String
  /// The address that it listens on.
  public let address: String

  /// The port that it listens on.
  public var port: Int { script.port }
  /// Its process id.
  public var pid: Int32 { script.pid }
  /// Who can log in: the user who runs the tests.
  public static let username: String = {
    getpwuid(geteuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) } ?? "root"
  }()
  /// Whether there is an sshd to test against, and why not. `make dependencies` installs it.
  public static let isAvailable = Files.isExecutable("/usr/sbin/sshd")
  /// Why tests are skipped without one.
  public static let absence = "there is no /usr/sbin/sshd: install openssh-server"

  private init(script: LoopbackScript, state: String, address: String) {
    self.script = script
    self.state = state
    self.address = address
  }

  /// Serves the repositories below a directory, `/link.git` for instance.
  ///
  /// - Parameters:
  ///   - state: a directory for its keys; host keys that are missing are made, of the kinds that are named.
  ///   - log: a file that gets one line for each command.
  public static func start(
    root: String, state: String, hostKeys: [String] = ["ed25519"], address: String = "127.0.0.1", port: Int = 0,
    mode: Mode = .normal, log: String? = nil
  ) async throws -> SSHServer {
    try Files.makeDirectory(state)
    for kind in hostKeys where !Files.exists("\(state)/host_\(kind)") {
      _ = try await makeKey("\(state)/host_\(kind)", kind: kind)
    }
    if !Files.exists("\(state)/authorized_keys") { try Files.write("", to: "\(state)/authorized_keys") }
    var arguments = [
      "--root", root, "--state", state, "--address", address, "--port", "\(port)", "--mode", mode.argument,
    ]
    if let log { arguments += ["--log", log] }
    return SSHServer(
      script: try LoopbackScript.start("ssh-server.py", arguments), state: state, address: address)
  }

  /// Makes a key pair, and returns the line of its public half.
  public static func makeKey(_ path: String, kind: String = "ed25519", passphrase: String = "") async throws -> String {
    let made = try await ChildProcess.run(
      "/usr/bin/env", ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test-\(kind)", "-f", path],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], deadline: 60)
    guard made.status == 0 else {
      throw Failure(.io, "ssh-keygen failed", at: .path(path), because: made.lastWords())
    }
    return publicKey(try Files.read("\(path).pub"))
  }

  /// Lets a key in, besides those that are let in already. `line` is its public half.
  public func authorize(_ line: String) throws {
    let path = "\(state)/authorized_keys"
    try Files.write(String(decoding: try Files.read(path), as: UTF8.self) + line + "\n", to: path)
  }

  /// The line of a known_hosts file for one of its host keys; under another name where one is given.
  public func knownHost(_ kind: String = "ed25519", name: String? = nil) throws -> String {
    let fields = Self.publicKey(try Files.read("\(state)/host_\(kind).pub")).split(separator: " ").prefix(2)
    return "\(name ?? "[\(address)]:\(port)") \(fields.joined(separator: " "))\n"
  }

  /// `SHA256:…` of a host key, as ssh-keygen shows it.
  public func fingerprint(_ kind: String = "ed25519") async throws -> String {
    let shown = try await ChildProcess.run(
      "/usr/bin/env", ["ssh-keygen", "-l", "-f", "\(state)/host_\(kind).pub"],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], deadline: 60)
    return shown.output.split(separator: " ").dropFirst().first.map(String.init) ?? shown.lastWords()
  }

  /// Ends the server and waits for it.
  public func stop() { script.stop() }

  private static func publicKey(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined()
  }
}

/// A real ssh-agent; ended by its process id.
public final class SSHAgent: Sendable {
  /// Where it listens.
  public let socket: String
  /// Its process id.
  public let pid: Int32

  private init(socket: String, pid: Int32) {
    self.socket = socket
    self.pid = pid
  }

  /// Starts one that listens at a path.
  public static func start(socket: String) async throws -> SSHAgent {
    let started = try await ChildProcess.run(
      "/usr/bin/env", ["ssh-agent", "-s", "-a", socket], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
      deadline: 60)
    let words = started.output.split(whereSeparator: { "=; \n".contains($0) })
    guard started.status == 0, let place = words.firstIndex(of: "SSH_AGENT_PID"), let pid = Int32(words[place + 1])
    else { throw Failure(.io, "ssh-agent did not start", because: started.lastWords()) }
    return SSHAgent(socket: socket, pid: pid)
  }

  /// Gives it a key without a passphrase.
  public func add(_ key: String) async throws {
    let added = try await ChildProcess.run(
      "/usr/bin/env", ["ssh-add", "-q", key],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "SSH_AUTH_SOCK": socket], deadline: 60)
    guard added.status == 0 else { throw Failure(.io, "ssh-add failed", because: added.lastWords()) }
  }

  /// Ends it.
  public func stop() { kill(pid, SIGKILL) }
}
