/// How a distribution's files get from the store into a generation.
public enum LinkMode: String, Sendable, Equatable, Codable, CaseIterable {
  /// Symbolic links into the store: to whole directories, where one distribution alone has them.
  case symlink
  /// Real directories with further names (hard links) of the store's files.
  case hardlink
  /// Real directories with copies.
  case copy
}

/// How the files of an environment's distributions get into its generations.
public struct LinkSettings: Sendable, Equatable {
  /// The mode of those that have none of their own.
  public var mode: LinkMode
  /// Modes of single distributions.
  public var distributions: [PackageName: LinkMode]

  /// Creates settings; the default is symbolic links for all.
  public init(mode: LinkMode = .symlink, distributions: [PackageName: LinkMode] = [:]) {
    self.mode = mode
    self.distributions = distributions
  }

  /// The mode of a distribution.
  public func mode(of name: PackageName) -> LinkMode { distributions[name] ?? mode }
}
