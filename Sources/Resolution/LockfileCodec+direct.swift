internal import Model

/// Archives and directories in lockfiles (PEP 751, `packages.archive` and `packages.directory`). Local ones have paths
/// relative to the lockfile.
extension LockfileCodec {
  static func encode(
    _ pin: ArchivePin, of name: PackageName, in lockfile: Lockfile, to writer: inout TOMLWriter, _ directory: String
  ) {
    var pairs = [place(of: pin.url, directory)]
    if let size = pin.size { pairs.append(("size", .integer(size))) }
    let hashes: [(String, TOMLWriter.Value)] = [("sha256", .string(pin.sha256))]
    pairs.append(("hashes", .table(hashes + lockfile.unknownPairs(at: .sourceHashes(name)))))
    if let subdirectory = pin.subdirectory { pairs.append(("subdirectory", .string(subdirectory))) }
    writer.pair("archive", .table(pairs + lockfile.unknownPairs(at: .source(name))))
  }

  static func encode(
    _ pin: DirectoryPin, of name: PackageName, in lockfile: Lockfile, to writer: inout TOMLWriter, _ directory: String
  ) {
    var pairs: [(String, TOMLWriter.Value)] = [("path", .string(pin.path.relativePath(from: directory)))]
    if let subdirectory = pin.subdirectory { pairs.append(("subdirectory", .string(subdirectory))) }
    writer.pair("directory", .table(pairs + lockfile.unknownPairs(at: .source(name))))
  }

  static func archivePin(
    _ table: [String: TOMLValue], of name: PackageName, _ lockfile: String
  ) throws(Failure) -> ArchivePin {
    guard let url = url(table, from: lockfile), let sha256 = table["hashes"]?.table?["sha256"]?.string,
      isDigest(sha256, length: 64)
    else { throw invalid("the archive of \(name) has no url or no sha256", lockfile) }
    let subdirectory = table["subdirectory"]?.string
    let pin = ArchivePin(url: url, size: table["size"]?.int, sha256: sha256, subdirectory: subdirectory)
    guard subdirectory.map(isInside) ?? true, isFileName(pin.file.name) else {
      throw invalid("the archive of \(name) has no valid name or directory", lockfile)
    }
    return pin
  }

  static func directoryPin(
    _ table: [String: TOMLValue], digest: String?, of name: PackageName, _ lockfile: String
  ) throws(Failure) -> DirectoryPin {
    guard let path = table["path"]?.string, let digest, isDigest(digest, length: 64) else {
      throw invalid("the directory of \(name) has no path or no digest", lockfile)
    }
    let subdirectory = table["subdirectory"]?.string
    guard subdirectory.map(isInside) ?? true else {
      throw invalid("the directory of \(name) leads elsewhere", lockfile)
    }
    return DirectoryPin(
      path: path.absolutePath(from: lockfile.parentPath), subdirectory: subdirectory, digest: digest)
  }

  /// `url`, or `path` for what is on this machine.
  static func place(of url: String, _ directory: String) -> (String, TOMLWriter.Value) {
    guard url.hasPrefix("file://"), let path = String(url.dropFirst("file://".count)).percentDecoded else {
      return ("url", .string(url))
    }
    return ("path", .string(path.relativePath(from: directory)))
  }

  /// The inverse of `place(of:_:)`.
  static func url(_ table: [String: TOMLValue], from lockfile: String) -> String? {
    table["url"]?.string
      ?? table["path"]?.string.map { "file://\($0.absolutePath(from: lockfile.parentPath).percentEncodedPath)" }
  }
}
