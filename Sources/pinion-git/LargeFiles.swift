internal import CGit2
internal import GitWire

/// Finds files that were checked out as pointers to what Git LFS keeps elsewhere.
///
/// A pointer is a small file that begins as pointers do, at a path to which the attribute `filter=lfs` is given: what
/// `git lfs` itself would replace. Such a text without the attribute is nothing but that text to git, and here too.
struct LargeFiles {
  /// Just checked out.
  let repository: OpaquePointer?

  /// No pointer is larger. Source: Git LFS's docs/spec.md.
  private static let limit = 1024
  private static let beginning = Array("version https://git-lfs.github.com/spec/v1\n".utf8)
  private static let shown = 3

  /// Throws `pointers`, which names the first few.
  func check() throws(GitFault) {
    var index: OpaquePointer?
    try Library.check(git_repository_index(&index, repository))
    defer { git_index_free(index) }
    var names: [String] = []
    for position in 0..<git_index_entrycount(index) {
      guard let entry = git_index_get_byindex(index, position)?.pointee, let path = entry.path,
        (Self.beginning.count...Self.limit).contains(Int(entry.file_size)),
        try isPointer(entry.id), try isKeptElsewhere(path)
      else { continue }
      names.append(String(cString: path))
    }
    guard !names.isEmpty else { return }
    let list = names.prefix(Self.shown).map { "'\($0)'" }.joined(separator: ", ")
    let rest = names.count > Self.shown ? " and \(names.count - Self.shown) more" : ""
    throw GitFault(.pointers, "pointers stand in the place of \(list)\(rest)")
  }

  private func isPointer(_ id: git_oid) throws(GitFault) -> Bool {
    var id = id
    var object: OpaquePointer?
    // A submodule is a commit, and not here.
    let code = git_object_lookup(&object, repository, &id, GIT_OBJECT_BLOB)
    if code == GIT_ENOTFOUND.rawValue { return false }
    try Library.check(code)
    defer { git_object_free(object) }
    let bytes = UnsafeRawBufferPointer(start: git_blob_rawcontent(object), count: Int(git_blob_rawsize(object)))
    return bytes.starts(with: Self.beginning)
  }

  private func isKeptElsewhere(_ path: UnsafePointer<CChar>) throws(GitFault) -> Bool {
    var value: UnsafePointer<CChar>?
    try Library.check(git_attr_get(&value, repository, UInt32(GIT_ATTR_CHECK_FILE_THEN_INDEX), path, "filter"))
    return value.map { String(cString: $0) } == "lfs"
  }
}
