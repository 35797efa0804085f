/// A PEP 508 requirement by name: `name[extra]>=1,<2 ; marker`, and the options behind it.
public struct IndexRequirement: Sendable, Hashable, CustomStringConvertible {
  /// The distribution's name.
  public var name: PackageName
  /// Extras, normalised, sorted, each once.
  public var extras: [PackageName]
  /// The versions that will do; empty means any.
  public var specifiers: VersionSpecifiers
  /// When the requirement holds at all.
  public var marker: Marker?
  /// Where this distribution comes from, and in which form. They say nothing of its dependencies' origin.
  public var options: RequirementOptions

  /// Creates a requirement.
  public init(
    name: PackageName, extras: [PackageName] = [], specifiers: VersionSpecifiers = .any, marker: Marker? = nil,
    options: RequirementOptions = RequirementOptions()
  ) {
    self.name = name
    self.extras = Array(Set(extras)).sorted()
    self.specifiers = specifiers
    self.marker = marker
    self.options = options
  }

  /// The requirement in its normalised PEP 508 form, without its options: what a resolver reads.
  public var pep508: String {
    "\(name)\(Requirement.text(of: extras))\(specifiers)" + (marker.map { " ; \($0)" } ?? "")
  }

  /// The requirement in its normalised form, with its options and without user info.
  public var description: String { pep508 + options.suffix }
}
