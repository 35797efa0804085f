/// A project directory on disk: `[name[extra] @] ./my-link`, an absolute path or a `file:` URL.
public struct DirectoryRequirement: Sendable, Hashable, CustomStringConvertible {
  /// The distribution's name, where the requirement says it.
  public var name: PackageName?
  /// Extras, normalised, sorted, each once.
  public var extras: [PackageName]
  /// The directory: absolute, without `.`, `..` and a slash at its end.
  public var path: String
  /// The project's directory below that one; nil when it is that one.
  public var subdirectory: String?
  /// When the requirement holds at all.
  public var marker: Marker?
  /// `--no-deps` at most: a directory comes from no index, and has no hash.
  public var options: RequirementOptions

  /// Creates a requirement.
  public init(
    name: PackageName? = nil, extras: [PackageName] = [], path: String, subdirectory: String? = nil,
    marker: Marker? = nil, options: RequirementOptions = RequirementOptions()
  ) {
    self.name = name
    self.extras = Array(Set(extras)).sorted()
    self.path = path
    self.subdirectory = subdirectory
    self.marker = marker
    self.options = options
  }

  /// The project's own directory.
  public var projectPath: String { subdirectory.map { "\(path)/\($0)" } ?? path }

  /// The requirement in its normalised form: `name @ file:///srv/my-link`.
  public var description: String {
    let fragment = subdirectory.map { "#subdirectory=\($0.percentEncodedPath)" } ?? ""
    return Requirement.text(name, extras, "file://\(path.percentEncodedPath)\(fragment)", marker, options)
  }
}
