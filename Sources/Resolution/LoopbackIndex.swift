internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore
internal import Network
internal import Platform
internal import ServiceLifecycle
internal import Synchronization

/// The one index that uv sees: on loopback, without credentials, routing each name to the index it comes from.
///
/// `/simple/NAME/` is the page as the indexes have it; `/base/simple/NAME/` the same with the base's distributions as
/// stubs; `/files/SCHEME/HOST/PATH` a package file that such a page named, with credentials added on the way.
final class LoopbackIndex: Sendable {
  /// What the index serves from.
  struct Sources: Sendable {
    /// Which index serves which name.
    var routes: IndexRoutes
    /// What stands in the base.
    var base: [BaseDistribution]
    /// What servers are given.
    var credentials: IndexCredentials
    /// What indexes said before.
    var cache: PageCache
    /// Whether no page is believed unasked.
    var asksAnew = false
    /// Whether each page is asked for once.
    var remembers = false
  }

  private let sources: Sources
  private let secret: String
  private let client: WebClient
  private let stubs: [PackageName: BaseDistribution]
  private let pages: UpstreamPages

  /// The index that a distribution came from, without user info; empty when it came from none.
  func origin(of name: PackageName) -> String { pages.origin(of: name) }

  /// The URLs of all files that the pages of this run named, each with the distribution whose page it was.
  private let offered = Mutex<[String: PackageName]>([:])
  /// Pages as indexes sent them: what they name is looked up when one of their files is asked for.
  private let unread = Mutex<[PackageName: PageCache.Entry]>([:])

  /// The METADATA that uv asked for, by the URL of its wheel.
  private let metadata = Mutex<[String: String]>([:])

  /// What is answered when an index behind failed: a status that uv does not try again.
  private static let gaveUp = HTTPError(.init(code: 424))
  private let address = Mutex(LoopbackAddress(root: ""))

