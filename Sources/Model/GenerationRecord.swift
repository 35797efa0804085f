/// What a generation holds: `generation.json`, written last, read by every later run.
public struct GenerationRecord: Sendable, Equatable, Encodable {
  /// The version of the record's format that this code reads and writes.
  public static let formatVersion = 1

  /// The record's format.
  public var formatVersion: Int = GenerationRecord.formatVersion
  /// The generation's number, from 1.
  public var number: Int
  /// The environment's name.
  public var environment: String
  /// When it was built: seconds since 1970.
  public var createdAt: Int
  /// How it came to be; nil in records that say nothing of it.
  public var origin: GenerationOrigin?
  /// `sha256:…` of the lockfile's bytes.
  public var lockDigest: String
  /// The lockfile's own inputs digest.
  public var inputsDigest: String
  /// What the modules' verification and `exec` need besides the lock: a digest over those settings.
  public var settingsDigest: String
  /// The interpreter it was built for. `tags` and `markers` are left out.
  public var interpreter: Interpreter
  /// The base it is layered on; absolute.
  public var base: String?
  /// The base's site directories.
  public var baseSites: [String]
  /// The application's import roots.
  public var pythonPath: [String]
  /// What is installed, sorted by name.
  public var distributions: [InstalledDistribution]
  /// The declared modules.
  public var modules: [InstalledModule]
  /// Everything that Pinion put into the generation, path relative to it, for the drift check.
  public var entries: [GenerationEntry] {
    get { GenerationEntry.list(of: entryText) }
    set { entryText = GenerationEntry.text(of: newValue) }
  }

  // A generation has hundreds of entries, and every run reads them: as one text they are read in a tenth of the time
  // that a list of JSON objects takes.
  var entryText: String

  private enum CodingKeys: String, CodingKey {
    case formatVersion, number, environment, createdAt, origin, lockDigest, inputsDigest, settingsDigest, interpreter,
      base
    case baseSites, pythonPath, distributions, modules
    case entryText = "entries"
  }

  /// Creates a record.
  public init(
    number: Int, environment: String, createdAt: Int, origin: GenerationOrigin? = nil, lockDigest: String,
    inputsDigest: String, settingsDigest: String, interpreter: Interpreter, base: String?, baseSites: [String],
    pythonPath: [String],
    distributions: [InstalledDistribution], modules: [InstalledModule], entries: [GenerationEntry]
  ) {
    self.number = number
    self.environment = environment
    self.createdAt = createdAt
    self.origin = origin
    self.lockDigest = lockDigest
    self.inputsDigest = inputsDigest
    self.settingsDigest = settingsDigest
    self.interpreter = interpreter
    self.base = base
    self.baseSites = baseSites
    self.pythonPath = pythonPath
    self.distributions = distributions
    self.modules = modules
    entryText = GenerationEntry.text(of: entries)
  }
}

/// How a generation came to be.
public struct GenerationOrigin: Sendable, Equatable, Encodable {
  /// The generation that was in use when it was built; nil for a first one.
  public var previous: Int?
  /// The command that made it, as its user wrote it, without secrets.
  public var command: String
  /// How many distributions are new since `previous`.
  public var added: Int
  /// How many have another version, or other bytes.
  public var changed: Int
  /// How many are gone.
  public var removed: Int

  /// Creates a description.
  public init(previous: Int?, command: String, added: Int, changed: Int, removed: Int) {
    self.previous = previous
    self.command = command
    self.added = added
    self.changed = changed
    self.removed = removed
  }
}

/// One distribution of a generation.
public struct InstalledDistribution: Sendable, Equatable, Encodable {
  /// Its name.
  public var name: PackageName
  /// Its version.
  public var version: String
  /// What identifies its bytes in the lockfile.
  public var identity: DistributionIdentity
  /// The SHA-256 of the wheel that was unpacked: its key in the store.
  public var storeKey: String
  /// The labels of the modules that need it, sorted.
  public var modules: [String]
  /// How its files got into the generation; nil for links into the store.
  public var linkMode: LinkMode?

  /// Creates an entry.
  public init(
    name: PackageName, version: String, identity: DistributionIdentity, storeKey: String, modules: [String],
    linkMode: LinkMode? = nil
  ) {
    self.linkMode = linkMode
    self.name = name
    self.version = version
    self.identity = identity
    self.storeKey = storeKey
    self.modules = modules
  }
}

/// What the lockfile says a distribution's bytes are.
public enum DistributionIdentity: Sendable, Equatable, Hashable, Encodable {
  /// A wheel with this SHA-256.
  case wheel(sha256: String)
  /// A source distribution with this SHA-256, to be built.
  case sdist(sha256: String)
  /// A commit (and directory) of a repository, to be built.
  case git(commit: String, subdirectory: String?)
  /// A source archive with this SHA-256, of which a directory is built.
  case archive(sha256: String, subdirectory: String?)
  /// A project directory with this content, to be built.
  case directory(digest: String, subdirectory: String?)

