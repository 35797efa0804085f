internal import Model
internal import Network
internal import Platform
internal import Synchronization

/// The pages of the indexes behind the loopback index: each name from where its route leads, with what of it may be used.
///
/// What goes wrong is noted for people; whoever asked learns no more than that there is no page.
final class UpstreamPages: Sendable {
  /// A name's page.
  enum Page {
    /// As an index sent it; all of it may be used.
    case document(PageCache.Entry)
    /// What of it may be used, with what else there is; URLs are absolute.
    case page(SimplePage)
  }

  /// There is no answer, and what went wrong was noted.
  struct GaveUp: Error {}

  private let routes: IndexRoutes
  private let credentials: IndexCredentials
  private let client: WebClient
  private let cache: PageCache
  /// Whether no page is believed unasked.
  private let asksAnew: Bool
  /// Whether a page was believed unasked.
  private let hasBelieved = Atomic(false)
  private let failures = Mutex<[Diagnostic]>([])
  /// Indexes that could not be reached: they are not waited for again.
  private let unreachable = Mutex<Set<PackageIndex>>([])
  /// The URL that answered for each name.
  private let answering = Mutex<[PackageName: String]>([:])

  /// The pages so far, where each is asked for once; nil where it is asked for every time.
  private let known: Mutex<[PackageName: Page?]>?

  init(
    routes: IndexRoutes, credentials: IndexCredentials, client: WebClient, cache: PageCache, asksAnew: Bool = false,
    remembers: Bool = false
  ) {
    known = remembers ? Mutex([:]) : nil
    self.routes = routes
    self.credentials = credentials
    self.client = client
    self.cache = cache
    self.asksAnew = asksAnew
  }

  /// Whether asking again could tell of something newer.
  var mayBeStale: Bool { !client.isOffline && hasBelieved.load(ordering: .relaxed) }

  /// What went wrong so far.
  var complaints: [Diagnostic] { failures.withLock { $0 } }

  /// The index that a distribution came from, without user info; empty when it was found by way of `--find-links`.
  func origin(of name: PackageName) -> String {
    answering.withLock { $0[name] } ?? routes.route(of: name).indexes.first?.url.description ?? ""
  }

  /// Whether it is known by now which index a name comes from.
  func hasAnswered(_ name: PackageName) -> Bool { answering.withLock { $0[name] != nil } }

  /// Notes what went wrong, once.
  func note(_ diagnostic: Diagnostic) {
    failures.withLock { known in
      if !known.contains(diagnostic) { known.append(diagnostic) }
    }
  }

  /// The page of a name; nil when no index has it. Throws `GaveUp`.
  func page(of name: PackageName) async throws -> Page? {
    if let page = known?.withLock({ $0[name] }) { return page }
    let page = try await read(name)
    known?.withLock { $0[name] = .some(page) }
    return page
  }

  private func read(_ name: PackageName) async throws -> Page? {
    let route = routes.route(of: name)
    let found = try await document(of: name, from: route.indexes)
    if route.links.isEmpty, route.filter.passesAll { return found.map { .document($0) } }
    var page = SimplePage(name: name.text, files: [])
    if let found { page = try await self.page(found, of: name) }
    // The same file in two places is one file; the index's word counts first.
    var known = Set(page.files.map(\.filename))
    for link in route.links {
      page.files += try await files(of: name, at: link).filter { known.insert($0.filename).inserted }
    }
    if found == nil, page.files.isEmpty { return nil }
    if found == nil { answering.withLock { $0[name] = "" } }
    if let reasons = route.filter.explanation(of: page) {
      note(
        Diagnostic(
          .packageAbsent, "no file of \(name) may be used", at: found.map { .url($0.url) }, because: reasons,
          hint: "loosen the rule, or ask for a version that keeps to it"))
    }
    return .page(route.filter.filtered(page))
  }

  /// The page of an entry, read. Throws `GaveUp`.
  func page(_ entry: PageCache.Entry, of name: PackageName) async throws -> SimplePage {
    let body = try await body(of: entry, of: name)
    return try read(entry.document(body), of: name, at: entry.url)
  }

  /// The bytes of an entry's page. Where the disk lost them, the index is asked again. Throws `GaveUp`.
  func body(of entry: PageCache.Entry, of name: PackageName) async throws -> [UInt8] {
    if let body = cache.body(of: entry) { return body }
    guard let index = routes.route(of: name).indexes.first(where: { "\($0.url)/\(name)/" == entry.url }) else {
      throw GaveUp()
    }
    do {
      guard !client.isOffline else { throw WebClient.notAsked(entry.url) }
      let answer = try await ask(entry.url, of: index, conditions: [])
      guard answer.status == 200 else {
        throw refusal(of: entry.url, answer.status, hasCredentials: index.hasCredentials)
      }
      _ = cache.keep(answer, of: entry.url)
      return answer.bytes
    } catch let failure as Failure {
      failure.diagnostics.forEach(note)
      throw GaveUp()
    }
  }

  // MARK: Indexes

  private static let accept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

