internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import Network
internal import Platform
internal import Synchronization

/// The files that pages name, each from its own server.
extension LoopbackIndex {
  func file(_ request: Request) async throws -> Response {
    let target = request.uri.string.dropFirst("/\(secret)/files/".count)
    // Only what a page names: whoever finds the way here is not to fetch whatever it likes through us.
    guard let url = LoopbackAddress.remote(path: target), let name = try await offering(url) else {
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

  /// The distribution whose page named the file, or the file whose metadata it is (PEP 658); nil when no page does.
  private func offering(_ url: String) async throws -> PackageName? {
    let bare = LocalPage.bare(url)
    let ending = LoopbackIndex.metadataEnding
    let file = bare.hasSuffix(ending) ? String(bare.dropLast(ending.count)) : bare
    func known() -> PackageName? { offered.withLock { $0[bare] ?? $0[file] } }
    if let name = known() { return name }
    let fileName = file.split(separator: "/").last.map(String.init) ?? ""
    let wheel = WheelName(fileName)?.distribution
    var waiting = unread.withLock { unread in
      wheel.flatMap { name in unread[name].map { (name, $0) } }
        ?? unread.first { UpstreamPages.isFile(fileName, of: $0.key) }.map { ($0.key, $0.value) }
    }
    // uv has the page, and did not ask for it.
    if waiting == nil, let name = wheel ?? SimplePage.sdistName(fileName), stubs[name] == nil,
      case .document(let entry)? = try await upstreamPage(of: name)
    {
      waiting = (name, entry)
    }
    guard let (name, entry) = waiting else { return nil }
    let body = try await body(of: entry, of: name)
    if entry.isJSON, LocalPage.names(file, onPlainJSON: body) { return name }
    // It may be written in another way.
    note(try local(entry, body, of: name), of: name)
    // Only now: another file of the same page may be asked for meanwhile.
    unread.withLock { $0[name] = nil }
    return known()
  }
}

extension SimplePage {
  /// The name in an sdist's file name; nil when it is none.
  static func sdistName(_ fileName: String) -> PackageName? {
    for ending in [".tar.gz", ".zip", ".tar.bz2"] where fileName.hasSuffix(ending) {
      let stem = fileName.dropLast(ending.count)
      return stem.lastIndex(of: "-").flatMap { PackageName(stem[..<$0]) }
    }
    return nil
  }

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
