public import Model

/// All that a generation is made from.
public struct GenerationBlueprint: Sendable {
  /// The environment's name.
  public var environment: String
  /// The generation's number.
  public var number: Int
  /// The interpreter it is for.
  public var interpreter: Interpreter
  /// The environment it is layered on.
  public var base: BaseEnvironment?
  /// The application's import roots; absolute.
  public var pythonPath: [String]
  /// Whether `python -m pip install` in it is refused.
  public var blockInstalls: Bool
  /// What the distributions are held to.
  public var policy: Policy
  /// The manifest that declares the environment, for messages.
  public var manifest: String?
  /// What is installed; every `storeKey` is in the store.
  public var distributions: [InstalledDistribution]
  /// Where distributions that did not come from an index come from (PEP 610).
  public var directSources: [PackageName: LockedDistribution.Source]
  /// The declared modules, with how each is verified.
  public var modules: [ModuleBlueprint]
  /// The lockfile, whole.
  public var lockText: String
  /// `sha256:…` of the lockfile.
  public var lockDigest: String
  /// The lockfile's own inputs digest.
  public var inputsDigest: String
  /// A digest over the settings of verification and start-up.
  public var settingsDigest: String
  /// How the files of distributions get into it.
  public var links = LinkSettings()
  /// How it comes to be.
  public var origin: GenerationOrigin?

  /// Creates a blueprint.
  public init(
    environment: String, number: Int, interpreter: Interpreter, base: BaseEnvironment? = nil,
    pythonPath: [String] = [], blockInstalls: Bool = false, policy: Policy = Policy(for: .moduleSet),
    manifest: String? = nil,
    distributions: [InstalledDistribution], directSources: [PackageName: LockedDistribution.Source] = [:],
    modules: [ModuleBlueprint], lockText: String, lockDigest: String, inputsDigest: String, settingsDigest: String
  ) {
    self.environment = environment
    self.number = number
    self.interpreter = interpreter
    self.base = base
    self.pythonPath = pythonPath
    self.blockInstalls = blockInstalls
    self.policy = policy
    self.manifest = manifest
    self.distributions = distributions
    self.directSources = directSources
    self.modules = modules
    self.lockText = lockText
    self.lockDigest = lockDigest
    self.inputsDigest = inputsDigest
    self.settingsDigest = settingsDigest
  }
}

/// One declared module of a generation to be, with how it is verified.
public struct ModuleBlueprint: Sendable {
  /// What the record keeps of it.
  public var installed: InstalledModule
  /// Attributes that it must have.
  public var expects: [String]
  /// How it is verified.
  public var verification: Verification
  /// Where the manifest declares it; nil where no manifest was read.
  public var location: SourceLocation?

  /// Creates an entry.
  public init(
    installed: InstalledModule, expects: [String] = [], verification: Verification = Verification(),
    location: SourceLocation? = nil
  ) {
    self.installed = installed
    self.expects = expects
    self.verification = verification
    self.location = location
  }

  /// `links.my_link`: section and name.
  public var label: String { "\(installed.section.rawValue).\(installed.name)" }
}
