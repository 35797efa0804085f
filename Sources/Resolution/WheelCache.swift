public import Model
internal import Platform

/// Wheels that were built from git commits and sdists, kept so that each is built once for an interpreter.
public struct WheelCache: Sendable {
  private let state: StateDirectory
  private let sources: any SourceProvider
  private let builder: @Sendable () async throws -> any Builder
  private let announce: @Sendable (String) -> Void

  /// Takes where the wheels are kept, where source code comes from, what builds it (asked for only when
  /// something has to be built), and who is told of a build.
  public init(
    state: StateDirectory, sources: any SourceProvider,
    builder: @escaping @Sendable () async throws -> any Builder,
    announce: @escaping @Sendable (String) -> Void
  ) {
    self.state = state
    self.sources = sources
    self.builder = builder
    self.announce = announce
  }

  /// The wheel of a commit for an interpreter: out of the cache, else built.
  ///
  /// `source` says where to fetch from, with its credentials; the commit rules over its reference.
  public func wheel(of source: GitSource, commit: String, for interpreter: Interpreter) async throws -> String {
    // The reference counts besides: the version may come from a tag that was not there when a branch was built.
    let key = WheelCache.key(
      "git", "\(commit) \(source.requestedRevision ?? "")", source.subdirectory ?? "", interpreter)
    return try await wheel(key, for: interpreter, at: .url(source.description)) { area in
      announce("Building \(source.url.path.lastPathComponent) at \(commit.prefix(12))")
      let tree = "\(area)/source"
      try Files.makeDirectory(tree)
      let project = source.subdirectory.map { "\(tree)/\($0)" } ?? tree
      let exported = try await sources.export(source, commit: commit, to: tree, history: .unneeded)
      if !exported.hasHistory, !ProjectFile.hasStaticVersion("\(project)/pyproject.toml") {
        try Files.remove(tree)
        try Files.makeDirectory(tree)
        _ = try await sources.export(source, commit: commit, to: tree, history: .needed)
      }
      guard Files.exists("\(project)/pyproject.toml") || Files.exists("\(project)/setup.py") else {
        throw Failure(
          .buildFailed, "the repository holds no Python project", at: .url(source.description),
          because: "there is no pyproject.toml or setup.py in "
            + (source.subdirectory.map { "its directory \($0)" } ?? "its root") + " at \(commit.prefix(12))",
          hint: "name the project's directory: #subdirectory=…")
      }
      do {
        return try await builder().buildWheel(
          from: project, dated: SourceDate.of(commitTime: exported.time), for: interpreter, into: "\(area)/wheel")
      } catch let failure as Failure {
        throw failure.placed(at: .url(source.description))
      }
    }
  }

  /// The wheel of a project directory for an interpreter: out of the cache, else built from a copy.
  ///
  /// Throws `lockStale` when the directory's content is another than the pin says.
  public func wheel(of pin: DirectoryPin, for interpreter: Interpreter) async throws -> String {
    let key = WheelCache.key("directory", pin.digest, pin.subdirectory ?? "", interpreter)
    return try await wheel(key, for: interpreter, at: .path(pin.path)) { area in
      announce("Building \(pin.path.lastPathComponent)")
      let project = ProjectDirectory(pin.path)
      guard try project.digest() == pin.digest else {
        throw Failure(
          .lockStale, "the directory was changed since it was locked", at: .path(pin.path),
          hint: "lock again: pinion lock")
      }
      try project.copy(to: "\(area)/source")
      return try await build(
        "\(area)/source", pin.subdirectory, ("directory", .path(pin.path)), for: interpreter, in: area)
    }
  }

  /// The wheel of a source archive for an interpreter: out of the cache, else built. `archive` fetches the file.
  public func wheel(
    of pin: ArchivePin, for interpreter: Interpreter, archive: () async throws -> String
  ) async throws -> String {
    let key = WheelCache.key("archive", pin.sha256, pin.subdirectory ?? "", interpreter)
    return try await wheel(key, for: interpreter, at: pin.place) { area in
      let path = try await archive()
      announce("Building \(path.lastPathComponent)")
      try await SourceArchive(path).unpack(to: "\(area)/source", with: interpreter, at: pin.place)
      // An archive of a repository, or an sdist, has all of its files in one directory.
      let names = try Files.list("\(area)/source")
      let isWrapped = names.count == 1 && Files.isDirectory("\(area)/source/\(names[0])")
      let root = isWrapped ? "\(area)/source/\(names[0])" : "\(area)/source"
      return try await build(root, pin.subdirectory, ("archive", pin.place), for: interpreter, in: area)
    }
  }

  /// Builds what stands in a tree.
  private func build(
    _ tree: String, _ subdirectory: String?, _ source: (noun: String, place: Place), for interpreter: Interpreter,
    in area: String
  ) async throws -> String {
    let project = subdirectory.map { "\(tree)/\($0)" } ?? tree
    guard Files.exists("\(project)/pyproject.toml") || Files.exists("\(project)/setup.py") else {
      throw Failure(
        .buildFailed, "the \(source.noun) holds no Python project", at: source.place,
        because: "there is no pyproject.toml or setup.py in "
          + (subdirectory.map { "its directory \($0)" } ?? "its root"),
        hint: "name the project's directory: #subdirectory=…")
    }
    do {
      return try await builder().buildWheel(
        from: project, dated: SourceDate.standard, for: interpreter, into: "\(area)/wheel")
    } catch let failure as Failure {
      throw failure.placed(at: source.place)
    }
  }

