public import Model
internal import Platform
internal import Resolution

/// What a lockfile took from places that may change without anybody's leave: branches, and what lies on this machine's disk.
public struct FollowedSources: Sendable, Equatable {
  /// References that can move, with their locked commits.
  public var git: [GitSource: String] = [:]
  /// Tags, with their locked commits: nobody is asked for their sake, but that they moved is noticed where somebody is.
  public var tags: [GitSource: String] = [:]
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
      case .git(let source):
        guard let pin = pins.pin(of: source) else { continue }
        if pin.isFollowed {
          git[source] = pin.commit
        } else if pin.isTag {
          tags[source] = pin.commit
        }
      case .archive(let source):
        if let path = source.localPath, let sha256 = locked.archives[path] { archives[path] = sha256 }
      case .directory(let source): directories[source.path] = locked.directories[source.path]
      }
    }
  }

  /// The same without what a server would have to be asked for.
  var local: FollowedSources {
    var copy = self
    (copy.git, copy.tags) = ([:], [:])
    return copy
  }

  /// Whether there is nothing to look at. Tags alone are no reason to ask.
  public var isEmpty: Bool { git.isEmpty && archives.isEmpty && directories.isEmpty }

  /// What is another now than was locked.
  struct Differences: Sendable {
    /// Whether anything that is followed is.
    var haveMoved = false
    /// Tags in repositories that were asked for something else, with what they were and are.
    var tags: [GitSource: MovedReferences.Move] = [:]
  }

  /// Compares. What lies on disk is looked at first: it costs no server a question.
  ///
  /// Throws what `SourceProvider.commits` throws, `requirementInvalid` for a directory that is gone, and `io`.
  func compare(asking sources: any SourceProvider) async throws -> Differences {
    for (path, sha256) in archives {
      guard Files.exists(path) else {
        throw Failure(
          .requirementInvalid, "the archive does not exist", at: .path(path),
          hint: "put it there, or change the requirement; --locked does without it where the store has it")
      }
      if try FileDigest.sha256(path) != sha256 { return Differences(haveMoved: true) }
    }
    for (path, digest) in directories where try ProjectDirectory(path).digest() != digest {
      return Differences(haveMoved: true)
    }
    guard !git.isEmpty else { return Differences() }
    let now = try await sources.commits(for: Array(git.keys), noticing: Array(tags.keys))
    var differences = Differences(haveMoved: git.contains { now[$0.key]?.commit != $0.value })
    for (source, commit) in tags {
      guard let found = now[source], !found.isFollowed, found.commit != commit else { continue }
      differences.tags[source] = MovedReferences.Move(locked: commit, now: found.commit)
    }
    return differences
  }
}
