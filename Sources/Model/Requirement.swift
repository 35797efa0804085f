/// What a module asks for: what `pip_name` says, read.
public enum Requirement: Sendable, Hashable {
  /// A distribution from a package index.
  case index(IndexRequirement)
  /// A git repository.
  case git(GitRequirement)

  /// The distribution's name, where the requirement says it.
  public var name: PackageName? {
    switch self {
    case .index(let requirement): requirement.name
    case .git(let requirement): requirement.name
    }
  }
}

/// A PEP 508 requirement by name: `name[extra]>=1,<2 ; marker`.
public struct IndexRequirement: Sendable, Hashable, CustomStringConvertible {
  /// The distribution's name.
  public var name: PackageName
  /// Extras, normalised, sorted, each once.
  public var extras: [PackageName]
  /// The versions that will do; empty means any.
  public var specifiers: VersionSpecifiers
  /// When the requirement holds at all.
  public var marker: Marker?

  /// Creates a requirement.
  public init(
    name: PackageName, extras: [PackageName] = [], specifiers: VersionSpecifiers = .any, marker: Marker? = nil
  ) {
    self.name = name
    self.extras = Array(Set(extras)).sorted()
    self.specifiers = specifiers
    self.marker = marker
  }

  /// The requirement in its normalised PEP 508 form.
  public var description: String {
    let extrasText = extras.isEmpty ? "" : "[\(extras.map(\.text).joined(separator: ","))]"
    return "\(name)\(extrasText)\(specifiers)" + (marker.map { " ; \($0)" } ?? "")
  }
}

/// A direct reference to a git repository: `[name[extra] @] git+URL[@reference][#subdirectory=…]`.
public struct GitRequirement: Sendable, Hashable, CustomStringConvertible {
  /// The distribution's name, where the requirement says it.
  public var name: PackageName?
  /// Extras, normalised, sorted, each once.
  public var extras: [PackageName]
  /// Which repository, which reference, which directory in it.
  public var source: GitSource
  /// When the requirement holds at all.
  public var marker: Marker?

  /// Creates a requirement.
  public init(name: PackageName? = nil, extras: [PackageName] = [], source: GitSource, marker: Marker? = nil) {
    self.name = name
    self.extras = Array(Set(extras)).sorted()
    self.source = source
    self.marker = marker
  }

  /// The requirement in its normalised form, without user info.
  public var description: String {
    let extrasText = extras.isEmpty ? "" : "[\(extras.map(\.text).joined(separator: ","))]"
    return (name.map { "\($0)\(extrasText) @ " } ?? "") + source.description + (marker.map { " ; \($0)" } ?? "")
  }
}

/// A place in a git repository, as it was asked for.
public struct GitSource: Sendable, Hashable, CustomStringConvertible {
  /// The repository, with scheme `https`, `http`, `file` (or `ssh`).
  public var url: RemoteURL
  /// A branch, tag, commit or full reference name; nil for the server's HEAD.
  public var reference: String?
  /// The project's directory within the repository; nil for its root.
  public var subdirectory: String?

  /// Creates a source.
  public init(url: RemoteURL, reference: String? = nil, subdirectory: String? = nil) {
    self.url = url
    self.reference = reference
    self.subdirectory = subdirectory
  }

  /// `git+URL@reference#subdirectory=…`, without user info.
  public var description: String {
    "git+\(url)" + (reference.map { "@\($0)" } ?? "") + (subdirectory.map { "#subdirectory=\($0)" } ?? "")
  }
}
