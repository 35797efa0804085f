/// What one environment shall be, as its manifest declares it.
public struct DesiredEnvironment: Sendable, Equatable {
  /// What kind of document declares it.
  public enum Kind: String, Sendable, Codable { case moduleSet, vconServer }

  /// The environment's name: `[a-z0-9]([a-z0-9-]*[a-z0-9])?`, at most 63 characters.
  public var name: String
  /// What kind of document declares it.
  public var kind: Kind
  /// Where the document begins.
  public var location: SourceLocation
  /// The directory that relative paths in the manifest start from: the manifest's own, absolute.
  public var directory: String
  /// A version request (`>=3.11`), a command name or a path; nil means `python3`.
  public var python: String?
  /// The platform and the Python that the lockfile is made for; nil for those at hand.
  public var platform: TargetPlatform?
  /// Import paths that the application brings itself: glob patterns such as `links.*`.
  public var provided: [String]
  /// An existing environment that Pinion layers on and never changes; absolute.
  public var base: String?
  /// The application's own import roots, absolute, in order.
  public var pythonPath: [String]
  /// How modules are verified unless they say otherwise.
  public var verification: Verification
  /// Whether `python -m pip install` in the environment is refused with a hint.
  public var blockInstalls: Bool
  /// How the files of distributions get into generations.
  public var links = LinkSettings()
  /// Where the lockfile stands; absolute.
  public var lockfile: String
  /// What a run without `--locked` may change in the lockfile.
  public var lockUpdate: LockUpdate
  /// What happens to the others where a module cannot be resolved; nil where that is left to whoever runs.
  public var onFailure: FailureHandling?
  /// Package indexes in the order of the manifest; the first is the default index. Empty means pip's and uv's own settings.
  public var indexes: [PackageIndex]
  /// Who asks git servers.
  public var gitCredentials: [GitCredential]
  /// How certificates of git servers are checked where the system's authorities do not decide.
  public var gitTLS: [GitTLS]
  /// Which signatures git modules must have.
  public var signatures: SignatureRule
  /// What narrows the versions of distributions that are installed for other reasons.
  public var constraints: [Constraint]
  /// What replaces, for a distribution, everything that others ask of its version.
  public var overrides: [Constraint]
  /// What the environment may be made of.
  public var policy: Policy
  /// Where known vulnerabilities are looked up, and which do not count.
  public var audit = AuditSettings()
  /// What shows that the application does well with a new generation; nil where nothing is asked.
  public var health: HealthCheck?
  /// What is done when another generation has come into use, in order.
  public var onChange: [ChangeHook] = []
  /// The files that the manifest includes, absolute, in the order in which they were read.
  public var include: [String]
  /// Whether modules that are not used were left out of `modules`.
  public var onlyUsed = false
  /// The modules in the order of the manifest.
  public var modules: [Module]

  /// Creates a declaration with the defaults of its kind.
  public init(name: String, kind: Kind, location: SourceLocation, directory: String) {
    self.name = name
    self.kind = kind
    self.location = location
    self.directory = directory
    provided = kind == .vconServer ? ["links.*", "storage.*", "tracers.*"] : []
    pythonPath = []
    verification = Verification()
    blockInstalls = kind == .vconServer
    lockfile = "\(directory)/pylock.\(name).toml"
    lockUpdate = .references
    indexes = []
    gitCredentials = []
    gitTLS = []
    signatures = SignatureRule()
    constraints = []
    overrides = []
    policy = Policy(for: kind)
    include = []
    modules = []
  }

  /// What happens to an undotted import path that nothing answers for: it is taken as the package's name or refused.
  public var impliedPackages: PolicyLevel { policy.impliedPackages }
}

/// One declared entry.
public struct Module: Sendable, Equatable {
  /// Where in the manifest modules stand. vCon Server configs have the first four.
  public enum Section: String, Sendable, Codable, CaseIterable { case imports, links, storages, tracers, modules }

  /// The entry's key in its section.
  public var name: String
  /// The section it stands in.
  public var section: Section
  /// What must be importable, for instance `my_link.main`.
  public var importPath: String
  /// What it asks for.
  public var requirement: DeclaredRequirement
  /// Attributes that the module must have.
  public var expects: [String]
  /// How this module is verified, where it differs from the environment's way.
  public var verification: Verification?
  /// Whether the application can come to load it: false for a link that no enabled chain names.
  public var isUsed = true
  /// Where the entry stands.
  public var location: SourceLocation

  /// Creates an entry.
  public init(
    name: String, section: Section, importPath: String, requirement: DeclaredRequirement, expects: [String] = [],
    verification: Verification? = nil, location: SourceLocation
  ) {
    self.name = name
    self.section = section
    self.importPath = importPath
    self.requirement = requirement
    self.expects = expects
    self.verification = verification
    self.location = location
  }

  /// `links.my_link`: section and name, unique in an environment.
  public var label: String { "\(section.rawValue).\(name)" }
}

/// What an entry's `pip_name` came to.
public enum DeclaredRequirement: Sendable, Equatable {
  /// The entry has no `pip_name`.
  case absent
  /// It was read.
  case requirement(Requirement)
  /// It cannot be read until these variables are set: they stand outside user info.
  case unset([Template.Part])
}

/// How a module is shown to work before a generation is switched to.
public struct Verification: Sendable, Equatable, Codable {
  /// What is done.
  public enum Mode: String, Sendable, Codable { case `import`, locate, off }
  /// Import the module, only find it, or neither.
  public var mode: Mode
  /// Variables added to the scrubbed environment of the verifying interpreter.
  public var env: [String: String]
  /// How long one import may take, in seconds. All together may take as long as the longest of these.
  public var deadline: Double

  /// Creates settings; the defaults are import and two minutes.
  public init(mode: Mode = .import, env: [String: String] = [:], deadline: Double = 120) {
    self.mode = mode
    self.env = env
    self.deadline = deadline
  }
}

/// What happens to other modules where one cannot be resolved.
public enum FailureHandling: String, Sendable, Codable, CaseIterable {
  /// They stay as they are, too.
  case fail
  /// They are resolved without it, and it stays as it was locked.
  case keepOthers = "keep-others"
}

/// What a run without `--locked` may change in the lockfile.
public enum LockUpdate: String, Sendable, Codable, CaseIterable {
  /// Nothing, once it exists.
  case never
  /// Follow changed inputs and moved references; packages stay as locked.
  case references
  /// Also move packages within their major version.
  case minor
  /// Also move packages wherever the manifest lets them go.
  case all
}
