internal import AsyncHTTPClient
internal import FoundationEssentials
internal import Glibc
public import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOPosix
internal import NIOSSL
internal import Platform
internal import Synchronization

/// HTTP as Pinion speaks it: bounded in time, retried where that can help, credentials bound to one origin, through the
/// proxy that the user's settings name.
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
    /// Whether no server is asked for anything.
    public var isOffline = false

    /// The defaults: 10 s to connect, 30 s without a byte, three attempts.
    public init() {}
  }

  private let settings: Settings
  private let trustedCertificates: String?
  private let proxies: ProxySettings
  /// One for each proxy, and one for what goes straight to its server.
  private let clients = Mutex<[ProxySettings.Proxy?: HTTPClient]>([:])

  /// Creates a client. `trustedCertificates` is a PEM file used instead of the system's (`SSL_CERT_FILE`).
  public init(settings: Settings = Settings(), trustedCertificates: String? = nil, proxies: ProxySettings = .none) {
    self.settings = settings
    self.trustedCertificates = trustedCertificates
    self.proxies = proxies
  }

  /// Whether every request fails without a server being asked.
  public var isOffline: Bool { settings.isOffline }

  /// Closes all connections. The client is of no use afterwards.
  public func shutdown() async {
    let running = clients.withLock { clients in
      defer { clients = [:] }
      return Array(clients.values)
    }
    for client in running { try? await client.shutdown() }
  }

  private func started(_ proxy: ProxySettings.Proxy?) -> HTTPClient {
    clients.withLock { clients in
      if let client = clients[proxy] { return client }
      var configuration = HTTPClient.Configuration(
        // Followed by `follow`, since another server may be behind another proxy.
        redirectConfiguration: .disallow,
        timeout: .init(connect: .seconds(settings.connectTimeout), read: .seconds(settings.readTimeout)),
        decompression: .enabled(limit: .size(256 << 20)))
      // Tried again by `get` alone, whose pauses and number of attempts are known.
      configuration.connectionPool.retryConnectionEstablishment = false
      if let trustedCertificates {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(trustedCertificates)
        configuration.tlsConfiguration = tls
      }
      if let proxy {
        let authorization = proxy.credentials.map {
          HTTPClient.Authorization.basic(username: $0.username, password: $0.password)
        }
        let host = proxy.host.hasPrefix("[") ? String(proxy.host.dropFirst().dropLast()) : proxy.host
        configuration.proxy = .server(host: host, port: proxy.port, authorization: authorization)
      }
      let fresh = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      clients[proxy] = fresh
      return fresh
    }
  }

  /// The proxy for a URL. Throws `usage` when the setting is none.
  private func proxy(for url: URL?) throws(Failure) -> ProxySettings.Proxy? {
    guard let url, let scheme = url.scheme?.lowercased(), let host = url.host() else { return nil }
    return try proxies.proxy(scheme: scheme, host: host, port: url.port)
  }

  /// The answer behind up to five redirects. Credentials stay with the origin that they are for.
  func follow(_ first: HTTPClientRequest) async throws -> HTTPClientResponse {
    var request = first
    var url = URL(string: first.url)
    for _ in 0...5 {
      let response = try await execute(request)
      guard [301, 302, 303, 307, 308].contains(response.status.code),
        let location = response.headers.first(name: "location"),
        let next = URL(string: location, relativeTo: url)?.absoluteURL, ["http", "https"].contains(next.scheme)
      else { return response }
      if WebClient.origin(next) != WebClient.origin(url) { request.headers.remove(name: "authorization") }
      request.url = next.absoluteString
      url = next
    }
    throw Failure(
      .indexUnreachable, "the server sends on and on", at: .url(first.url),
      because: "it was followed five times", hint: "write the address that it should end at")
  }

  /// The answer to one request, as it is. Throws what the connection does.
  func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
    let proxy = try proxy(for: URL(string: request.url))
    do { return try await started(proxy).execute(request, timeout: .hours(6)) } catch let error
      where WebClient.isConnectionError(error)
    {
      guard let proxy else { throw error }
      throw BehindProxy(proxy: proxy, error: error)
    }
  }

  private static func origin(_ url: URL?) -> [String] {
    guard let url else { return [] }
    let scheme = url.scheme?.lowercased() ?? ""
    return [scheme, url.host()?.lowercased() ?? "", "\(url.port ?? (scheme == "https" ? 443 : 80))"]
  }

  /// A connection error on the way through a proxy, which may well be the one to blame.
  private struct BehindProxy: Error {
    var proxy: ProxySettings.Proxy
    var error: any Error
  }

  /// Sends a GET and hands the answer to `body` as soon as its head is there.
  ///
  /// Connection failures and answers 429, 500, 502, 503 and 504 are tried again, with growing pauses, or after as many seconds
  /// as `Retry-After` says, until `attempts` is reached; `body` sees the last answer whatever its status. Throws `indexUnreachable` without an answer, and what
  /// `body` throws: what breaks off in the middle of an answer is for whoever reads it to tell of. Offline, no server is
  /// asked.
  public func get<Result: Sendable>(
    _ url: String, headers: [(String, String)] = [], credentials: Credentials? = nil,
    body: @Sendable (WebResponse) async throws -> Result
  ) async throws -> Result {
    guard !settings.isOffline else { throw WebClient.notAsked(url) }
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "user-agent", value: "pinion")
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let credentials {
      request.setBasicAuth(username: credentials.username, password: credentials.password)
    }
    var attempt = 1
    while true {
      var answer: HTTPClientResponse?
      var wished: Int?
      do {
        let response = try await follow(request)
        let isBusy = [429, 500, 502, 503, 504].contains(response.status.code)
        wished = isBusy ? response.headers.first(name: "retry-after").flatMap { Int($0) } : nil
        // Nobody sits in front of a program for longer, whatever the server wishes.
        let isTooLong = (wished ?? 0) > WebClient.longestWish
        if !isBusy || isTooLong || attempt >= settings.attempts { answer = response }
      } catch let error as Failure {
        throw error
      } catch let error where WebClient.isConnectionError(error) {
        if attempt >= settings.attempts { throw WebClient.unreachable(url, error) }
      }
      if let answer { return try await body(WebResponse(answer)) }
      let pause = 200 * attempt * attempt + Int.random(in: 0..<100)
      try await Task.sleep(for: .milliseconds(max(pause, (wished ?? 0) * 1000)))
      attempt += 1
    }
  }

  /// The longest wait, in seconds, that a server's `Retry-After` (RFC 9110, section 10.2.3) is obeyed in.
  private static let longestWish = 60

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
      return WebDocument(status: response.status, bytes: bytes, headers: response.headers)
    }
  }

  /// What is said offline of something that is not at hand.
  public static func notAsked(_ url: String) -> Failure {
    Failure(
      .indexUnreachable, "this is not on this machine, and no server is asked for it", at: .url(url),
      because: "--offline was given, or PINION_OFFLINE is set",
      hint: "run the same command once without it: what it needs is kept")
  }

  static func isConnectionError(_ error: any Error) -> Bool {
    error is BehindProxy || error is HTTPClientError || error is IOError || error is NIOConnectionError
      || error is NIOSSLError
      || error is ChannelError || error is HTTPParserError || error is NIOSSLExtraError
  }

  static func unreachable(_ url: String, _ error: any Error) -> Failure {
    if let behind = error as? BehindProxy {
      return Failure(
        .indexUnreachable, "could not reach the server through the proxy \(behind.proxy)", at: .url(url),
        because: explanation(of: behind.error),
        hint: "check HTTPS_PROXY and HTTP_PROXY, or name the server's host in NO_PROXY if it needs no proxy",
        retryable: true)
    }
    return Failure(
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
    case let error as BehindProxy: return explanation(of: error.error)
    case let error as NIOConnectionError:
      if let first = error.connectionErrors.first { return explanation(of: first.error) }
      return "the name \(error.host) could not be found"
    case let error as IOError:
      return strerror(error.errnoCode).map { String(cString: $0) } ?? error.description
    case let error as HTTPClientError: return error.description
    case is Transfer.Restart: return "the server sends neither the rest nor the whole"
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

  /// The first header of each name, names in lower case.
  var headers: [String: String] {
    Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// Hands over the body in pieces.
  public func forEachChunk(
    isolation: isolated (any Actor)? = #isolation, _ body: ([UInt8]) async throws -> Void
  ) async throws {
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
  /// The first header of each name, names in lower case.
  public var headers: [String: String]

  /// Creates an answer.
  public init(status: Int, bytes: [UInt8], headers: [String: String] = [:]) {
    self.status = status
    self.bytes = bytes
    self.headers = headers
  }

  /// What the server says the body is.
  public var contentType: String? { headers["content-type"] }
}
