internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore
internal import Network
internal import Platform
internal import Synchronization

/// The one index that uv sees: on loopback, without credentials, routing each name to the index it comes from.
///
/// `/simple/NAME/` is the page as the indexes have it; `/base/simple/NAME/` the same with the base's distributions as
/// stubs; `/files/SCHEME/HOST/PATH` a package file, with credentials added on the way.
final class LoopbackIndex: Sendable {
  /// What the index serves from.
  struct Sources: Sendable {
    /// Which index serves which name.
    var routes: IndexRoutes
    /// What stands in the base.
    var base: [BaseDistribution]
    /// What servers are given.
    var credentials: IndexCredentials
  }

  private let sources: Sources
  private let secret: String
  private let client: WebClient
  private let stubs: [PackageName: BaseDistribution]
  private let failures = Mutex<[Diagnostic]>([])
  /// Indexes that could not be reached: they are not waited for again.
  private let unreachable = Mutex<Set<PackageIndex>>([])

  /// The index that answered for each name.
  private let answering = Mutex<[PackageName: PackageIndex]>([:])

  /// The index that a distribution came from, without user info.
  func origin(of name: PackageName) -> String {
    (answering.withLock { $0[name] } ?? sources.routes.indexes.first)?.url.description ?? ""
  }

  /// What is answered when an index behind failed: a status that uv does not try again.
  private static let gaveUp = HTTPError(.init(code: 424))
  private let address = Mutex(LoopbackAddress(root: ""))

  private init(sources: Sources, client: WebClient, secret: String) {
    self.secret = secret
    self.sources = sources
    self.client = client
    stubs = Dictionary(sources.base.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What went wrong with the indexes behind while it served: uv sees a status alone.
  var complaints: [Diagnostic] { failures.withLock { $0 } }

  /// Where it listens.
  var location: LoopbackAddress { address.withLock { $0 } }

  /// Serves as long as `body` runs. The port is kept per state directory, since uv keys its cache by URL.
  static func serve<Result: Sendable>(
    _ sources: Sources, client: WebClient, portFile: String,
    body: @Sendable @escaping (LoopbackIndex) async throws -> Result
  ) async throws -> Result {
    // `PORT SECRET`; for this user's eyes alone.
    let words = (try? Files.read(portFile)).map { String(decoding: $0, as: UTF8.self).split(separator: " ") } ?? []
    let kept = words.first.flatMap { Int($0) }
    let secret = words.count == 2 ? String(words[1]) : String(UInt64.random(in: .min ... .max), radix: 36)
    let index = LoopbackIndex(sources: sources, client: client, secret: secret)
    for port in [kept ?? 0, 0] {
      do {
        return try await index.run(port: port, portFile: portFile, body: body)
      } catch is PortTaken {
        continue
      }
    }
    throw Failure(.io, "could not listen on loopback", hint: "check that this process may open sockets on 127.0.0.1")
  }

  private struct PortTaken: Error {}

  private func run<Result: Sendable>(
    port: Int, portFile: String, body: @Sendable @escaping (LoopbackIndex) async throws -> Result
  ) async throws -> Result {
    let (ready, signal) = AsyncStream.makeStream(of: Int.self)
    let application = Application(
      responder: router().buildResponder(),
      configuration: .init(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in
        signal.yield(channel.localAddress?.port ?? 0)
        signal.finish()
      },
      logger: Logger(label: "loopback-index", factory: { _ in SwiftLogNoOpLogHandler() }))
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        do {
          try await application.run()
        } catch let error where !(error is CancellationError) {
          signal.finish()
          throw port == 0 ? error : PortTaken()
        }
        return nil
      }
      group.addTask { [self] in
        var found: Int?
        for await bound in ready { found = bound }
        guard let found else { return nil }
        address.withLock { $0 = LoopbackAddress(root: "http://127.0.0.1:\(found)/\(secret)") }
        if found != port {
          try Files.makeDirectory(portFile.parentPath)
          try Files.replace(portFile, with: Array("\(found) \(secret)".utf8), mode: 0o600)
        }
        return try await body(self)
      }
      defer { group.cancelAll() }
      while let outcome = try await group.next() {
        if let outcome { return outcome }
      }
      throw PortTaken()
    }
  }

  private func router() -> Router<BasicRequestContext> {
    let router = Router()
    // Whoever does not know the segment gets nothing: other users of this machine reach the port, too.
    let root = router.group("\(secret)")
    root.get("simple/:name") { _, context in try await self.page(context, stubs: [:]) }
    root.get("base/simple/:name") { _, context in try await self.page(context, stubs: self.stubs) }
    root.get("stub/:name/:file") { _, context in try self.stubFile(context) }
    root.get("files/**") { request, _ in try await self.file(request) }
    return router
  }

