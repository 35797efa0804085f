/// A real git server on loopback: `git http-backend`, with a token where one is wanted, and as bad as a test needs it.
public final class GitServer: Sendable {
  /// How the server behaves.
  public enum Mode: Sendable {
    /// As it should.
    case normal
    /// 403 to everybody.
    case refuse
    /// 500 to everybody.
    case fail
    /// Closes the connection in the middle of an answer.
    case close
    /// Takes requests and says nothing.
    case silent
    /// Listens, and never takes a connection.
    case deaf
    /// 500 to the first requests, so many of them.
    case flaky(Int)
    /// Does something wrong with a part of its answers.
    case spoils(Part, Misbehaviour)
    /// Gives every answer twice, which crashes libgit2 1.5.
    case twice
    /// Answers everything with a page of HTML.
    case web
    /// Sends on to another server, before asking for the token.
    case redirect(String)
    /// Asks for the token, and then sends on to another server.
    case redirectAfterToken(String)

    fileprivate var argument: String {
      switch self {
      case .normal: "normal"
      case .refuse: "refuse"
      case .fail: "fail"
      case .close: "close"
      case .silent: "silent"
      case .deaf: "deaf"
      case .flaky(let count): "flaky:\(count)"
      case .spoils(let part, let misbehaviour): "\(misbehaviour.rawValue)-\(part.rawValue)"
      case .twice: "twice"
      case .web: "web"
      case .redirect(let url): "redirect:\(url)"
      case .redirectAfterToken(let url): "redirect-after:\(url)"
      }
    }
  }

  /// A part of what a git server says.
  public enum Part: String, Sendable, CaseIterable {
    /// The list of references.
    case references
    /// What was asked for.
    case pack
  }

  /// What a server can do wrong with a part.
  public enum Misbehaviour: String, Sendable, CaseIterable {
    /// Sends it one byte a second.
    case drip
    /// Hangs up in the middle of it.
    case cut
    /// Falls silent in the middle of it.
    case stall
    /// Does not come to its end.
    case endless
  }

  private let script: LoopbackScript
  /// `http` or `https`.
  public let scheme: String

  /// The port that it listens on.
  public var port: Int { script.port }
  /// Its process id.
  public var pid: Int32 { script.pid }

  private init(script: LoopbackScript, scheme: String) {
    self.script = script
    self.scheme = scheme
  }

  /// Serves the repositories in a directory.
  ///
  /// - Parameters:
  ///   - token: what must be given as the user name or the password; nil lets everybody in. It goes through a pipe.
  ///   - certificate: certificate and key in PEM; with them it speaks TLS.
  ///   - log: a file that gets one line a request: method, path, `with-credentials` or `without-credentials`.
  public static func start(
    root: String, token: String? = nil, mode: Mode = .normal, certificate: String? = nil, log: String? = nil
  ) throws -> GitServer {
    var arguments = ["--root", root, "--mode", mode.argument]
    if token != nil { arguments.append("--token-stdin") }
    if let certificate { arguments += ["--certificate", certificate] }
    if let log { arguments += ["--log", log] }
    return GitServer(
      script: try LoopbackScript.start("git-server.py", arguments, firstLine: token),
      scheme: certificate == nil ? "http" : "https")
  }

  /// The URL of a repository, for instance `http://127.0.0.1:4711/link.git`; of the server itself without a name.
  public func url(_ repository: String = "", host: String = "127.0.0.1") -> String {
    "\(scheme)://\(host):\(port)" + (repository.isEmpty ? "" : "/\(repository)")
  }

  /// Ends the server and waits for it.
  public func stop() { script.stop() }
}
