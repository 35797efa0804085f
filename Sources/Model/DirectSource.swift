/// Where a distribution comes from that comes from no index.
public enum DirectSource: Sendable, Hashable, CustomStringConvertible {
  /// A git repository.
  case git(GitSource)
  /// A wheel or a source archive.
  case archive(ArchiveSource)
  /// A project directory.
  case directory(DirectorySource)

  /// The source in its normalised form, without user info.
  public var description: String {
    switch self {
    case .git(let source): source.description
    case .archive(let source): source.description
    case .directory(let source): source.description
    }
  }

  /// What it is, for messages.
  public var noun: String {
    switch self {
    case .git: "repository"
    case .archive: "archive"
    case .directory: "directory"
    }
  }

  /// Where it is.
  public var place: Place {
    switch self {
    case .git(let source): .url(source.url.description)
    case .archive(let source): source.localPath.map { .path($0) } ?? .url(source.url.description)
    case .directory(let source): .path(source.path)
    }
  }
}

/// A wheel or a source archive, as it was asked for.
public struct ArchiveSource: Sendable, Hashable, CustomStringConvertible {
  /// Where the file is: scheme `https`, `http` or `file`.
  public var url: RemoteURL
  /// The project's directory within a source archive; nil for its root, and for wheels.
  public var subdirectory: String?
  /// Of which the file must have one; empty when none was given.
  public var hashes: [FileHash]

  /// Creates a source.
  public init(url: RemoteURL, subdirectory: String? = nil, hashes: [FileHash] = []) {
    self.url = url
    self.subdirectory = subdirectory
    self.hashes = hashes
  }

  /// The file's absolute path when it is on this machine.
  public var localPath: String? { url.scheme == "file" ? url.path.percentDecoded ?? url.path : nil }

  /// `https://host/name-1.0.zip#subdirectory=…`, without user info.
  public var description: String { "\(url)" + (subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? "") }
}

/// A project directory, as it was asked for.
public struct DirectorySource: Sendable, Hashable, CustomStringConvertible {
  /// The directory; absolute.
  public var path: String
  /// The project's directory within it.
  public var subdirectory: String?

  /// Creates a source.
  public init(path: String, subdirectory: String? = nil) {
    self.path = path
    self.subdirectory = subdirectory
  }

  /// `file:///srv/my-link#subdirectory=…`.
  public var description: String {
    "file://\(path.percentEncodedPath)" + (subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? "")
  }
}

extension Requirement {
  /// Where it leads when it names no package of an index.
  public var directSource: DirectSource? {
    switch self {
    case .index: nil
    case .git(let requirement): .git(requirement.source)
    case .archive(let requirement):
      .archive(
        ArchiveSource(url: requirement.url, subdirectory: requirement.subdirectory, hashes: requirement.hashes))
    case .directory(let requirement):
      .directory(DirectorySource(path: requirement.path, subdirectory: requirement.subdirectory))
    }
  }
}
