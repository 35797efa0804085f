internal import AsyncHTTPClient
internal import FoundationEssentials
public import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Platform

/// Servers of the user's own, which are asked how they do or told of something: once, and with a deadline.
///
/// That is also done offline, where nothing is fetched: such a server is mostly on this machine.
extension WebClient {
  /// Sends a GET and takes the whole answer, behind redirects, whatever its status. `limit` bounds what is read of it.
  ///
  /// Throws `indexUnreachable` without an answer in time.
  public func ask(
    _ url: String, credentials: Credentials? = nil, deadline: Double, limit: Int = 1 << 20
  ) async throws -> WebDocument {
    let request = request(url, .GET, credentials)
    return try await within(deadline, url) { [self] in
      try await WebClient.document(try await follow(request), url, limit: limit)
    }
  }

  /// Sends a POST with a JSON document. Redirects are not followed: what is sent is meant for that server.
  ///
  /// Throws `indexUnreachable` without an answer in time.
  public func post(
    _ url: String, json: [UInt8], credentials: Credentials? = nil, deadline: Double
  ) async throws -> WebDocument {
    var request = request(url, .POST, credentials)
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: json))
    let complete = request
    return try await within(deadline, url) { [self] in
      try await WebClient.document(try await execute(complete), url, limit: 1 << 20)
    }
  }

  /// Connects to a port, and hangs up. Throws `indexUnreachable`.
  public func connect(toHost host: String, port: Int, deadline: Double) async throws {
    let place = "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    try await within(deadline, place) {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.milliseconds(Int64(min(deadline, 86_400) * 1000)))
        .connect(host: host, port: port).get()
      try? await channel.close()
    }
  }

  private func request(_ url: String, _ method: HTTPMethod, _ credentials: Credentials?) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: url)
    request.method = method
    request.headers.add(name: "user-agent", value: "pinion")
    if let credentials { request.setBasicAuth(username: credentials.username, password: credentials.password) }
    return request
  }

  /// As much of an answer as is wanted; the rest is not waited for.
  private static func document(_ answer: HTTPClientResponse, _ url: String, limit: Int) async throws -> WebDocument {
    let response = WebResponse(answer)
    var bytes: [UInt8] = []
    for try await buffer in answer.body {
      bytes.append(contentsOf: buffer.readableBytesView.prefix(limit - bytes.count))
      if bytes.count >= limit { break }
    }
    return WebDocument(status: response.status, bytes: bytes, headers: response.headers)
  }

  private func within<Result: Sendable>(
    _ deadline: Double, _ url: String, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let outcome: Result? = try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        do { return try await body() } catch let error where WebClient.isConnectionError(error) {
          throw WebClient.unreachable(url, error)
        }
      }
      group.addTask {
        try await Task.sleep(for: .seconds(deadline))
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
    if let outcome { return outcome }
    try Task.checkCancellation()
    throw Failure(
      .indexUnreachable, "the server did not answer in time", at: .url(url),
      because: "it had \(HealthCheck.text(deadline))", retryable: true)
  }
}