  private init(sources: Sources, client: WebClient, secret: String) {
    self.secret = secret
    self.sources = sources
    self.client = client
    pages = UpstreamPages(
      routes: sources.routes, credentials: sources.credentials, client: client, cache: sources.cache,
      asksAnew: sources.asksAnew, remembers: sources.remembers)
    stubs = Dictionary(sources.base.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// What went wrong with the indexes behind while it served: uv sees a status alone.
  var complaints: [Diagnostic] { pages.complaints }

  /// The METADATA of a wheel, where uv asked for it.
  func metadata(ofWheelAt url: String) -> String? { metadata.withLock { $0[LocalPage.bare(url)] } }

  /// Whether asking the indexes behind again could tell of something newer.
  var mayBeStale: Bool { pages.mayBeStale }

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
    throw cannotListen(nil)
  }

  private struct PortTaken: Error {}

  private static func cannotListen(_ error: (any Error)?) -> Failure {
    Failure(
      .io, "could not listen on loopback", because: error.map { "\($0)" },
      hint: "check that this process may open sockets on 127.0.0.1")
  }

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
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: application)],
      logger: Logger(label: "loopback-index", factory: { _ in SwiftLogNoOpLogHandler() }))
    // What is answered still may end; an index behind that takes its time must not hold an interrupted run.
    configuration.maximumGracefulShutdownDuration = .seconds(2)
    let services = ServiceGroup(configuration: configuration)
    // Beyond the reach of a cancellation: a server that is cancelled between taking a connection and answering it brings the
    // process down (NIO's writers must be finished). One that is asked to end takes no more, and finishes those it has.
    let serving = Task {
      defer { signal.finish() }
      try await services.run()
    }
    let outcome: Swift.Result<Result, any Error>
    do { outcome = .success(try await serve(ready, port: port, portFile: portFile, body: body)) } catch {
      outcome = .failure(error)
    }
    await services.triggerGracefulShutdown()
    let end = await serving.result
    if case .failure(let error) = outcome, error is PortTaken, port == 0, case .failure(let reason) = end {
      throw LoopbackIndex.cannotListen(reason)
    }
    return try outcome.get()
  }

  /// Waits for the port, writes it down, and does the work.
  private func serve<Result: Sendable>(
    _ ready: AsyncStream<Int>, port: Int, portFile: String, body: (LoopbackIndex) async throws -> Result
  ) async throws -> Result {
    var found: Int?
    for await bound in ready { found = bound }
    try Task.checkCancellation()
    guard let found else { throw PortTaken() }
    address.withLock { $0 = LoopbackAddress(root: "http://127.0.0.1:\(found)/\(secret)") }
    if found != port {
      try Files.makeDirectory(portFile.parentPath)
      try Files.replace(portFile, with: Array("\(found) \(secret)".utf8), mode: 0o600)
    }
    return try await body(self)
  }

  private func router() -> Router<BasicRequestContext> {
    let router = Router()
    // Whoever does not know the segment gets nothing: other users of this machine reach the port, too.
    let root = router.group("\(secret)")
    root.get("simple/:name") { request, context in try await self.page(request, context, stubs: [:]) }
    root.get("base/simple/:name") { request, context in try await self.page(request, context, stubs: self.stubs) }
    root.get("stub/:name/:file") { _, context in try self.stubFile(context) }
    root.get("files/**") { request, _ in try await self.file(request) }
    return router
  }

  // MARK: Pages

  private func page(
    _ request: Request, _ context: BasicRequestContext, stubs: [PackageName: BaseDistribution]
  ) async throws -> Response {
    guard let name = context.parameters.get("name").flatMap({ PackageName($0) }) else {
      return Response(status: .notFound)
    }
    let stub = stubs[name]
    // What stands in the base under a direct reference is not what an index has under the same name.
    let upstream = stub?.isDirect == true ? nil : try await upstreamPage(of: name)
    guard let stub else {
      switch upstream {
      case nil: return Response(status: .notFound)
      case .document(let entry):
        let mark = mark(of: entry)
        // Megabytes that uv has read before: it need not read them again.
        guard request.headers[.ifNoneMatch] != mark else {
          unread.withLock { $0[name] = entry }
          return Response(status: .notModified, headers: [.eTag: mark, .cacheControl: "no-cache"])
        }
        var response: Response
        if entry.isJSON, let bytes = LocalPage.replaced(plainJSON: entry.body, address: location) {
          unread.withLock { $0[name] = entry }
          response = answer(bytes, cacheControl: "no-cache")
        } else {
          response = answer(try local(entry, of: name), of: name, cacheControl: "no-cache")
        }
        response.headers[.eTag] = mark
        return response
      case .page(let page):
        return answer(try LocalPage(page, at: "", address: location), of: name, cacheControl: "no-cache")
      }
    }
    var page: SimplePage
    switch upstream {
    case nil: page = SimplePage(name: name.text, files: [])
    case .document(let entry): page = try read(entry.document, of: name, at: entry.url)
    case .page(let found): page = found
    }
    let version = Version(stub.version)
    page.files.removeAll {
      WheelName($0.filename)?.version == version || SimplePage.sdistVersion($0.filename, of: name) == version
    }
    let file = stub.stubFileName
    let entry = SimplePage.File(
      filename: file, url: "\(location.root)/stub/\(name)/\(file)",
      hashes: ["sha256": Digest.sha256(stub.stubMetadata)], coreMetadata: .bool(true))
    let local = try LocalPage(page, at: "", address: location, adding: [entry])
    return answer(local, of: name, cacheControl: "no-store")
  }

  private func answer(_ page: LocalPage, of name: PackageName, cacheControl: String) -> Response {
    note(page, of: name)
    return answer(page.bytes, cacheControl: cacheControl)
  }

  private func answer(_ page: [UInt8], cacheControl: String) -> Response {
    Response(
      status: .ok,
      headers: [.contentType: "application/vnd.pypi.simple.v1+json", .cacheControl: cacheControl],
      body: .init(byteBuffer: ByteBuffer(bytes: page)))
  }

  /// Remembers a page's files as those that may be fetched.
  private func note(_ page: LocalPage, of name: PackageName) {
    offered.withLock { for url in page.urls where $0[url] == nil { $0[url] = name } }
  }

  private func upstreamPage(of name: PackageName) async throws -> UpstreamPages.Page? {
    do { return try await pages.page(of: name) } catch is UpstreamPages.GaveUp { throw LoopbackIndex.gaveUp }
  }

  private func read(_ document: WebDocument, of name: PackageName, at url: String) throws -> SimplePage {
    do { return try pages.read(document, of: name, at: url) } catch is UpstreamPages.GaveUp {
      throw LoopbackIndex.gaveUp
    }
  }

  private func note(_ diagnostic: Diagnostic) { pages.note(diagnostic) }

  /// The page with every file's URL leading here.
  private func local(_ entry: PageCache.Entry, of name: PackageName) throws -> LocalPage {
    if entry.isJSON, let quick = LocalPage(plainJSON: entry.body, address: location) {
      return quick
    }
    return try LocalPage(read(entry.document, of: name, at: entry.url), at: entry.url, address: location)
  }

  /// An entity tag (RFC 9110, section 8.8.3): another page, and another address of this index, have another.
  private func mark(of entry: PageCache.Entry) -> String {
    "\"" + Digest.sha256("1 \(location.root) \(entry.url) \(entry.contentType) \(entry.tag)") + "\""
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
    // Only what a page of this run named: whoever finds the way here is not to fetch whatever it likes through us.
    guard let url = LoopbackAddress.remote(path: target), let name = try offering(url) else {
      return Response(status: .notFound)
    }
    if url.hasPrefix("file://") { return try localFile(url) }
    let credentials = try sources.credentials.credentials(for: url, of: name, from: pages.origin(of: name))
    let conditions = [HTTPField.Name.range, .ifNoneMatch, .ifModifiedSince].compactMap { name in
      request.headers[name].map { (name.canonicalName, $0) }
    }
    // uv has it, and nobody can tell whether it is still the same: what the lockfile says of it is checked all the same.
    if client.isOffline, let mark = request.headers[.ifNoneMatch] {
      return Response(status: .notModified, headers: [.eTag: mark])
    }
    let answer: WebResponse
    do {
      answer = try await client.get(url, headers: conditions, credentials: credentials) { $0 }
    } catch let failure as Failure {
      failure.diagnostics.forEach(note)
      throw LoopbackIndex.gaveUp
    }
    if answer.status == 200, url.hasSuffix(LoopbackIndex.metadataEnding) {
      return try await metadataFile(answer, request, of: url)
    }
    var fields = HTTPFields()
    for name in [
      "content-length", "content-range", "content-type", "accept-ranges", "etag", "last-modified", "cache-control",
    ] {
      if let value = answer.header(name), let field = HTTPField.Name(name) { fields[field] = value }
    }
    // A decompressed body has another length than the head says.
    if answer.header("content-encoding") != nil { fields[.contentLength] = nil }
    // Handed on as fast as uv takes it. What breaks off here breaks off there: the connection is closed before the end.
    let body = ResponseBody { [self] writer in
      do {
        try await answer.forEachChunk { try await writer.write(ByteBuffer(bytes: $0)) }
      } catch {
        if let failure = WebClient.brokenOff(url, error) { failure.diagnostics.forEach(note) }
        throw error
      }
      try await writer.finish(nil)
    }
    return Response(status: .init(code: answer.status), headers: fields, body: body)
  }

  /// METADATA, kept for whoever reads it when all is solved. Where its server sends no mark along it gets one, so that uv can ask
  /// whether what it has is still the same.
  private func metadataFile(_ answer: WebResponse, _ request: Request, of url: String) async throws -> Response {
    var bytes: [UInt8] = []
    do {
      try await answer.forEachChunk { chunk in
        guard bytes.count + chunk.count <= DependencyReader.limit else { throw LoopbackIndex.gaveUp }
        bytes += chunk
      }
    } catch {
      if let failure = WebClient.brokenOff(url, error) { failure.diagnostics.forEach(note) }
      throw LoopbackIndex.gaveUp
    }
    let wheel = LocalPage.bare(String(url.dropLast(LoopbackIndex.metadataEnding.count)))
    metadata.withLock { $0[wheel] = String(decoding: bytes, as: UTF8.self) }
    let mark = answer.header("etag") ?? "\"" + Digest.sha256(bytes) + "\""
    var fields: HTTPFields = [.eTag: mark, .cacheControl: answer.header("cache-control") ?? "no-cache"]
    guard request.headers[.ifNoneMatch] != mark else { return Response(status: .notModified, headers: fields) }
    fields[.contentType] = answer.header("content-type")
    return Response(status: .ok, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// A file of this machine that `--find-links` led to. It has no metadata of its own beside it.
  private func localFile(_ url: String) throws -> Response {
    let path = String(url.dropFirst("file://".count)).percentDecoded ?? ""
    guard Files.kind(path) == .file || Files.linkTarget(path) != nil, Files.exists(path) else {
      return Response(status: .notFound)
    }
    return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: try Files.read(path))))
  }

  private static let metadataEnding = ".metadata"

  /// The distribution whose page named the file, or the file whose metadata it is (PEP 658); nil when no page of this run did.
  private func offering(_ url: String) throws -> PackageName? {
    let bare = LocalPage.bare(url)
    let ending = LoopbackIndex.metadataEnding
    let file = bare.hasSuffix(ending) ? String(bare.dropLast(ending.count)) : bare
    func known() -> PackageName? { offered.withLock { $0[bare] ?? $0[file] } }
    if let name = known() { return name }
    let fileName = file.split(separator: "/").last.map(String.init) ?? ""
    let wheel = WheelName(fileName)?.distribution
    let waiting = unread.withLock { unread in
      wheel.flatMap { name in unread[name].map { (name, $0) } }
        ?? unread.first { UpstreamPages.isFile(fileName, of: $0.key) }.map { ($0.key, $0.value) }
    }
    guard let (name, entry) = waiting else { return nil }
    if entry.isJSON, LocalPage.names(file, onPlainJSON: entry.body) { return name }
    // It may be written in another way.
    note(try local(entry, of: name), of: name)
    // Only now: another file of the same page may be asked for meanwhile.
    unread.withLock { $0[name] = nil }
    return known()
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