  /// The wheel of an sdist for an interpreter: out of the cache, else downloaded, checked and built.
  public func wheel(
    ofSdist sdist: LockedFile, for interpreter: Interpreter, downloader: any Downloader
  ) async throws -> String {
    let key = WheelCache.key("sdist", sdist.sha256, "", interpreter)
    return try await wheel(key, for: interpreter, at: .url(sdist.url)) { area in
      announce("Building \(sdist.name)")
      let archive = "\(area)/\(sdist.name)"
      try await downloader.download(sdist, to: archive, progress: { _ in })
      do {
        return try await builder().buildWheel(
          from: archive, dated: SourceDate.standard, for: interpreter, into: "\(area)/wheel")
      } catch let failure as Failure {
        throw failure.ofSdist.placed(at: .url(sdist.url))
      }
    }
  }

  /// Keeps a wheel that was built elsewhere as if it had been built here; one that is kept already stays.
  public static func keep(
    _ path: String, of item: Selection.Item, for interpreter: Interpreter, in state: StateDirectory
  ) throws(Failure) {
    guard let key = key(of: item, interpreter) else { return }
    let kept = "\(state.cache)/wheels/\(key)"
    guard try !Files.list(kept).contains(where: { $0.hasSuffix(".whl") }) else { return Files.touch(kept) }
    try Files.makeDirectory(kept)
    try Files.rename(path, to: "\(kept)/\(path.lastPathComponent)")
  }

  /// Where the wheel of what is built is kept; nil for what is not built.
  private static func key(of item: Selection.Item, _ interpreter: Interpreter) -> String? {
    switch (item.identity, item.locked.source) {
    case (.sdist(let sha256), _): key("sdist", sha256, "", interpreter)
    case (.git(let commit, let subdirectory), .git(let pin)):
      key("git", "\(commit) \(pin.requestedRevision ?? "")", subdirectory ?? "", interpreter)
    case (.archive(let sha256, let subdirectory), _): key("archive", sha256, subdirectory ?? "", interpreter)
    case (.directory(let digest, let subdirectory), _): key("directory", digest, subdirectory ?? "", interpreter)
    default: nil
    }
  }

  private static func key(_ kind: String, _ identity: String, _ subdirectory: String, _ interpreter: Interpreter)
    -> String
  {
    // What was built for another platform was built by another Python, too.
    let way = interpreter.isForeign ? ["for \(interpreter.platformName)"] : []
    return Digest.sha256(
      ([kind, identity, subdirectory, interpreter.soabi, interpreter.minorVersion] + way).joined(separator: "\n"))
  }

  private func wheel(
    _ key: String, for interpreter: Interpreter, at place: Place, build: (String) async throws -> String
  ) async throws -> String {
    let kept = "\(state.cache)/wheels/\(key)"
    func found() throws -> String? {
      guard let name = try Files.list(kept).first(where: { $0.hasSuffix(".whl") }) else { return nil }
      Files.touch(kept)
      return "\(kept)/\(name)"
    }
    if let path = try found() { return path }
    // Whoever else is about to build the same waits, and takes what came of it.
    try Files.makeDirectory(kept)
    let lock = try await WheelCache.turn(at: kept)
    defer { withExtendedLifetime(lock) {} }
    if let path = try found() { return path }
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    try Files.makeDirectory("\(area.path)/wheel")
    let built = try await build(area.path)
    if interpreter.isForeign { try WheelCache.check(built.lastPathComponent, for: interpreter, at: place) }
    try Files.makeDirectory(kept)
    let path = "\(kept)/\(built.lastPathComponent)"
    try Files.rename(built, to: path)
    return path
  }

  /// Waits until nobody else builds what is to be kept in the directory.
  private static func turn(at directory: String) async throws -> FileLock {
    while true {
      if let lock = try FileLock.attempt(directory) { return lock }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// What is built here for another platform must be the same everywhere.
  private static func check(_ file: String, for interpreter: Interpreter, at place: Place) throws(Failure) {
    let name = WheelName(file)
    let isAnywhere = name?.platformTags.allSatisfy { $0 == "any" } ?? false
    guard let name, isAnywhere, WheelTags.best(among: [name], supported: interpreter.tags) != nil else {
      throw Failure(
        .wheelUnfit, "what would be built here is not for \(interpreter.platformText), as `spec.platform` wants it",
        at: place, because: "it would be \(file)",
        hint: "ask for a version that has a wheel for that platform, or lock on a machine of its kind")
    }
  }
}

extension Failure {
  /// The same failure about an sdist, of which there is no checkout.
  fileprivate var ofSdist: Failure {
    Failure(
      diagnostics.map { diagnostic in
        var copy = diagnostic
        if copy.code == .buildFailed { copy.hint = Failure.wayAroundBuild }
        return copy
      })
  }

  /// What to do where a package of an index cannot be built.
  static let wayAroundBuild = "ask for a version that has a wheel, or install what its build needs"

  /// The same failure, at a place where it has none.
  func placed(at place: Place) -> Failure {
    Failure(
      diagnostics.map { diagnostic in
        var copy = diagnostic
        copy.place = copy.place ?? place
        return copy
      })
  }
}
