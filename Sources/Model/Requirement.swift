/// What a module asks for: what `pip_name` says, read.
public enum Requirement: Sendable, Hashable, CustomStringConvertible {
  /// A distribution from a package index.
  case index(IndexRequirement)
  /// A git repository.
  case git(GitRequirement)
  /// A wheel or a source archive, at a URL or on disk.
  case archive(ArchiveRequirement)
  /// A project directory on disk.
  case directory(DirectoryRequirement)

  /// The distribution's name, where the requirement says it.
  public var name: PackageName? {
    switch self {
    case .index(let requirement): requirement.name
    case .git(let requirement): requirement.name
    case .archive(let requirement): requirement.name
    case .directory(let requirement): requirement.name
    }
  }

  /// The extras that it asks for: normalised, sorted, each once.
  public var extras: [PackageName] {
    switch self {
    case .index(let requirement): requirement.extras
    case .git(let requirement): requirement.extras
    case .archive(let requirement): requirement.extras
    case .directory(let requirement): requirement.extras
    }
  }

  /// When the requirement holds at all.
  public var marker: Marker? {
    switch self {
    case .index(let requirement): requirement.marker
    case .git(let requirement): requirement.marker
    case .archive(let requirement): requirement.marker
    case .directory(let requirement): requirement.marker
    }
  }

  /// What was written behind it.
  public var options: RequirementOptions {
    switch self {
    case .index(let requirement): requirement.options
    case .git(let requirement): requirement.options
    case .archive(let requirement): requirement.options
    case .directory(let requirement): requirement.options
    }
  }

  /// Every URL that it may lead a program to: its own, and those of its options.
  public var urls: [RemoteURL] {
    switch self {
    case .index(let requirement): requirement.options.urls
    case .git(let requirement): [requirement.source.url]
    case .archive(let requirement): [requirement.url]
    case .directory: []
    }
  }

  /// The requirement in its normalised form, without user info.
  public var description: String {
    switch self {
    case .index(let requirement): requirement.description
    case .git(let requirement): requirement.description
    case .archive(let requirement): requirement.description
    case .directory(let requirement): requirement.description
    }
  }

  /// `name[extra] @ reference ; marker --options`. Extras without a name stand in front by themselves: `[extra] @ …`.
  static func text(
    _ name: PackageName?, _ extras: [PackageName], _ reference: String, _ marker: Marker?,
    _ options: RequirementOptions
  ) -> String {
    let head = (name?.text ?? "") + text(of: extras)
    return (head.isEmpty ? "" : "\(head) @ ") + reference + (marker.map { " ; \($0)" } ?? "") + options.suffix
  }

  /// `[a,b]`; empty without extras.
  static func text(of extras: [PackageName]) -> String {
    extras.isEmpty ? "" : "[\(extras.map(\.text).joined(separator: ","))]"
  }
}
