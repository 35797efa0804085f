/// An entry of `spec.constraints` or `spec.overrides`: a requirement that narrows, or replaces, what others ask for.
public struct Constraint: Sendable, Hashable, CustomStringConvertible {
  /// The name with its versions. It has no extras: a constraint installs nothing.
  public var requirement: IndexRequirement
  /// Where the manifest says so.
  public var location: SourceLocation

  /// Creates an entry.
  public init(_ requirement: IndexRequirement, location: SourceLocation) {
    self.requirement = requirement
    self.location = location
  }

  /// The requirement in its normalised form.
  public var description: String { requirement.description }
}
