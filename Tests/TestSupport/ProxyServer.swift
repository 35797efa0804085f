internal import Model
internal import Platform

/// A real HTTP proxy on loopback that knows CONNECT, and leads hosts that do not exist to servers of the test.
public final class ProxyServer: Sendable {
  private let script: LoopbackScript
  private let log: String

  /// The port that it listens on.
  public var port: Int { script.port }

  private init(script: LoopbackScript, log: String) {
    self.script = script
    self.log = log
  }

  /// Starts a proxy.
  ///
  /// - Parameters:
  ///   - routes: `host:port` and the port on loopback that stands for it; other hosts are refused.
  ///   - token: what must be given as the user name or the password; nil lets everybody through.
  ///   - log: a file that gets one line a request.
  public static func start(routes: [String: Int], token: String? = nil, log: String) throws -> ProxyServer {
    var arguments = ["--log", log]
    for (host, port) in routes.sorted(by: { $0.key < $1.key }) { arguments += ["--route", "\(host)=\(port)"] }
    if token != nil { arguments.append("--token-stdin") }
    return ProxyServer(script: try LoopbackScript.start("connect-proxy.py", arguments, firstLine: token), log: log)
  }

  /// What it was asked for: `CONNECT host:port with-credentials`.
  public func requests() throws -> [String] {
    String(decoding: try Files.readIfPresent(log) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Its address, with user info where given.
  public func url(userInfo: String? = nil) -> String { "http://\(userInfo.map { "\($0)@" } ?? "")127.0.0.1:\(port)" }

  /// Ends the proxy and waits for it.
  public func stop() { script.stop() }
}

/// A certificate for hosts that do not exist, made by openssl(1) for one test.
public enum TestCertificate {
  /// Whether openssl is there.
  public static let isAvailable = Files.isExecutable("/usr/bin/openssl")

  /// Why tests are skipped where it is not.
  public static let absence = "this test needs openssl(1) to make a certificate"

  /// Makes key and certificate, both in one PEM file, which serves as the trusted authority as well.
  public static func make(for hosts: [String], at path: String) async throws {
    let names = hosts.map { "DNS:\($0)" }.joined(separator: ",")
    let result = try await ChildProcess.run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(hosts.first ?? "test")",
        "-addext", "subjectAltName=\(names)", "-keyout", "\(path).key", "-out", "\(path).crt",
      ], environment: ["PATH": "/usr/bin:/bin"], deadline: 60)
    guard result.status == 0 else {
      throw Failure(.io, "openssl made no certificate", at: .path(path), because: result.lastWords())
    }
    try Files.write(try Files.read("\(path).key") + Files.read("\(path).crt"), to: path, mode: 0o600)
  }
}
