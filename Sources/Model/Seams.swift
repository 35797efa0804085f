/// Where source code comes from: the git half, as the rest of the program sees it.
public protocol SourceProvider: Sendable {
  /// Asks each repository once for its references and says which commit each source means.
  ///
  /// What `others` mean is said besides where it costs nothing: for those whose repository is asked anyway, and which need no more
  /// than its list of references. What is wrong with them is no error. Throws `gitUnreachable`, `gitRefused`,
  /// `gitReferenceAbsent` or `variableUnset`, all of them together where several fail.
  func commits(for sources: [GitSource], noticing others: [GitSource]) async throws -> [GitSource: ResolvedReference]

  /// Writes a clone of the repository at that commit, with its submodules, without remote or credentials, into an empty
  /// directory. History and tags may be left out where they are not needed.
  ///
  /// Fetches only when the mirror lacks the commit.
  func export(
    _ source: GitSource, commit: String, to directory: String, history: SourceHistory
  ) async throws -> ExportedSource

  /// Whether the history of a commit leads back to another. Fetches when the mirror lacks the commit.
  func isAncestor(_ ancestor: String, of commit: String, in source: GitSource) async throws -> Bool

  /// Holds the submodules of a commit against the source's rules, as far as an earlier export found some: what was built of them
  /// may be kept. Asks nobody. Throws `policyDenied`.
  func checkSubmodules(of commit: String, in source: GitSource) throws

  /// Holds a commit against the rule on signatures. Nothing of the commit has been used until this returns.
  ///
  /// Throws `signatureInvalid` where the rule is not kept, and `io` for a key that cannot be read.
  func checkSignature(of commit: String, in source: GitSource, against rule: SignatureRule) async throws
}

extension SourceProvider {
  /// Asks each repository once for its references and says which commit each source means.
  public func commits(for sources: [GitSource]) async throws -> [GitSource: ResolvedReference] {
    try await commits(for: sources, noticing: [])
  }
}

/// A clone that was written.
public struct ExportedSource: Sendable, Equatable {
  /// Whether history and tags are in it.
  public var hasHistory: Bool
  /// When the commit was made, in seconds since 1970, as it says itself.
  public var time: Int

  /// Describes a clone.
  public init(hasHistory: Bool, time: Int) {
    self.hasHistory = hasHistory
    self.time = time
  }
}

/// Whether whoever gets a clone looks at what was before the commit.
public enum SourceHistory: Sendable {
  /// It does, or may: versions can come from tags.
  case needed
  /// It does not.
  case unneeded
}

/// What a reference turned out to be.
public struct ResolvedReference: Sendable, Equatable {
  /// The commit's full id.
  public var commit: String
  /// Whether the reference can move: a branch or HEAD.
  public var isFollowed: Bool

  /// Creates an answer.
  public init(commit: String, isFollowed: Bool) {
    self.commit = commit
    self.isFollowed = isFollowed
  }
}

/// Makes a wheel out of a source tree or a source distribution (PEP 517), isolated from Pinion's own environment.
public protocol Builder: Sendable {
  /// Builds a wheel into `directory` and returns its path. `source` is a project directory or an sdist archive; `sourceDate`
  /// the time that its build is told it is, in seconds since 1970.
  ///
  /// Throws `buildFailed` with the end of the build's output.
  func buildWheel(
    from source: String, dated sourceDate: Int, for interpreter: Interpreter, into directory: String
  ) async throws -> String
}

/// Fetches files by URL, streaming, with their hash checked on the way.
public protocol Downloader: Sendable {
  /// Writes the file to `path` (which must not exist). Leaves nothing there when it fails.
  ///
  /// `size` bounds what is accepted. Throws `downloadFailed`, `hashMismatch`.
  func download(_ file: LockedFile, to path: String, progress: @escaping @Sendable (Int) -> Void) async throws
}

/// Looks into wheels, for those who do not unpack them.
public protocol WheelReading: Sendable {
  /// The text of the wheel's METADATA. Throws `wheelInvalid`.
  func metadata(ofWheel path: String) throws -> String

  /// Writes one member of the wheel to a file, executable. Throws `wheelInvalid` when there is none of that name.
  func extract(_ member: String, fromWheel path: String, to destination: String) throws
}

/// Reads direct references that distributions make in their metadata: `Requires-Dist: name @ URL` (PEP 508).
public protocol ReferenceReading: Sendable {
  /// What the URL leads to, without user info save the name that an ssh server wants to hear: a module's own token is
  /// nothing that Pinion would send.
  ///
  /// Throws `requirementInvalid`, without a place.
  func source(of url: String) throws(Failure) -> DirectSource
}
