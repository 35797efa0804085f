internal import Model
internal import Platform

/// An application on loopback that says how it does, and is told of changes.
public final class ApplicationServer: Sendable {
  private let script: LoopbackScript
  private let root: String

  /// The port that it listens on.
  public var port: Int { script.port }

  private init(script: LoopbackScript, root: String) {
    self.script = script
    self.root = root
  }

  /// Starts one whose files are in a directory, which is made.
  public static func start(_ root: String) throws -> ApplicationServer {
    try Files.makeDirectory(root)
    return ApplicationServer(script: try LoopbackScript.start("application.py", ["--root", root]), root: root)
  }

  /// Its address, with user info where given.
  public func url(_ path: String = "/health", userInfo: String? = nil) -> String {
    "http://\(userInfo.map { "\($0)@" } ?? "")127.0.0.1:\(port)\(path)"
  }

  /// With which status it answers from now on; of several each is for one answer, and the last one stays.
  public func answer(_ statuses: Int...) throws {
    try Files.replace("\(root)/status", with: Array(statuses.map(String.init).joined(separator: " ").utf8))
  }

  /// With which status it answers what it is told.
  public func answerPosts(_ status: Int) throws { try Files.replace("\(root)/post", with: Array("\(status)".utf8)) }

  /// One request.
  public struct Request: Sendable, Decodable {
    /// `GET` or `POST`.
    public var method: String
    /// What was asked for.
    public var path: String
    /// `user:password`; empty without.
    public var login: String
    /// What was sent along.
    public var body: String
  }

  /// What it was asked and told, in order.
  public func requests() throws -> [Request] {
    (try Files.readIfPresent("\(root)/requests") ?? []).split(separator: 10).compactMap {
      JSONText.value(Request.self, from: Array($0))
    }
  }

  /// Ends it and waits for it.
  public func stop() { script.stop() }
}
