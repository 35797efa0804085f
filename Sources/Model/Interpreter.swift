/// A Python interpreter, as its own probe described it.
public struct Interpreter: Sendable, Equatable, Encodable {
  /// The real executable, outside any virtual environment; absolute.
  public var executable: String
  /// `3.11.7`.
  public var version: String
  /// `cpython`, `pypy`, …: `sys.implementation.name`.
  public var implementation: String
  /// `cpython-311`: `sys.implementation.cache_tag`.
  public var cacheTag: String
  /// The SOABI configuration variable, for instance `cpython-311-x86_64-linux-gnu`.
  public var soabi: String
  /// The value of each PEP 508 environment marker.
  public var markers: [String: String]
  /// The wheel tags it can install, best first (PEP 425): `cp311-cp311-manylinux_2_17_x86_64`.
  public var tags: [String]
  /// Changes when the executable is replaced.
  public var identity: FileIdentity
  /// The platform that it stands for when that is another one's: `spec.platform`, as uv names it.
  public var target: String?
  /// Whether what is built with it here may be of no use where it is to be installed.
  public var isForeign = false

  private enum CodingKeys: String, CodingKey {
    case executable, version, implementation, cacheTag, soabi, markers, tags, identity
  }

  /// Creates a description.
  public init(
    executable: String, version: String, implementation: String, cacheTag: String, soabi: String,
    markers: [String: String], tags: [String], identity: FileIdentity
  ) {
    self.executable = executable
    self.version = version
    self.implementation = implementation
    self.cacheTag = cacheTag
    self.soabi = soabi
    self.markers = markers
    self.tags = tags
    self.identity = identity
  }

  /// `3.11`: major and minor version.
  public var minorVersion: String { version.split(separator: ".").prefix(2).joined(separator: ".") }
}

/// What tells whether a file was replaced: device-independent, cheap to read.
public struct FileIdentity: Sendable, Equatable, Hashable, Codable {
  /// Size in bytes.
  public var size: Int
  /// Modification time in nanoseconds since 1970.
  public var modified: Int
  /// Inode number.
  public var inode: UInt64

  /// Creates an identity.
  public init(size: Int, modified: Int, inode: UInt64) {
    self.size = size
    self.modified = modified
    self.inode = inode
  }
}

/// An environment that exists already, as its own interpreter described it.
public struct BaseEnvironment: Sendable, Equatable {
  /// Where it is; absolute.
  public var path: String
  /// The interpreter beneath it.
  public var interpreter: Interpreter
  /// Its site directories, in the order of its `sys.path`.
  public var siteDirectories: [String]
  /// What is installed in it.
  public var distributions: [BaseDistribution]

  /// Creates a description.
  public init(path: String, interpreter: Interpreter, siteDirectories: [String], distributions: [BaseDistribution]) {
    self.path = path
    self.interpreter = interpreter
    self.siteDirectories = siteDirectories
    self.distributions = distributions
  }
}

/// A distribution of the base.
public struct BaseDistribution: Sendable, Equatable {
  /// Its name.
  public var name: PackageName
  /// Its version.
  public var version: String
  /// Its METADATA, whole.
  public var metadata: String
  /// Whether it came from a direct reference (PEP 610): a path, a repository, an archive, an editable install.
  public var isDirect: Bool
  /// Its console and GUI scripts: name to `module:attribute`.
  public var scripts: [String: String]
  /// The top-level import names that it brings.
  public var topLevel: [String]

  /// Creates a description.
  public init(
    name: PackageName, version: String, metadata: String, isDirect: Bool, scripts: [String: String],
    topLevel: [String]
  ) {
    self.name = name
    self.version = version
    self.metadata = metadata
    self.isDirect = isDirect
    self.scripts = scripts
    self.topLevel = topLevel
  }
}
