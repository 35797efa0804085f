public import Model
internal import Platform
internal import Resolution

/// What a lockfile took from places that may change without anybody's leave: branches, and what lies on this machine's disk.
public struct FollowedSources: Sendable, Equatable {
  /// References that can move, with their locked commits.
  public var git: [GitSource: String] = [:]
  /// Archives on disk, by path, with their locked SHA-256.
  public var archives: [String: String] = [:]
  /// Project directories, by path, with the locked digests of their contents.
  public var directories: [String: String] = [:]

  /// Nothing.
  public init() {}

  /// What of these sources a lockfile follows.
  public init(_ sources: Set<DirectSource>, in lockfile: Lockfile) {
    let pins = GitPins(previous: lockfile)
    var locked = FollowedSources()
    for distribution in lockfile.distributions {
      switch distribution.source {
      case .archive(let pin): if let path = pin.localPath { locked.archives[path] = pin.sha256 }
      case .directory(let pin): locked.directories[pin.path] = pin.digest
      case .index, .git: continue
      }
    }
    for source in sources {
      switch source {
      case .git(let source): if let pin = pins.pin(of: source), pin.isFollowed { git[source] = pin.commit }
      case .archive(let source):
        if let path = source.localPath, let sha256 = locked.archives[path] { archives[path] = sha256 }
      case .directory(let source): directories[source.path] = locked.directories[source.path]
      }
    }
  }

  /// Whether there is nothing to look at.
  public var isEmpty: Bool { git.isEmpty && archives.isEmpty && directories.isEmpty }

  /// Whether anything is another now. What lies on disk is looked at first: it costs no server a question.
  ///
  /// Throws what `SourceProvider.commits` throws, `requirementInvalid` for a directory that is gone, and `io`.
  func haveMoved(asking sources: any SourceProvider) async throws -> Bool {
    for (path, sha256) in archives {
      guard Files.exists(path) else {
        throw Failure(
          .requirementInvalid, "the archive does not exist", at: .path(path),
          hint: "put it there, or change the requirement; --locked does without it where the store has it")
      }
      if try FileDigest.sha256(path) != sha256 { return true }
    }
    for (path, digest) in directories where try ProjectDirectory(path).digest() != digest { return true }
    guard !git.isEmpty else { return false }
    let now = try await sources.commits(for: Array(git.keys))
    return git.contains { now[$0.key]?.commit != $0.value }
  }
}
