internal import CGit2
internal import GitWire

/// Everything in a commit's tree, as `TreeRules` wants to see it.
enum TreeListing {
  private final class Collector {
    var entries: [String: TreeRules.Entry] = [:]
    var links: [(path: String, blob: git_oid)] = []
    var twin: String?
  }

  /// Lists the tree of a commit. Throws `unfit` for two names that are one as text.
  static func entries(
    of commit: OpaquePointer, in repository: OpaquePointer
  ) throws(GitFault) -> [String: TreeRules.Entry] {
    var tree: OpaquePointer?
    try Library.check(git_object_peel(&tree, commit, GIT_OBJECT_TREE))
    defer { git_object_free(tree) }
    let collector = Collector()
    try Library.check(
      git_tree_walk(
        tree, GIT_TREEWALK_PRE,
        { root, entry, payload in
          guard let root, let entry, let name = git_tree_entry_name(entry), let payload else { return 0 }
          let collector = Unmanaged<Collector>.fromOpaque(payload).takeUnretainedValue()
          return TreeListing.take(entry, String(cString: root) + String(cString: name), into: collector)
        }, Unmanaged.passUnretained(collector).toOpaque()))
    if let twin = collector.twin {
      throw GitFault(.unfit, "the repository has two paths that cannot be told apart: '\(twin)'")
    }
    for link in collector.links {
      collector.entries[link.path] = .link(try target(of: link.blob, in: repository))
    }
    return collector.entries
  }

  private static func take(_ entry: OpaquePointer, _ path: String, into collector: Collector) -> Int32 {
    if collector.entries[path] != nil { collector.twin = path }
    switch git_tree_entry_filemode(entry) {
    case GIT_FILEMODE_TREE: collector.entries[path] = .directory
    case GIT_FILEMODE_COMMIT: collector.entries[path] = .submodule
    case GIT_FILEMODE_LINK:
      collector.entries[path] = .link("")
      if let id = git_tree_entry_id(entry) { collector.links.append((path, id.pointee)) }
    default: collector.entries[path] = .file
    }
    return 0
  }

  private static func target(of id: git_oid, in repository: OpaquePointer) throws(GitFault) -> String {
    var id = id
    var blob: OpaquePointer?
    try Library.check(git_blob_lookup(&blob, repository, &id))
    defer { git_blob_free(blob) }
    let bytes = UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: Int(git_blob_rawsize(blob)))
    // The kernel reads a link's text up to its first zero byte.
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