  private func document(of name: PackageName, from indexes: [PackageIndex]) async throws -> PageCache.Entry? {
    for index in indexes {
      let url = "\(index.url)/\(name)/"
      if unreachable.withLock({ $0.contains(index) }) { throw GaveUp() }
      let entry: PageCache.Entry
      do {
        entry = try await self.entry(url, of: index)
      } catch let failure as Failure {
        // Pages are asked for side by side: the first that finds out speaks for all.
        if client.isOffline || unreachable.withLock({ $0.insert(index).inserted }) {
          failure.diagnostics.forEach(note)
        }
        throw GaveUp()
      }
      switch entry.status {
      case 200:
        answering.withLock { $0[name] = index.url.description }
        return entry
      case 404, 410: continue
      default:
        throw refusal(of: url, entry.status, hasCredentials: index.hasCredentials)
      }
    }
    return nil
  }

  /// What an index says, now or not long ago.
  private func entry(_ url: String, of index: PackageIndex) async throws -> PageCache.Entry {
    let kept = cache.entry(url)
    if client.isOffline {
      guard let kept else { throw WebClient.notAsked(url) }
      return kept
    }
    if let kept, !asksAnew, kept.status == 200, kept.freshUntil > cache.now() {
      hasBelieved.store(true, ordering: .relaxed)
      return kept
    }
    let answer = try await ask(url, of: index, conditions: kept?.conditions ?? [])
    switch answer.status {
    case 304:
      if let kept { return cache.renew(kept, answer) }
    case 200, 404, 410: return cache.keep(answer, of: url)
    default: break
    }
    return PageCache.Entry(url: url, status: answer.status, freshUntil: 0, tag: "")
  }

  private func ask(
    _ url: String, of index: PackageIndex, conditions: [(String, String)]
  ) async throws -> WebDocument {
    try await client.getAll(
      url, headers: [("accept", UpstreamPages.accept)] + conditions, credentials: try credentials.credentials(of: index)
    )
  }

  private func refusal(of url: String, _ status: Int, hasCredentials: Bool) -> GaveUp {
    switch status {
    case 401, 403:
      note(
        Diagnostic(
          .indexRefused, "the package index refused the request", at: .url(url), because: "HTTP \(status)",
          hint: hasCredentials
            ? "check the token or password of this index" : "give it credentials: url: https://${INDEX_TOKEN}@…"))
    default:
      note(
        Diagnostic(
          .indexUnreachable, "the package index did not answer properly", at: .url(url), because: "HTTP \(status)",
          hint: "run the same command again later", retryable: true))
    }
    return GaveUp()
  }

  /// A page as an index sent it, with absolute URLs.
  func read(_ document: WebDocument, of name: PackageName, at url: String) throws -> SimplePage {
    var page: SimplePage
    if document.contentType?.contains("json") == true {
      guard let read = SimplePage.json(document.bytes) else {
        note(
          Diagnostic(
            .indexUnreachable, "the package index sent a page that is not readable", at: .url(url),
            hint: "is that the URL of a package index, as pip takes it?"))
        throw GaveUp()
      }
      page = read
    } else {
      page = SimplePage.html(document.bytes, name: name.text)
    }
    for number in page.files.indices {
      page.files[number].url = LoopbackAddress.absolute(page.files[number].url, on: url)
    }
    return page
  }

  // MARK: Links

  /// The files of a name that a page, or a directory, of `--find-links` leads to.
  private func files(of name: PackageName, at link: RemoteURL) async throws -> [SimplePage.File] {
    if link.scheme == "file" { return try localFiles(of: name, at: link.path.percentDecoded ?? link.path) }
    let url = link.description
    let document: WebDocument
    do {
      document = try await client.getAll(url, credentials: try credentials.credentials(of: IndexRoutes.index(link)))
    } catch let failure as Failure {
      failure.diagnostics.forEach(note)
      throw GaveUp()
    }
    guard document.status == 200 else {
      throw refusal(of: url, document.status, hasCredentials: link.userInfo != nil)
    }
    return try read(document, of: name, at: url).files.filter { UpstreamPages.isFile($0.filename, of: name) }
  }

  private func localFiles(of name: PackageName, at path: String) throws -> [SimplePage.File] {
    do {
      guard Files.exists(path) else {
        throw Failure(
          .packageAbsent, "what --find-links names does not exist", at: .path(path),
          hint: "make it, or change the entry; relative paths start from the manifest's directory")
      }
      guard Files.isDirectory(path) else {
        let url = "file://\(path.percentEncodedPath)"
        let page = SimplePage.html(try Files.read(path), name: name.text)
        return page.files.filter { UpstreamPages.isFile($0.filename, of: name) }.map { file in
          var file = file
          file.url = LoopbackAddress.absolute(file.url, on: url)
          return file
        }
      }
      return try Files.list(path).sorted().filter { UpstreamPages.isFile($0, of: name) }.map { file in
        SimplePage.File(
          filename: file, url: "file://\("\(path)/\(file)".percentEncodedPath)",
          hashes: ["sha256": try FileDigest.sha256("\(path)/\(file)")])
      }
    } catch let failure as Failure {
      failure.diagnostics.forEach(note)
      throw GaveUp()
    }
  }

  /// Whether a file is one of a name's, by its own name.
  static func isFile(_ fileName: String, of name: PackageName) -> Bool {
    WheelName(fileName)?.distribution == name || SimplePage.sdistVersion(fileName, of: name) != nil
  }
}

extension PackageIndex {
  fileprivate var hasCredentials: Bool { url.userInfo != nil || credentials != nil }
}
