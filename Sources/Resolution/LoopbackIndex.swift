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
    /// Whether each page is asked for once, as in a search for what is at odds: that looks at what indexes have under the base's
    /// names, too.
    var remembers = false
  }

  let sources: Sources
  /// The first segment of every path: nobody else knows it, and what uv keeps under it was answered by the same rules.
  let secret: String
  let client: WebClient
  let stubs: [PackageName: BaseDistribution]
  let pages: UpstreamPages

  /// The indexes that distributions came from, without user info; empty for one that came from none. uv may have had a page
  /// at hand, so that it was not asked for.
  func origins(of names: [PackageName]) async -> [PackageName: String] {
    var origins: [PackageName: String] = [:]
    for name in names {
      if !pages.hasAnswered(name) { _ = try? await pages.page(of: name) }
      origins[name] = pages.origin(of: name)
    }
    return origins
  }

  /// The URLs of all files that the pages of this run named, each with the distribution whose page it was.
  let offered = Mutex<[String: PackageName]>([:])
  /// Pages as indexes sent them: what they name is looked up when one of their files is asked for.
  let unread = Mutex<[PackageName: PageCache.Entry]>([:])

  /// The METADATA that uv asked for, by the URL of its wheel.
  let metadata = Mutex<[String: String]>([:])

  /// What is answered when an index behind failed: a status that uv does not try again.
  static let gaveUp = HTTPError(.init(code: 424))
  private let address = Mutex(LoopbackAddress(root: ""))

  private init(sources: Sources, client: WebClient, secret: String, wasFreshUntil: Int) {
    self.secret = secret
    self.wasFreshUntil = wasFreshUntil
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
  var mayBeStale: Bool { pages.mayBeStale || !client.isOffline && sources.cache.now() < wasFreshUntil }

  /// Until when uv may believe pages that earlier runs answered with, in seconds since 1970.
  private let wasFreshUntil: Int
  /// The same of this run.
  private let freshUntil = Mutex(0)

  /// Where it listens.
  var location: LoopbackAddress { address.withLock { $0 } }

  /// Serves as long as `body` runs. The port is kept per state directory, since uv keys its cache by URL.
  static func serve<Result: Sendable>(
    _ sources: Sources, client: WebClient, portFile: String,
    body: @Sendable @escaping (LoopbackIndex) async throws -> Result
  ) async throws -> Result {
    let place = Place(portFile)
    let index = LoopbackIndex(
      sources: sources, client: client, secret: "\(place.secret)-\(sources.mark)", wasFreshUntil: place.freshUntil)
    for port in [place.port, 0] {
      do {
        return try await index.run(port: port) { found in
          var now = place
          now.port = found
          if now.port != place.port || place.isNew { try now.write(portFile) }
          let result = try await body(index)
          now.freshUntil = max(place.freshUntil, index.freshUntil.withLock { $0 })
          if now.freshUntil != place.freshUntil { try now.write(portFile) }
          return result
        }
      } catch is PortTaken {
        continue
      }
    }
    throw cannotListen(nil)
  }

  /// Where it listened last, which uv's cache goes by.
  private struct Place {
    var port = 0
    var secret = String(UInt64.random(in: .min ... .max), radix: 36)
    var freshUntil = 0
    var isNew = true

    /// `PORT SECRET TIME`; another place where nothing, or something else, is kept.
    init(_ path: String) {
      let words = (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self).split(separator: " ") } ?? []
      guard words.count == 3, let port = Int(words[0]), let freshUntil = Int(words[2]) else { return }
      (self.port, secret, self.freshUntil, isNew) = (port, String(words[1]), freshUntil, false)
    }

    /// For this user's eyes alone.
    func write(_ path: String) throws {
      try Files.makeDirectory(path.parentPath)
      try Files.replace(path, with: Array("\(port) \(secret) \(freshUntil)".utf8), mode: 0o600, isDurable: false)
    }
  }

  private struct PortTaken: Error {}

  private static func cannotListen(_ error: (any Error)?) -> Failure {
    Failure(
      .io, "could not listen on loopback", because: error.map { "\($0)" },
      hint: "check that this process may open sockets on 127.0.0.1")
  }

  private func run<Result: Sendable>(
    port: Int, body: @Sendable @escaping (Int) async throws -> Result
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
    do { outcome = .success(try await serve(ready, body: body)) } catch {
      outcome = .failure(error)
    }
    await services.triggerGracefulShutdown()
    let end = await serving.result
    if case .failure(let error) = outcome, error is PortTaken, port == 0, case .failure(let reason) = end {
      throw LoopbackIndex.cannotListen(reason)
    }
    return try outcome.get()
  }

  /// Waits for the port, and does the work.
  private func serve<Result: Sendable>(
    _ ready: AsyncStream<Int>, body: (Int) async throws -> Result
  ) async throws -> Result {
    var found: Int?
    for await bound in ready { found = bound }
    try Task.checkCancellation()
    guard let found else { throw PortTaken() }
    address.withLock { $0 = LoopbackAddress(root: "http://127.0.0.1:\(found)/\(secret)") }
    return try await body(found)
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
    let upstream: UpstreamPages.Page?
    if stub?.isDirect == true {
      // What stands in the base under a direct reference is not what an index has under the same name. A search looks at that
      // as well: an index that cannot be asked is none that has it.
      upstream = sources.remembers ? try? await pages.page(of: name) : nil
    } else {
      upstream = try await upstreamPage(of: name)
    }
    guard let stub else {
      switch upstream {
      case nil: return Response(status: .notFound)
      case .document(let entry):
        let mark = mark(of: entry)
        // Megabytes that uv has read before: it need not read them again.
        guard request.headers[.ifNoneMatch] != mark else {
          unread.withLock { $0[name] = entry }
          return Response(status: .notModified, headers: [.eTag: mark, .cacheControl: freshness(of: entry)])
        }
        var response: Response
        let body = try await self.body(of: entry, of: name)
        if entry.isJSON, let bytes = LocalPage.replaced(plainJSON: body, address: location) {
          unread.withLock { $0[name] = entry }
          response = answer(bytes, cacheControl: freshness(of: entry))
        } else {
          response = answer(try local(entry, body, of: name), of: name, cacheControl: freshness(of: entry))
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
    case .document(let entry):
      page = try read(entry.document(try await body(of: entry, of: name)), of: name, at: entry.url)
    case .page(let found): page = found
    }
    // A stranger's of the same name is not built to find out what it would lead to.
    if stub.isDirect { page.files.removeAll { WheelName($0.filename) == nil } }
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
  func note(_ page: LocalPage, of name: PackageName) {
    offered.withLock { for url in page.urls where $0[url] == nil { $0[url] = name } }
  }

  func upstreamPage(of name: PackageName) async throws -> UpstreamPages.Page? {
    do { return try await pages.page(of: name) } catch is UpstreamPages.GaveUp { throw LoopbackIndex.gaveUp }
  }

  private func read(_ document: WebDocument, of name: PackageName, at url: String) throws -> SimplePage {
    do { return try pages.read(document, of: name, at: url) } catch is UpstreamPages.GaveUp {
      throw LoopbackIndex.gaveUp
    }
  }

  func body(of entry: PageCache.Entry, of name: PackageName) async throws -> [UInt8] {
    do { return try await pages.body(of: entry, of: name) } catch is UpstreamPages.GaveUp {
      throw LoopbackIndex.gaveUp
    }
  }

  func note(_ diagnostic: Diagnostic) { pages.note(diagnostic) }

  /// For how long uv need not ask for a page again: as long as it is believed here (RFC 9111, section 5.2.2.1).
  private func freshness(of entry: PageCache.Entry) -> String {
    let seconds = entry.freshUntil - sources.cache.now()
    guard seconds > 0, !client.isOffline else { return "no-cache" }
    freshUntil.withLock { $0 = max($0, entry.freshUntil) }
    return "max-age=\(seconds)"
  }

  /// The page with every file's URL leading here.
  func local(_ entry: PageCache.Entry, _ body: [UInt8], of name: PackageName) throws -> LocalPage {
    if entry.isJSON, let quick = LocalPage(plainJSON: body, address: location) {
      return quick
    }
    return try LocalPage(read(entry.document(body), of: name, at: entry.url), at: entry.url, address: location)
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
}

extension LoopbackIndex.Sources {
  /// What tells these rules from others that answer otherwise for the same name. What is filtered is never believed unasked, so
  /// that it counts alone that it is.
  fileprivate var mark: String {
    var lines = routes.indexes.map { "\($0.url) \($0.packages)" } + routes.links.map { "links \($0)" }
    for (name, options) in routes.options.sorted(by: { $0.key < $1.key }) {
      lines.append("\(name) \(options.urls) \(options.binaries) \(options.hashes)")
    }
    lines.append("\(routes.newest == nil) \(routes.allowsBuilds)")
    lines += base.map { "\($0.name) \($0.version) \($0.isDirect ? remembers ? "searched" : "alone" : "")" }.sorted()
    return String(Digest.sha256(lines.joined(separator: "\n")).prefix(12))
  }
}
