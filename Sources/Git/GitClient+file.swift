internal import GitWire
internal import Model
internal import Platform

extension GitClient {
  /// What a file of the user's held at a revision of the repository that it stands in: gitrevisions(7) says how one is written.
  ///
  /// `path` is absolute. Throws `usage` where there is no such repository, revision or file, and `gitFailed` where the
  /// repository cannot be read.
  public func file(_ path: String, at revision: String) async throws -> String {
    // The repository's own root has no links in it. The file may be gone, and so may directories above it.
    var directory = path.parentPath
    var rest = [path.lastPathComponent]
    while !Files.isDirectory(directory), directory != "/" {
      rest.insert(directory.lastPathComponent, at: 0)
      directory = directory.parentPath
    }
    let root = Files.realPath(directory) ?? directory
    let real = (root == "/" ? "" : root) + "/" + rest.joined(separator: "/")
    let url = RemoteURL(scheme: "file", host: "", path: root)
    let answer: GitOutcome
    do { answer = try await helper.perform(.file(path: real, directory: root, revision: revision)) } catch {
      guard let fault = error as? GitFault else {
        throw GitComplaints(Repository(GitSource(url: url))).failure(for: error)
      }
      throw Failure(
        .gitFailed, "the revision '\(revision)' of \(path.lastPathComponent) could not be read", at: .path(root),
        because: fault.message, hint: "is the repository whole? 'git fsck' tells")
    }
    guard case .file(let file) = answer else { throw unexpectedAnswer(url) }
    switch file {
    case .text(let text): return text
    case .noRepository:
      throw Failure(
        .usage,
        "'\(revision)' is no file and no generation, and there is no git repository that it could be a revision of",
        at: .path(root), hint: "name two lockfiles, generations' numbers, or revisions of the lockfile in git")
    case .noRevision:
      throw Failure(
        .usage, "'\(revision)' is no file, no generation and no revision of the repository", at: .path(path.parentPath),
        hint: "write a revision as git does: HEAD~1, a branch, a tag or a commit")
    case .noFile:
      throw Failure(
        .usage, "the revision '\(revision)' does not have the file \(path.lastPathComponent)", at: .path(path),
        hint: "name the file as it was: '\(revision):path/from/here'")
    }
  }
}
