internal import CGit2
internal import GitWire

/// Everything in a commit's tree.
struct TreeListing {
  /// What stands at each path, as `TreeRules` wants to see it.
  private(set) var entries: [String: TreeRules.Entry] = [:]
  /// Other repositories in it: the commit that is wanted of each, by path.
  private(set) var submodules: [String: String] = [:]
  /// Whether any file gives attributes to others.
  private(set) var hasAttributes = false

  /// More than this in `.gitmodules` is no list of submodules.
  private static let limit = 1 << 20

  private final class Collector {
    var listing = TreeListing()
    var links: [(path: String, blob: git_oid)] = []
    var twin: String?
  }

  private var modules: git_oid?

  private init() {}

  /// Lists the tree of a commit. Throws `unfit` for two names that are one as text.
  init(of commit: OpaquePointer, in repository: OpaquePointer) throws(GitFault) {
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
    self = collector.listing
    for link in collector.links {
      let bytes = try Self.bytes(of: link.blob, in: repository)
      // The kernel reads a link's text up to its first zero byte.
      entries[link.path] = .link(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    }
  }

  /// What `.gitmodules` says of the submodules. Throws `unfit` where that is not enough, or not harmless.
  func readSubmodules(in repository: OpaquePointer) throws(GitFault) -> [GitSubmodule] {
    guard !submodules.isEmpty else { return [] }
    switch entries[".gitmodules"] {
    case .file, nil: break
    case .link, .directory, .submodule: throw GitFault(.unfit, "the repository's .gitmodules is no file")
    }
    guard let modules else { return try GitSubmodule.read([], of: submodules) }
    return try GitSubmodule.read(Self.bytes(of: modules, in: repository, atMost: Self.limit), of: submodules)
  }

  private static func take(_ entry: OpaquePointer, _ path: String, into collector: Collector) -> Int32 {
    if collector.listing.entries[path] != nil { collector.twin = path }
    switch git_tree_entry_filemode(entry) {
    case GIT_FILEMODE_TREE: collector.listing.entries[path] = .directory
    case GIT_FILEMODE_COMMIT:
      collector.listing.entries[path] = .submodule
      if let id = git_tree_entry_id(entry) { collector.listing.submodules[path] = Mirror.text(of: id.pointee) }
    case GIT_FILEMODE_LINK:
      collector.listing.entries[path] = .link("")
      if let id = git_tree_entry_id(entry) { collector.links.append((path, id.pointee)) }
    default:
      collector.listing.entries[path] = .file
      if path == ".gitmodules" { collector.listing.modules = git_tree_entry_id(entry)?.pointee }
      if path.hasSuffix(".gitattributes") { collector.listing.hasAttributes = true }
    }
    return 0
  }

  private static func bytes(
    of id: git_oid, in repository: OpaquePointer, atMost limit: Int = .max
  ) throws(GitFault) -> [UInt8] {
    var id = id
    var blob: OpaquePointer?
    try Library.check(git_blob_lookup(&blob, repository, &id))
    defer { git_blob_free(blob) }
    let size = Int(git_blob_rawsize(blob))
    guard size <= limit else {
      throw GitFault(.unfit, "the repository's .gitmodules is larger than \(limit >> 20) MiB")
    }
    return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: size))
  }
}