  // MARK: Pages

  private func page(_ context: BasicRequestContext, stubs: [PackageName: BaseDistribution]) async throws -> Response {
    guard let name = context.parameters.get("name").flatMap({ PackageName($0) }) else {
      return Response(status: .notFound)
    }
    let stub = stubs[name]
    // What stands in the base under a direct reference is not what an index has under the same name.
    let upstream = stub?.isDirect == true ? nil : try await upstreamPage(of: name)
    guard let stub else {
      guard let upstream else { return Response(status: .notFound) }
      return try answer(rewritten(upstream.document, of: name, at: upstream.url), cacheControl: "no-cache")
    }
    var page =
      try upstream.map { try parsed($0.document, of: name, at: $0.url) } ?? SimplePage(name: name.text, files: [])
    let version = Version(stub.version)
    page.files.removeAll {
      WheelName($0.filename)?.version == version || SimplePage.sdistVersion($0.filename, of: name) == version
    }
    let file = stub.stubFileName
    page.files.append(
      SimplePage.File(
        filename: file, url: "\(location.root)/stub/\(name)/\(file)",
        hashes: ["sha256": Digest.sha256(stub.stubMetadata)], coreMetadata: .bool(true)))
    return try answer(page.encoded(), cacheControl: "no-store")
  }

