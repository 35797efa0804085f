internal import Model
internal import Platform
internal import Synchronization

/// A bare repository made by the real `git`, as a server holds it.
public struct GitRepository: Sendable {
  /// What a commit may put at a path.
  public enum Entry: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A regular file with this text.
    case file(String)
    /// A file that may be run.
    case executable(String)
    /// A symbolic link with this target.
    case link(String)
    /// Another repository at this commit.
    case submodule(String)

    /// A regular file.
    public init(stringLiteral text: String) { self = .file(text) }
  }

  /// The bare repository's directory.
  public let path: String

  /// Makes an empty repository whose HEAD is the branch.
  public static func create(_ path: String, branch: String = "main") async throws -> GitRepository {
    let repository = GitRepository(path: path)
    try await repository.run(["init", "--quiet", "--bare", "--initial-branch", branch, path])
    return repository
  }

  /// Puts files into a new commit on a branch, besides those that are there, and returns its id.
  @discardableResult
  public func commit(
    _ files: [String: Entry], on branch: String = "main", message: String = "Change", removing removed: [String] = []
  ) async throws -> String {
    let reference = "refs/heads/\(branch)"
    var stream = "commit \(reference)\n"
    stream += "committer \(Self.identity) 1700000000 +0000\n"
    stream += Self.data(message)
    if try await has(reference) { stream += "from \(reference)^0\n" }
    for path in removed { stream += "D \(path)\n" }
    for (path, entry) in files.sorted(by: { $0.key < $1.key }) {
      switch entry {
      case .file(let text): stream += "M 100644 inline \(path)\n" + Self.data(text)
      case .executable(let text): stream += "M 100755 inline \(path)\n" + Self.data(text)
      case .link(let target): stream += "M 120000 inline \(path)\n" + Self.data(target)
      case .submodule(let commit): stream += "M 160000 \(commit) \(path)\n"
      }
    }
    try await git("fast-import", "--quiet", "--force", input: stream)
    return try await id(of: reference)
  }

  /// Makes a branch, or moves it.
  public func branch(_ name: String, at revision: String) async throws {
    try await git("update-ref", "refs/heads/\(name)", revision)
  }

  /// Makes a lightweight tag, or moves it.
  public func tag(_ name: String, at revision: String) async throws {
    try await git("update-ref", "refs/tags/\(name)", revision)
  }

  /// Makes an annotated tag, or moves it.
  public func annotatedTag(_ name: String, at revision: String, message: String = "Release") async throws {
    try await git("tag", "--force", "--annotate", "--message", message, name, revision)
  }

  /// Removes a reference, given by its full name.
  public func delete(_ reference: String) async throws {
    try await git("update-ref", "-d", reference)
  }

  /// The id of the commit that something means.
  public func id(of revision: String) async throws -> String {
    let id = try await git("rev-parse", "--verify", "\(revision)^{commit}")
    GitRepository.beginnings.withLock { _ = $0.insert(id.prefix(12)) }
    return id
  }

  /// The first 12 digits of every commit that a test has made or asked for, as messages show them.
  static var knownBeginnings: Set<Substring> { beginnings.withLock { $0 } }

  private static let beginnings = Mutex<Set<Substring>>([])

  /// Runs git in the repository and returns what it prints, without the last line's end. Throws when it fails.
  @discardableResult
  public func git(_ arguments: String..., input: String = "") async throws -> String {
    try await run(["--git-dir", path] + arguments, input: input)
  }

  private func has(_ reference: String) async throws -> Bool {
    try await !git("for-each-ref", reference).isEmpty
  }

  private static let identity = "Pinion Tests <tests@example.com>"

  private static func data(_ text: String) -> String { "data \(text.utf8.count)\n\(text)\n" }

  @discardableResult
  private func run(_ arguments: [String], input: String = "") async throws -> String {
    let environment = [
      "PATH": "/usr/local/bin:/usr/bin:/bin",
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "Pinion Tests", "GIT_AUTHOR_EMAIL": "tests@example.com",
      "GIT_AUTHOR_DATE": "1700000000 +0000",
      "GIT_COMMITTER_NAME": "Pinion Tests", "GIT_COMMITTER_EMAIL": "tests@example.com",
      "GIT_COMMITTER_DATE": "1700000000 +0000",
    ]
    let result = try await ChildProcess.run(
      "/usr/bin/env", ["git"] + arguments, environment: environment, input: input, deadline: 60)
    guard result.status == 0 else {
      throw Failure(
        .gitFailed, "git \(arguments.joined(separator: " ")) failed", at: .path(path), because: result.lastWords())
    }
    return result.output.last == "\n" ? String(result.output.dropLast()) : result.output
  }
}
