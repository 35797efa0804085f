internal import AsyncHTTPClient
internal import Glibc
public import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOPosix
internal import NIOSSL
internal import Platform
internal import Synchronization

/// HTTP as Pinion speaks it: bounded in time, retried where that can help, credentials bound to one origin.
///
/// The client behind it starts its threads with the first request, so that commands which need no network do not pay.
public final class WebClient: Sendable {
  /// The settings of all requests.
  public struct Settings: Sendable {
    /// Seconds until a connection must stand.
    public var connectTimeout: Int64 = 10
    /// Seconds without a byte after which a transfer is given up.
    public var readTimeout: Int64 = 30
    /// How often a request is tried in all.
    public var attempts = 3

    /// The defaults: 10 s to connect, 30 s without a byte, three attempts.
    public init() {}
  }

  private let settings: Settings
  private let trustedCertificates: String?
  private let client = Mutex<HTTPClient?>(nil)

  /// Creates a client. `trustedCertificates` is a PEM file used instead of the system's (`SSL_CERT_FILE`).
  public init(settings: Settings = Settings(), trustedCertificates: String? = nil) {
    self.settings = settings
    self.trustedCertificates = trustedCertificates
  }

  /// Closes all connections. The client is of no use afterwards.
  public func shutdown() async {
    let running = client.withLock { slot in
      defer { slot = nil }
      return slot
    }
    try? await running?.shutdown()
  }

  private func started() -> HTTPClient {
    client.withLock { slot in
      if let slot { return slot }
      var configuration = HTTPClient.Configuration(
        redirectConfiguration: .follow(max: 5, allowCycles: false),
        timeout: .init(connect: .seconds(settings.connectTimeout), read: .seconds(settings.readTimeout)),
        decompression: .enabled(limit: .size(256 << 20)))
      // Tried again by `get` alone, whose pauses and number of attempts are known.
      configuration.connectionPool.retryConnectionEstablishment = false
      if let trustedCertificates {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(trustedCertificates)
        configuration.tlsConfiguration = tls
      }
      let fresh = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      slot = fresh
      return fresh
    }
  }

  /// Sends a GET and hands the answer to `body` as soon as its head is there.
  ///
  /// Connection failures and answers 429, 500, 502, 503 and 504 are tried again, with growing pauses, until `attempts`
  /// is reached; `body` sees the last answer whatever its status. Throws `indexUnreachable` without an answer.
  public func get<Result: Sendable>(
    _ url: String, headers: [(String, String)] = [], credentials: Credentials? = nil,
    body: @Sendable (WebResponse) async throws -> Result
  ) async throws -> Result {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "user-agent", value: "pinion")
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let credentials {
      request.setBasicAuth(username: credentials.username, password: credentials.password)
    }
    var attempt = 1
    while true {
      do {
        let response = try await started().execute(request, timeout: .hours(6))
        let isBusy = [429, 500, 502, 503, 504].contains(response.status.code)
        if !isBusy || attempt >= settings.attempts { return try await body(WebResponse(response)) }
      } catch let error as Failure {
        throw error
      } catch let error where !(error is CancellationError) && WebClient.isConnectionError(error) {
        if attempt >= settings.attempts { throw WebClient.unreachable(url, error) }
      }
      try await Task.sleep(for: .milliseconds(200 * attempt * attempt + Int.random(in: 0..<100)))
      attempt += 1
    }
  }

  /// Gets a whole answer. Throws `indexUnreachable`; an answer of any status is returned.
  public func getAll(
    _ url: String, headers: [(String, String)] = [], credentials: Credentials? = nil, limit: Int = 256 << 20
  ) async throws -> WebDocument {
    try await get(url, headers: headers, credentials: credentials) { response in
      var bytes: [UInt8] = []
      do {
        try await response.forEachChunk { chunk in
          guard bytes.count + chunk.count <= limit else {
            throw Failure(.indexUnreachable, "the answer is larger than \(limit) bytes", at: .url(url))
          }
          bytes.append(contentsOf: chunk)
        }
      } catch let error where WebClient.isConnectionError(error) {
        throw WebClient.unreachable(url, error)
      }
      return WebDocument(status: response.status, bytes: bytes, contentType: response.header("content-type"))
    }
  }

  static func isConnectionError(_ error: any Error) -> Bool {
    error is HTTPClientError || error is IOError || error is NIOConnectionError || error is NIOSSLError
      || error is ChannelError || error is HTTPParserError || error is NIOSSLExtraError
  }

  static func unreachable(_ url: String, _ error: any Error) -> Failure {
    Failure(
      .indexUnreachable, "could not reach the server", at: .url(url), because: explanation(of: error),
      hint: "check that the address is right and that this host can reach it", retryable: true)
  }

  /// The failure behind an error in the middle of a body; nil when the connection is not to blame.
  public static func brokenOff(_ url: String, _ error: any Error) -> Failure? {
    guard isConnectionError(error) else { return nil }
    return Failure(
      .downloadFailed, "the download broke off", at: .url(url), because: explanation(of: error),
      hint: "run the same command again", retryable: true)
  }

  /// A library's error in a few words.
  static func explanation(of error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first { return explanation(of: first.error) }
      return "the name \(error.host) could not be found"
    case let error as IOError:
      return strerror(error.errnoCode).map { String(cString: $0) } ?? error.description
    case let error as HTTPClientError: return error.description
    default: return "\(error)"
    }
  }
}

/// An answer whose body is still to come.
public struct WebResponse: Sendable {
  private let response: HTTPClientResponse

  init(_ response: HTTPClientResponse) {
    self.response = response
  }

  /// The HTTP status code.
  public var status: Int { Int(response.status.code) }

  /// The first header of that name.
  public func header(_ name: String) -> String? { response.headers.first(name: name) }

  /// Hands over the body in pieces.
  public func forEachChunk(_ body: ([UInt8]) async throws -> Void) async throws {
    for try await buffer in response.body {
      try await body(Array(buffer.readableBytesView))
    }
  }
}

/// An answer as a whole.
public struct WebDocument: Sendable {
  /// The HTTP status code.
  public var status: Int
  /// The body.
  public var bytes: [UInt8]
  /// What the server says it is.
  public var contentType: String?
}
