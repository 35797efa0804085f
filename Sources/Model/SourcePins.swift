/// A commit, with what was asked for.
public struct GitPin: Sendable, Equatable, Hashable {
  /// The repository, without `git+`, and without user info save the name that an ssh server wants to hear.
  public var url: String
  /// The reference that was asked for; nil for the server's HEAD.
  public var requestedRevision: String?
  /// The commit's full id, in lower-case hexadecimal.
  public var commit: String
  /// The project's directory within the repository.
  public var subdirectory: String?
  /// Whether the reference can move: a branch or HEAD. Tags and commits stay until `--upgrade`.
  public var isFollowed: Bool

  /// Creates a pin.
  public init(url: String, requestedRevision: String?, commit: String, subdirectory: String?, isFollowed: Bool) {
    self.url = url
    self.requestedRevision = requestedRevision
    self.commit = commit
    self.subdirectory = subdirectory
    self.isFollowed = isFollowed
  }

  /// Whether it was asked for by a tag: by no digits of the commit, and by nothing that is followed.
  public var isTag: Bool {
    !isFollowed && requestedRevision.map { !commit.hasPrefix($0.lowercased()) } ?? false
  }

  /// The repository without any user info: who asks makes no other repository of it.
  public var repository: String {
    guard let start = url.firstRange(of: "://")?.upperBound else { return url }
    let authority = url[start...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return url }
    return "\(url[..<start])\(url[url.index(after: at)...])"
  }
}

/// A wheel or a source archive, exact (PEP 751, `packages.archive`).
public struct ArchivePin: Sendable, Equatable, Hashable {
  /// Where it is, without user info: `https`, `http`, or `file` with an absolute path.
  public var url: String
  /// Its size in bytes.
  public var size: Int?
  /// Its SHA-256 in lower-case hexadecimal.
  public var sha256: String
  /// The project's directory within the archive; nil for its root, and for wheels.
  public var subdirectory: String?

  /// Creates a pin.
  public init(url: String, size: Int?, sha256: String, subdirectory: String?) {
    self.url = url
    self.size = size
    self.sha256 = sha256
    self.subdirectory = subdirectory
  }

  /// The archive as a file of a server.
  public var file: LockedFile {
    let path = url.prefix { $0 != "?" && $0 != "#" }
    let last = path.split(separator: "/").last.map(String.init) ?? "archive"
    return LockedFile(name: last.percentDecoded ?? last, url: url, size: size, sha256: sha256)
  }

  /// The file's absolute path when it is on this machine.
  public var localPath: String? {
    url.hasPrefix("file://") ? String(url.dropFirst("file://".count)).percentDecoded : nil
  }

  /// Where it is, for messages.
  public var place: Place { localPath.map { .path($0) } ?? .url(url) }

  /// Whether it is installed as it is, without a build.
  public var isWheel: Bool { file.name.hasSuffix(".whl") }
}

/// A project directory on disk (PEP 751, `packages.directory`), as it was when it was locked.
public struct DirectoryPin: Sendable, Equatable, Hashable {
  /// The directory; absolute.
  public var path: String
  /// The project's directory within it.
  public var subdirectory: String?
  /// The SHA-256 over names and contents, in lower-case hexadecimal: it changes with every edit.
  public var digest: String

  /// Creates a pin.
  public init(path: String, subdirectory: String?, digest: String) {
    self.path = path
    self.subdirectory = subdirectory
    self.digest = digest
  }
}
