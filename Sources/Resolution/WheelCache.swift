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
    let key = WheelCache.key("git", commit, source.subdirectory ?? "", interpreter)
    return try await wheel(key) { area in
      announce("Building \(source.url.path.lastPathComponent) at \(commit.prefix(12))")
      let tree = "\(area)/source"
      try Files.makeDirectory(tree)
      try await sources.export(source, commit: commit, to: tree)
      let project = source.subdirectory.map { "\(tree)/\($0)" } ?? tree
      guard Files.exists("\(project)/pyproject.toml") || Files.exists("\(project)/setup.py") else {
        throw Failure(
          .buildFailed, "the repository holds no Python project", at: .url(source.description),
          because: "there is no pyproject.toml or setup.py in "
            + (source.subdirectory.map { "its directory \($0)" } ?? "its root") + " at \(commit.prefix(12))",
          hint: "name the project's directory: #subdirectory=…")
      }
      do {
        return try await builder().buildWheel(from: project, for: interpreter, into: "\(area)/wheel")
      } catch let failure as Failure {
        throw failure.placed(at: .url(source.description))
      }
    }
  }

  /// The wheel of an sdist for an interpreter: out of the cache, else downloaded, checked and built.
  public func wheel(
    ofSdist sdist: LockedFile, for interpreter: Interpreter, downloader: any Downloader
  ) async throws -> String {
    try await wheel(WheelCache.key("sdist", sdist.sha256, "", interpreter)) { area in
      announce("Building \(sdist.name)")
      let archive = "\(area)/\(sdist.name)"
      try await downloader.download(sdist, to: archive, progress: { _ in })
      do {
        return try await builder().buildWheel(from: archive, for: interpreter, into: "\(area)/wheel")
      } catch let failure as Failure {
        throw failure.placed(at: .url(sdist.url))
      }
    }
  }

  private static func key(_ kind: String, _ identity: String, _ subdirectory: String, _ interpreter: Interpreter)
    -> String
  {
    Digest.sha256([kind, identity, subdirectory, interpreter.soabi, interpreter.minorVersion].joined(separator: "\n"))
  }

  private func wheel(_ key: String, build: (String) async throws -> String) async throws -> String {
    let kept = "\(state.cache)/wheels/\(key)"
    if let name = try Files.list(kept).first(where: { $0.hasSuffix(".whl") }) { return "\(kept)/\(name)" }
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    try Files.makeDirectory("\(area.path)/wheel")
    let built = try await build(area.path)
    try Files.makeDirectory(kept)
    let path = "\(kept)/\(built.lastPathComponent)"
    try Files.rename(built, to: path)
    return path
  }
}

extension Failure {
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
