internal import FoundationEssentials
internal import Model
internal import Platform

/// A Python project that a test makes up: a release on an index, or what a git repository holds.
public struct PythonProject: Sendable, Encodable {
  /// The distribution's name.
  public var name: String
  /// The distribution's version.
  public var version: String
  /// What it requires, in PEP 508.
  public var requires: [String]
  /// What its extras require.
  public var extras: [String: [String]]
  /// Its console scripts: name and `module:function`.
  public var scripts: [String: String]
  /// Which versions of Python will do.
  public var requiresPython: String?
  /// What is in the wheel, by path.
  public var files: [String: String]
  /// Whether the index sends other bytes than it promises.
  public var corrupt = false
  /// Whether the index breaks off in the middle of its file.
  public var isCutOff = false
  /// After how many bytes each answer of an index with its wheel breaks off; nil where it does not.
  public var crumb: Int?
  /// Whether the index sends such a wheel from its beginning, whatever part of it is asked for.
  public var ignoresRanges = false
  /// Whether the index has a page of HTML where its metadata should be.
  public var hasWrongMetadata = false
  /// Whether the index has its source archive only.
  public var isSdist = false
  /// When the index got it, as RFC 3339 has it; nil where the index does not say.
  public var uploadTime: String?
  /// Python code that its build back end runs.
  public var onBuild: String?
  private var packages: [String] = []

  /// Creates a project. Without files it has one package of its own name with a `__version__` and a `run`.
  public init(
    _ name: String, _ version: String = "1.0", requires: [String] = [], extras: [String: [String]] = [:],
    scripts: [String: String] = [:], requiresPython: String? = nil, files: [String: String]? = nil
  ) {
    self.name = name
    self.version = version
    self.requires = requires
    self.extras = extras
    self.scripts = scripts
    self.requiresPython = requiresPython
    let package = name.replacing("-", with: "_")
    self.files = files ?? ["\(package)/__init__.py": PythonProject.module(version)]
  }

  /// A module with a version and a `run` that returns it.
  public static func module(_ version: String, imports: String = "") -> String {
    "\(imports)__version__ = '\(version)'\n\n\ndef run(*_):\n    return __version__\n\n\ndef main():\n    print(__version__)\n"
  }

  /// The project as a source tree that any PEP 517 front end builds, without any requirement.
  public func tree(in directory: String = "") throws -> [String: GitRepository.Entry] {
    var project = self
    project.packages = Set(files.keys.map { String($0.prefix { $0 != "/" }) }).sorted()
    project.files = [:]
    let prefix = directory.isEmpty ? "" : "\(directory)/"
    var entries: [String: GitRepository.Entry] = [
      "\(prefix)pyproject.toml": """
      [build-system]
      requires = []
      build-backend = "tiny_backend"
      backend-path = ["."]

      """,
      "\(prefix)project.json": .file(try project.json()),
      "\(prefix)tiny_backend.py": .file(
        String(decoding: try Files.read("\(TestPaths.resources)/tiny_backend.py"), as: UTF8.self)),
    ]
    for (path, text) in files { entries[prefix + path] = .file(text) }
    return entries
  }

  /// The description that `tiny_backend.py` reads.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