  /// Reads the identity from its one text; nil when that identifies nothing.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("wheel", 2): self = .wheel(sha256: parts[1])
    case ("sdist", 2): self = .sdist(sha256: parts[1])
    case ("git", 2): self = .git(commit: parts[1], subdirectory: nil)
    case ("git", 3): self = .git(commit: parts[1], subdirectory: parts[2])
    case ("archive", 2): self = .archive(sha256: parts[1], subdirectory: nil)
    case ("archive", 3): self = .archive(sha256: parts[1], subdirectory: parts[2])
    case ("directory", 2): self = .directory(digest: parts[1], subdirectory: nil)
    case ("directory", 3): self = .directory(digest: parts[1], subdirectory: parts[2])
    default: return nil
    }
  }

  /// Writes the identity as one text: `wheel:SHA256`, `sdist:SHA256`, and `git:COMMIT`, `archive:SHA256` and
  /// `directory:SHA256`, the last three with `:DIRECTORY` where the project is not at the root.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  /// The identity as one text.
  public var text: String {
    func inside(_ subdirectory: String?) -> String { subdirectory.map { ":\($0)" } ?? "" }
    return switch self {
    case .wheel(let sha256): "wheel:\(sha256)"
    case .sdist(let sha256): "sdist:\(sha256)"
    case .git(let commit, let subdirectory): "git:\(commit)" + inside(subdirectory)
    case .archive(let sha256, let subdirectory): "archive:\(sha256)" + inside(subdirectory)
    case .directory(let digest, let subdirectory): "directory:\(digest)" + inside(subdirectory)
    }
  }
}

/// One declared module of a generation.
public struct InstalledModule: Sendable, Equatable, Encodable {
  /// The entry's key.
  public var name: String
  /// Its section.
  public var section: Module.Section
  /// Its import path.
  public var module: String
  /// What answers for it.
  public var answer: LockedModule.Answer
  /// The distribution that it comes from.
  public var distribution: PackageName?
  /// That distribution's version.
  public var version: String?
  /// That distribution's commit.
  public var commit: String?

  /// Creates an entry.
  public init(
    name: String, section: Module.Section, module: String, answer: LockedModule.Answer, distribution: PackageName?,
    version: String?, commit: String?
  ) {
    self.name = name
    self.section = section
    self.module = module
    self.answer = answer
    self.distribution = distribution
    self.version = version
    self.commit = commit
  }
}

/// One thing that Pinion put into a generation.
public struct GenerationEntry: Sendable, Equatable {
  /// What it is.
  public enum Kind: String, Sendable {
    /// A symbolic link; `target` is its text.
    case link
    /// A regular file; `target` is `size:modified-nanoseconds`, cheap to compare.
    case file
    /// A directory that Pinion made; nothing but recorded entries (and bytecode) belongs in it. `target` is its
    /// modification time in nanoseconds: where that stayed, no name in it came, went or was replaced.
    case directory
  }
  /// Relative to the generation.
  public var path: String
  /// What it is.
  public var kind: Kind
  /// A link's text, a file's size and time, or a directory's time.
  public var target: String

  /// Creates an entry.
  public init(path: String, kind: Kind, target: String) {
    self.path = path
    self.kind = kind
    self.target = target
  }
}

extension GenerationEntry {
  // No recorded path or target holds two slashes in a row, and a slash needs no escape in JSON: a text without escapes is
  // read in one go.
  private static let slash = UInt8(ascii: "/")

  /// Kind, path and target of each entry, every part ended by two slashes.
  static func text(of entries: [GenerationEntry]) -> String {
    entries.map { "\($0.kind.rawValue)//\($0.path)//\($0.target)//" }.joined()
  }

  /// The inverse of `text(of:)`; what is no entry is passed over.
  static func list(of text: String) -> [GenerationEntry] {
    var text = text
    return text.withUTF8 { bytes in
      var entries: [GenerationEntry] = []
      var position = 0
      while let kind = part(bytes, &position), let path = part(bytes, &position), let target = part(bytes, &position) {
        guard let kind = Kind(rawValue: string(kind)) else { continue }
        entries.append(GenerationEntry(path: string(path), kind: kind, target: string(target)))
      }
      return entries
    }
  }

  /// The bytes up to the next two slashes, behind which the next part begins; nil when there are none.
  private static func part(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Slice<
    UnsafeBufferPointer<UInt8>
  >? {
    var end = position
    while end + 1 < bytes.count {
      if bytes[end] == slash, bytes[end + 1] == slash {
        defer { position = end + 2 }
        return bytes[position..<end]
      }
      end += 1
    }
    return nil
  }

  private static func string(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes), as: UTF8.self)
  }
}
