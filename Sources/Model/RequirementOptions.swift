/// Options behind a requirement: `my-link --index-url https://host/simple --no-deps`. They hold for the one distribution that
/// the requirement names, and never for another, be it a dependency of it.
///
/// Source: pip's requirements file format, of whose options these are the ones that can be said of a single distribution.
public struct RequirementOptions: Sendable, Hashable {
  /// Which kinds of files will do.
  public enum Binaries: String, Sendable, Hashable, Codable {
    /// Wheels and source distributions.
    case any
    /// Wheels alone: `--only-binary`.
    case only
    /// Source distributions alone: `--no-binary`.
    case none
  }

  /// The index that is asked in place of the default one: `--index-url`.
  public var index: RemoteURL?
  /// Indexes that are asked as well, in order: `--extra-index-url`.
  public var extraIndexes: [RemoteURL]
  /// Pages and directories with links to files, in order; a path has become a `file` URL: `--find-links`.
  public var findLinks: [RemoteURL]
  /// Whether a pre-release will do where a final release exists: `--pre`.
  public var allowsPrereleases: Bool
  /// Whether the distribution is installed without what it depends on: `--no-deps`.
  public var ignoresDependencies: Bool
  /// Which kinds of files will do: `--only-binary`, `--no-binary`.
  public var binaries: Binaries
  /// Of which the file must have one; empty when none was given: `--hash`.
  public var hashes: [FileHash]

  /// Creates options; what is left out has no effect.
  public init(
    index: RemoteURL? = nil, extraIndexes: [RemoteURL] = [], findLinks: [RemoteURL] = [],
    allowsPrereleases: Bool = false, ignoresDependencies: Bool = false, binaries: Binaries = .any,
    hashes: [FileHash] = []
  ) {
    self.index = index
    self.extraIndexes = extraIndexes
    self.findLinks = findLinks
    self.allowsPrereleases = allowsPrereleases
    self.ignoresDependencies = ignoresDependencies
    self.binaries = binaries
    self.hashes = Array(Set(hashes)).sorted()
  }

  /// Whether there are none.
  public var isEmpty: Bool { self == RequirementOptions() }

  /// Every URL in them.
  public var urls: [RemoteURL] { (index.map { [$0] } ?? []) + extraIndexes + findLinks }

  /// ` --index-url https://host/simple --no-deps`: the options in one order, without user info; empty when there are none.
  public var suffix: String {
    var words: [String] = []
    if let index { words.append("--index-url \(index)") }
    words += extraIndexes.map { "--extra-index-url \($0)" }
    words += findLinks.map { "--find-links \($0)" }
    if allowsPrereleases { words.append("--pre") }
    if ignoresDependencies { words.append("--no-deps") }
    switch binaries {
    case .any: break
    case .only: words.append("--only-binary :all:")
    case .none: words.append("--no-binary :all:")
    }
    words += hashes.map { "--hash \($0)" }
    return words.map { " \($0)" }.joined()
  }
}