  private func answer(_ bytes: [UInt8], cacheControl: String) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "application/vnd.pypi.simple.v1+json", .cacheControl: cacheControl],
      body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  private func upstreamPage(of name: PackageName) async throws -> (document: WebDocument, url: String)? {
    for index in sources.routes.route(of: name).indexes {
      let url = "\(index.url)/\(name)/"
      if unreachable.withLock({ $0.contains(index) }) { throw LoopbackIndex.gaveUp }
      do {
        let document = try await client.getAll(
          url,
          headers: [
            (
              "accept",
              "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
            )
          ], credentials: try sources.credentials.credentials(of: index))
        switch document.status {
        case 200:
          answering.withLock { $0[name] = index }
          return (document, url)
        case 404, 410: continue
        case 401, 403:
          note(
            Diagnostic(
              .indexRefused, "the package index refused the request", at: .url(url), because: "HTTP \(document.status)",
              hint: index.url.userInfo == nil
                ? "give it credentials: url: https://${INDEX_TOKEN}@…" : "check the token or password of this index"))
          throw LoopbackIndex.gaveUp
        default:
          note(
            Diagnostic(
              .indexUnreachable, "the package index did not answer properly", at: .url(url),
              because: "HTTP \(document.status)", retryable: true))
          throw LoopbackIndex.gaveUp
        }
      } catch let failure as Failure {
        // Pages are asked for side by side: the first that finds out speaks for all.
        if unreachable.withLock({ $0.insert(index).inserted }) { failure.diagnostics.forEach(note) }
        throw LoopbackIndex.gaveUp
      }
    }
    return nil
  }

  private func note(_ diagnostic: Diagnostic) {
    failures.withLock { known in
      if !known.contains(diagnostic) { known.append(diagnostic) }
    }
  }

  private func parsed(_ document: WebDocument, of name: PackageName, at url: String) throws -> SimplePage {
    var page: SimplePage
    if document.contentType?.contains("json") == true {
      guard let read = SimplePage.json(document.bytes) else {
        note(Diagnostic(.indexUnreachable, "the package index sent a page that is not readable", at: .url(url)))
        throw LoopbackIndex.gaveUp
      }
      page = read
    } else {
      page = SimplePage.html(document.bytes, name: name.text)
    }
    for number in page.files.indices {
      page.files[number].url = location.local(LoopbackAddress.absolute(page.files[number].url, on: url))
    }
    return page
  }

  /// The page with every file's URL leading here. Pages of large indexes have megabytes: where the JSON has plain
  /// absolute URLs, as it nearly always has, they are replaced in place without reading the rest.
  private func rewritten(_ document: WebDocument, of name: PackageName, at url: String) throws -> [UInt8] {
    if document.contentType?.contains("json") == true, let quick = quicklyRewritten(document.bytes) { return quick }
    return try parsed(document, of: name, at: url).encoded()
  }

  private func quicklyRewritten(_ bytes: [UInt8]) -> [UInt8]? {
    let key = Array("\"url\"".utf8)
    let prefix = Array("\(location.root)/files/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 4)
    var position = 0
    var copied = 0
    while position + key.count < bytes.count {
      guard bytes[position] == key[0], bytes[position + 1] == key[1],
        bytes[position..<position + key.count].elementsEqual(key)
      else {
        position += 1
        continue
      }
      var start = position + key.count
      while start < bytes.count, bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: ":") { start += 1 }
      guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else { return nil }
      start += 1
      let scheme = bytes[start...].prefix {
        $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
      }
      let behind = scheme.endIndex
      guard scheme.elementsEqual("https".utf8) || scheme.elementsEqual("http".utf8), behind + 2 < bytes.count,
        bytes[behind] == UInt8(ascii: ":"), bytes[behind + 1] == UInt8(ascii: "/"),
        bytes[behind + 2] == UInt8(ascii: "/")
      else { return nil }
      result += bytes[copied..<start]
      result += prefix
      result += scheme
      result.append(UInt8(ascii: "/"))
      copied = behind + 3
      position = copied
    }
    return result + bytes[copied...]
  }

  private func stubFile(_ context: BasicRequestContext) throws -> Response {
    guard let name = context.parameters.get("name").flatMap({ PackageName($0) }), let stub = stubs[name],
      context.parameters.get("file")?.hasSuffix(".metadata") == true
    else { return Response(status: .notFound) }
    return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: stub.stubMetadata)))
  }

  // MARK: Files

  private func file(_ request: Request) async throws -> Response {
    let target = request.uri.string.dropFirst("/\(secret)/files/".count)
    guard let url = LoopbackAddress.remote(path: target) else { return Response(status: .notFound) }
    let credentials = try credentials(for: url)
    let range = request.headers[.range].map { [("range", $0)] } ?? []
    let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
    // The head must be known before the answer begins; the body follows as it comes.
    let (heads, head) = AsyncThrowingStream.makeStream(of: Response.self)
    let transfer = Task { [client] in
      do {
        try await client.get(url, headers: range, credentials: credentials) { answer in
          var fields = HTTPFields()
          for name in ["content-length", "content-range", "content-type", "accept-ranges", "etag", "cache-control"] {
            if let value = answer.header(name), let field = HTTPField.Name(name) { fields[field] = value }
          }
          // A decompressed body has another length than the head says.
          if answer.header("content-encoding") != nil { fields[.contentLength] = nil }
          head.yield(
            Response(
              status: .init(code: answer.status), headers: fields, body: ResponseBody(asyncSequence: stream)))
          head.finish()
          try await answer.forEachChunk { continuation.yield(ByteBuffer(bytes: $0)) }
        }
        continuation.finish()
      } catch {
        head.finish(throwing: LoopbackIndex.gaveUp)
        continuation.finish()
      }
    }
    continuation.onTermination = { _ in transfer.cancel() }
    for try await response in heads { return response }
    throw LoopbackIndex.gaveUp
  }

  private func credentials(for url: String) throws -> Credentials? {
    try sources.credentials.credentials(for: url)
  }
}

extension SimplePage {
  /// The version in an sdist's file name (PEP 625 and the older forms); nil when it is no sdist of that name.
  static func sdistVersion(_ fileName: String, of name: PackageName) -> Version? {
    for ending in [".tar.gz", ".zip", ".tar.bz2"] where fileName.hasSuffix(ending) {
      let stem = fileName.dropLast(ending.count)
      guard let dash = stem.lastIndex(of: "-"), PackageName(stem[..<dash]) == name else { return nil }
      return Version(stem[stem.index(after: dash)...])
    }
    return nil
  }
}

extension BaseDistribution {
  /// The name of the wheel that stands for it.
  var stubFileName: String {
    let version = Version(self.version)?.description ?? self.version
    return "\(name.text.replacing("-", with: "_"))-\(version.replacing("-", with: "_"))-py3-none-any.whl"
  }

  /// Its METADATA without what it requires unconditionally: the base is taken as it is, also where it is not complete.
  /// What extras ask for stays, since a module may ask for an extra that the base was installed without.
  var stubMetadata: String {
    var lines: [Substring] = []
    for line in metadata.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty || line == "\r" { break }
      let isRequirement = line.lowercased().hasPrefix("requires-dist:")
      if isRequirement && !line.contains("extra") { continue }
      if line.lowercased().hasPrefix("requires-python:") || line.lowercased().hasPrefix("dynamic:") { continue }
      lines.append(line)
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
