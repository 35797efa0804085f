internal import CGit2
internal import GitWire

/// The repository that a file of the user's stands in. It is only read, and none of its settings start anything.
enum WorkingCopy {
  /// More than this is no lockfile.
  private static let limit = 16 << 20

  /// The file as it was at a revision, as gitrevisions(7) writes them. The file itself need not be there any more.
  static func file(_ path: String, of directory: String, at revision: String) throws(GitFault) -> GitFile {
    var repository: OpaquePointer?
    let code = git_repository_open_ext(&repository, directory, 0, nil)
    guard code != GIT_ENOTFOUND.rawValue else { return .noRepository }
    try Library.check(code)
    defer { git_repository_free(repository) }
    guard let root = git_repository_workdir(repository).map({ String(cString: $0) }), path.hasPrefix(root) else {
      return .noRepository
    }
    var object: OpaquePointer?
    let found = git_revparse_single(&object, repository, revision)
    guard found != GIT_ENOTFOUND.rawValue, found != GIT_EINVALIDSPEC.rawValue, found != GIT_EAMBIGUOUS.rawValue else {
      return .noRevision
    }
    try Library.check(found)
    defer { git_object_free(object) }
    var tree: OpaquePointer?
    guard git_object_peel(&tree, object, GIT_OBJECT_TREE) == 0 else { return .noRevision }
    defer { git_object_free(tree) }
    return try file(String(path.dropFirst(root.count)), in: tree, of: repository)
  }

  private static func file(
    _ path: String, in tree: OpaquePointer?, of repository: OpaquePointer?
  ) throws(GitFault) -> GitFile {
    var entry: OpaquePointer?
    let code = git_tree_entry_bypath(&entry, tree, path)
    guard code != GIT_ENOTFOUND.rawValue else { return .noFile }
    try Library.check(code)
    defer { git_tree_entry_free(entry) }
    guard git_tree_entry_type(entry) == GIT_OBJECT_BLOB else { return .noFile }
    var blob: OpaquePointer?
    try Library.check(git_blob_lookup(&blob, repository, git_tree_entry_id(entry)))
    defer { git_blob_free(blob) }
    let size = Int(git_blob_rawsize(blob))
    guard size <= limit else { throw GitFault(.unfit, "the file is larger than \(limit >> 20) MiB") }
    let bytes = UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: size)
    return .text(String(decoding: bytes, as: UTF8.self))
  }
}
