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
  /// `--no-deps` at most: a commit comes from no index, has no file to choose and is its own hash.
  public var options: RequirementOptions

  /// Creates a requirement.
  public init(
    name: PackageName? = nil, extras: [PackageName] = [], source: GitSource, marker: Marker? = nil,
    options: RequirementOptions = RequirementOptions()
  ) {
    self.name = name
    self.extras = Array(Set(extras)).sorted()
    self.source = source
    self.marker = marker
    self.options = options
  }

  /// The requirement in its normalised form, without user info.
  public var description: String {
    Requirement.text(name, extras, source.description, marker, options)
  }
}
