internal import Model
internal import Platform

/// A package index on loopback that serves wheels which the test describes, and real ones that lie in its directory.
public final class IndexServer: Sendable {
  /// What the index leaves out.
  public struct Options: Sendable {
    /// HTML pages only (PEP 503), as simple servers have them.
    public var isHTMLOnly = false
    /// Pages without hashes.
    public var hasHashes = true
    /// Metadata of its own for each wheel (PEP 658).
    public var hasMetadata = true
    /// For how many seconds pages may be kept without asking again; nil where the server says nothing of it.
    public var maxAge: Int?
    /// What must be given as the user name or the password; nil lets everybody in.
    public var token: String?
    /// Whether it is several indexes, each with a token of its own: see `package-index.py`.
    public var hasAreas = false
    /// Certificate and key in PEM; with them it speaks TLS.
    public var certificate: String?

    /// Everything there is, for everybody.
    public init() {}
  }

  private let script: LoopbackScript
  /// The directory with the wheels and descriptions.
  public let root: String
  private let log: String

  /// The port that it listens on.
  public var port: Int { script.port }

  private init(script: LoopbackScript, root: String, log: String) {
    self.script = script
    self.root = root
    self.log = log
  }

  /// Serves a directory, made if need be. The request log stands beside it.
  public static func start(root: String, port: Int = 0, options: Options = Options()) throws -> IndexServer {
    try Files.makeDirectory(root)
    let log = "\(root).log"
    var arguments = ["--root", root, "--log", log, "--port", "\(port)"]
    if options.token != nil { arguments.append("--token-stdin") }
    if let certificate = options.certificate { arguments += ["--certificate", certificate] }
    if let seconds = options.maxAge { arguments += ["--max-age", "\(seconds)"] }
    if options.hasAreas { arguments.append("--areas") }
    if options.isHTMLOnly { arguments.append("--html-only") }
    if !options.hasHashes { arguments.append("--no-hashes") }
    if !options.hasMetadata { arguments.append("--no-metadata") }
    let script = try LoopbackScript.start("package-index.py", arguments, firstLine: options.token)
    return IndexServer(script: script, root: root, log: log)
  }

  /// Serves every scenario of a directory of TOML files as an index of its own: see `scenarios.py`.
  public static func start(scenarios directory: String) throws -> IndexServer {
    let script = try LoopbackScript.start("package-index.py", ["--scenarios", directory])
    return IndexServer(script: script, root: directory, log: "/dev/null")
  }

  /// The root of the simple API of one scenario.
  public func url(ofScenario name: String) -> String { "http://127.0.0.1:\(port)/\(name)/simple" }

  /// The root of its simple API; with user info where given.
  public func url(userInfo: String? = nil) -> String {
    "http://\(userInfo.map { "\($0)@" } ?? "")127.0.0.1:\(port)/simple"
  }

  /// Puts releases on the index, in place of the same ones.
  public func publish(_ projects: PythonProject...) throws { try publish(projects) }

  /// Puts releases on the index, in place of the same ones.
  public func publish(_ projects: [PythonProject]) throws {
    for project in projects {
      try Files.replace("\(root)/\(project.name)-\(project.version).json", with: Array(try project.json().utf8))
    }
  }

  /// Takes a release off the index.
  public func withdraw(_ name: String, _ version: String) throws {
    try Files.remove("\(root)/\(name)-\(version).json")
  }

  /// The requests so far: `GET /simple/alpha/ 200 without-credentials`.
  public func requests() throws -> [String] {
    String(decoding: try Files.readIfPresent(log) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// How an answer breaks.
  public enum Break: String, Sendable, CaseIterable {
    /// The connection is closed in the middle of it.
    case cut
    /// The connection is closed in place of it.
    case closed
    /// The server has no time: status 503.
    case busy
  }

  /// Breaks the answer of that number from now on, counted from 1, and with `lasts` all that follow; nil breaks none any more.
  public func breaks(_ kind: Break?, at number: Int = 0, lasts: Bool = false) throws {
    guard let kind else { return try Files.remove("\(root)/break") }
    // Other bytes each time: the server counts anew with them.
    let id = UInt64.random(in: .min ... .max)
    try Files.replace(
      "\(root)/break",
      with: Array(#"{"at": \#(number), "lasts": \#(lasts), "kind": "\#(kind.rawValue)", "id": "\#(id)"}"#.utf8))
  }

  /// Ends the server and waits for it.
  public func stop() { script.stop() }
}
