/// A lockfile's content: `pylock.<environment>.toml`, PEP 751 with Pinion's own data under `[tool.pinion]`.
public struct Lockfile: Sendable, Equatable {
  /// The version of the `[tool.pinion]` table that this code writes.
  public static let formatVersion = 1

  /// What `requires-python` says.
  public var requiresPython: String?
  /// Every distribution, sorted by name.
  public var distributions: [LockedDistribution]
  /// `sha256:…` over the normalised inputs of resolution.
  public var inputsDigest: String
  /// The minor version of Python that it was resolved for: `3.11`.
  public var python: String?
  /// The platform that it was resolved for: `linux-x86_64`, or what `spec.platform` says: `x86_64-manylinux_2_28`.
  public var platform: String?
  /// The environments that it holds for, as markers (PEP 751, `environments`); empty where it does not say.
  public var environments: [String] = []
  /// The labels of the modules that could not be resolved when it was made, sorted: what it has of them is older.
  public var heldBack: [String] = []
  /// What others wrote into it.
  public var unknown: [UnknownKey] = []
  /// The declared modules and what answers for each, sorted by section and name.
  public var modules: [LockedModule]
  /// What the locked distributions and modules need from the base.
  public var baseNeeds: [BaseNeed]

  /// Creates a lockfile's content.
  public init(
    requiresPython: String?, distributions: [LockedDistribution], inputsDigest: String, modules: [LockedModule],
    baseNeeds: [BaseNeed]
  ) {
    self.requiresPython = requiresPython
    self.distributions = distributions.sorted { $0.name < $1.name }
    self.inputsDigest = inputsDigest
    self.modules = modules.sorted { ($0.section.rawValue, $0.name) < ($1.section.rawValue, $1.name) }
    self.baseNeeds = baseNeeds.sorted { $0.name < $1.name }
  }

  /// The locked distribution of that name.
  public subscript(name: PackageName) -> LockedDistribution? {
    distributions.first { $0.name == name }
  }

  /// Whether no module asks for the distribution, and it is there since another one names its place: a git repository, an
  /// archive or a directory of its own.
  public func isBrought(_ distribution: LockedDistribution) -> Bool {
    if case .index = distribution.source { return false }
    return !modules.contains { $0.distribution == distribution.name && $0.requirement != nil }
  }
}

/// One distribution, exact.
public struct LockedDistribution: Sendable, Equatable {
  /// Its name.
  public var name: PackageName
  /// Its version, in PEP 440's normal form.
  public var version: String
  /// Where its bytes come from.
  public var source: Source
  /// The locked distributions that it needs, sorted.
  public var dependencies: [PackageName]

  /// Where a distribution's bytes come from.
  public enum Source: Sendable, Equatable {
    /// A package index: wheels, and a source distribution where there is one.
    case index(url: String, wheels: [LockedFile], sdist: LockedFile?)
    /// A commit of a git repository.
    case git(GitPin)
    /// A wheel or a source archive, at a URL or on disk.
    case archive(ArchivePin)
    /// A project directory on disk.
    case directory(DirectoryPin)
  }

  /// Creates a locked distribution.
  public init(name: PackageName, version: String, source: Source, dependencies: [PackageName]) {
    self.name = name
    self.version = version
    self.source = source
    self.dependencies = dependencies
  }
}

/// A file of a package index.
public struct LockedFile: Sendable, Equatable, Hashable {
  /// The file name.
  public var name: String
  /// Where it is, without user info.
  public var url: String
  /// Its size in bytes, where the index says it.
  public var size: Int?
  /// Its SHA-256 in lower-case hexadecimal.
  public var sha256: String
  /// When the index received it, in seconds since 1970, where the index says it (PEP 700).
  public var uploadTime: Int?

  /// Creates a file.
  public init(name: String, url: String, size: Int?, sha256: String, uploadTime: Int? = nil) {
    self.name = name
    self.url = url
    self.size = size
    self.sha256 = sha256
    self.uploadTime = uploadTime
  }
}

/// A declared module and what answers for it.
public struct LockedModule: Sendable, Equatable, Codable {
  /// What answers for a module.
  public enum Answer: String, Sendable, Codable {
    /// A locked distribution.
    case distribution
    /// The application itself, as `provided` says.
    case provided
    /// One of the application's import roots.
    case pythonPath
    /// The base environment.
    case base
    /// The interpreter's standard library.
    case interpreter
    /// Nothing: the requirement's marker keeps it from holding for this Python and platform.
    case excluded

    /// Whether the module can be shown to import in a generation. What the application provides is there only when it
    /// runs, and what is excluded is not there at all.
    public var isVerified: Bool { self != .provided && self != .excluded }
  }

  /// The entry's key.
  public var name: String
  /// Its section.
  public var section: Module.Section
  /// Its import path.
  public var importPath: String
  /// The requirement, normalised, without user info; nil when none is declared or implied.
  public var requirement: String?
  /// The distribution that it comes from.
  public var distribution: PackageName?
  /// What answers for it.
  public var answer: Answer

  /// Creates an entry.
  public init(
    name: String, section: Module.Section, importPath: String, requirement: String?, distribution: PackageName?,
    answer: Answer
  ) {
    self.name = name
    self.section = section
    self.importPath = importPath
    self.requirement = requirement
    self.distribution = distribution
    self.answer = answer
  }

  /// `links.my_link`: section and name.
  public var label: String { "\(section.rawValue).\(name)" }
}

/// What the lock takes from the base: the versions that will do.
public struct BaseNeed: Sendable, Equatable, Hashable {
  /// The distribution in the base.
  public var name: PackageName
  /// The version that was there when the lock was made.
  public var version: String
  /// All that is asked of its version, as one specifier set.
  public var specifiers: VersionSpecifiers
  /// What it needs in turn of the locked distributions and of other needs, sorted: by way of an extra that a module
  /// asks for, the base may need what it does not have.
  public var dependencies: [PackageName]

  /// Creates a need.
  public init(
    name: PackageName, version: String, specifiers: VersionSpecifiers, dependencies: [PackageName] = []
  ) {
    self.name = name
    self.version = version
    self.specifiers = specifiers
    self.dependencies = dependencies
  }
}
