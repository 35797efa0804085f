internal import CGit2
internal import GitWire
internal import Glibc

/// A bare repository that holds what a server has, for itself alone: no remote, no settings.
struct Mirror {
  /// Where it is.
  let path: String

  /// An object id in hexadecimal.
  static func text(of id: git_oid) -> String {
    var id = id
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(GIT_OID_HEXSZ) + 1) { buffer in
      guard let start = buffer.baseAddress, git_oid_tostr(start, buffer.count, &id) != nil else { return "" }
      return String(cString: start)
    }
  }

  /// Opens it. Throws `mirrorBroken` when something stands there that is no repository.
  func open() throws(GitFault) -> OpaquePointer {
    var repository: OpaquePointer?
    let code = git_repository_open_bare(&repository, path)
    guard code >= 0, let repository else { throw GitFault(.mirrorBroken, Library.lastError().message) }
    return repository
  }

  private var exists: Bool { access(path, F_OK) == 0 }

  /// Opens it, and makes it where nothing is.
  private func openOrMake() throws(GitFault) -> OpaquePointer {
    if !exists {
      var created: OpaquePointer?
      try Library.check(git_repository_init(&created, path, 1))
      git_repository_free(created)
    }
    return try open()
  }

  /// Brings one commit without its history, and says whether it is there. For mirrors that hold nothing else.
  ///
  /// By the reference that leads to it where there is one, else by its id, which a server may refuse.
  func fetchAlone(_ session: RemoteSession, commit: String) throws(GitFault) -> Bool {
    let repository = try openOrMake()
    defer { git_repository_free(repository) }
    if try Self.has(commit, in: repository) { return true }
    var isByName = true
    do throws(GitFault) {
      try session.fetch(into: repository, isAlone: true) { seen in
        let name = FetchPlan.tip(commit, names: [], in: seen.references)
        isByName = name != nil
        return ["+\(name ?? commit):refs/pinion/\(commit)"]
      }
    } catch {
      guard !isByName else { throw error }
      return false
    }
    return try Self.has(commit, in: repository)
  }

  /// Brings a commit with its history, and the tags that lead into what is here; everything where no commit is named.
  ///
  /// Says whether the commit is there. `names` are those that the reference may have which was asked for.
  func fetch(_ session: RemoteSession, names: [String], commit: String?) throws(GitFault) -> Bool {
    let repository = try openOrMake()
    defer { git_repository_free(repository) }
    // What a damaged pack lists, a fetch counts as present, and stumbles over.
    try checkTips(of: repository)
    var seen: Advertisement?
    var steps: [FetchPlan.Step] = []
    try session.fetch(into: repository) { advertisement throws(GitFault) in
      seen = advertisement
      try Self.makeRoom(advertisement, in: repository)
      guard let commit else { return FetchPlan.Step.everything([]).refspecs }
      if try Self.has(commit, in: repository) { return [] }
      steps = FetchPlan(commit: commit, names: names, in: advertisement.references).steps
      // With the connection that there is, where nothing can come between: asking by an id may end it.
      guard case .references? = steps.first else { return [] }
      return steps.removeFirst().refspecs
    }
    for step in steps {
      if let commit, try Self.has(commit, in: repository) { break }
      do throws(GitFault) {
        try session.fetch(into: repository) { _ in step.refspecs }
      } catch {
        // A server that gives no commit by its id is none that failed: the commit may be found otherwise.
        guard case .id = step else { throw error }
      }
    }
    let missing = try seen.map { seen throws(GitFault) in try Self.settleTags(seen, in: repository) } ?? []
    if !missing.isEmpty {
      try session.fetch(into: repository) { _ in FetchPlan.Step.references(missing).refspecs }
    }
    try checkTips(of: repository)
    guard let commit else { return true }
    guard try Self.has(commit, in: repository) else { return false }
    try Self.remember(names, for: commit, in: repository)
    return true
  }

  /// Throws `mirrorBroken` when a reference leads to what cannot be read.
  ///
  /// A fetch asks only for what is not listed in a pack's index, and does not notice that the pack itself is damaged.
  private func checkTips(of repository: OpaquePointer) throws(GitFault) {
    var iterator: OpaquePointer?
    try Library.check(git_reference_iterator_new(&iterator, repository))
    defer { git_reference_iterator_free(iterator) }
    while true {
      var reference: OpaquePointer?
      let code = git_reference_next(&reference, iterator)
      if code == GIT_ITEROVER.rawValue { return }
      try Library.check(code)
      defer { git_reference_free(reference) }
      var object: OpaquePointer?
      guard git_reference_peel(&object, reference, GIT_OBJECT_ANY) == 0 else {
        throw GitFault(.mirrorBroken, Library.lastError().message)
      }
      git_object_free(object)
    }
  }

  /// What it knows of a commit. Where names are given, the server must have been asked for them with the commit.
  func lookup(_ prefix: String, names: [String]) throws(GitFault) -> GitLookup {
    guard exists else { return .noMirror }
    do throws(GitFault) {
      let repository = try open()
      defer { git_repository_free(repository) }
      let found = try Self.find(prefix, in: repository)
      guard case .present(let commit) = found, !Self.wereAsked(names, for: commit, in: repository) else { return found }
      return .absent
    } catch {
      if error.kind == .mirrorBroken { return .broken }
      throw error
    }
  }

  // MARK: Names that were asked for

  /// Whether the mirror has what a server says of these names together with the commit: a branch, or a tag at the commit.
  private static func wereAsked(_ names: [String], for commit: String, in repository: OpaquePointer) -> Bool {
    guard let first = names.first else { return true }
    if names.contains(where: { isKnown($0, for: commit, in: repository) }) { return true }
    return isKnown(note(first, commit), for: commit, in: repository)
  }

  /// Notes that a server was asked for these names: where it has none of them any more, the commit is here all the same.
  private static func remember(
    _ names: [String], for commit: String, in repository: OpaquePointer
  ) throws(GitFault) {
    guard let first = names.first, first != "HEAD", !wereAsked(names, for: commit, in: repository) else { return }
    try point(note(first, commit), at: commit, in: repository)
  }

  /// A reference that is nobody else's; no name in it can stand in the way of another.
  private static func note(_ name: String, _ commit: String) -> String {
    "refs/pinion/asked/\(commit)/\(name.split(separator: "/").joined(separator: "%"))"
  }

  private static func isKnown(_ name: String, for commit: String, in repository: OpaquePointer) -> Bool {
    var id = git_oid()
    guard git_reference_name_to_id(&id, repository, name) == 0 else { return false }
    // A tag that is elsewhere by now was moved, and gives another version.
    guard name.hasPrefix("refs/tags/") else { return true }
    return (try? find(text(of: id), in: repository)) == .present(commit: commit)
  }

  // MARK: Commits

  private static func has(_ commit: String, in repository: OpaquePointer) throws(GitFault) -> Bool {
    if case .present = try find(commit, in: repository) { true } else { false }
  }

  /// The commit with that id, or whose id begins like that; a full id may also be that of an annotated tag.
  static func find(_ prefix: String, in repository: OpaquePointer) throws(GitFault) -> GitLookup {
    var id = git_oid()
    guard prefix.utf8.count >= 4, git_oid_fromstrn(&id, prefix, prefix.utf8.count) == 0 else {
      throw GitFault(.failed, "'\(prefix)' is no commit's id")
    }
    let isWhole = prefix.utf8.count == Int(GIT_OID_HEXSZ)
    var found: OpaquePointer?
    let code = git_object_lookup_prefix(
      &found, repository, &id, prefix.utf8.count, isWhole ? GIT_OBJECT_ANY : GIT_OBJECT_COMMIT)
    if code == GIT_ENOTFOUND.rawValue { return .absent }
    // Objects of other kinds may begin like that too, and do not count.
    if code == GIT_EAMBIGUOUS.rawValue { return try searchCommits(prefix, in: repository) }
    try Library.check(code)
    defer { git_object_free(found) }
    var commit: OpaquePointer?
    guard git_object_peel(&commit, found, GIT_OBJECT_COMMIT) == 0 else { return .absent }
    defer { git_object_free(commit) }
    guard let name = git_object_id(commit) else { return .absent }
    return .present(commit: text(of: name.pointee))
  }

  private static func searchCommits(_ prefix: String, in repository: OpaquePointer) throws(GitFault) -> GitLookup {
    var database: OpaquePointer?
    try Library.check(git_repository_odb(&database, repository))
    defer { git_odb_free(database) }
    final class Search {
      let prefix: String
      var ids: Set<String> = []
      init(prefix: String) { self.prefix = prefix }
    }
    let search = Search(prefix: prefix)
    try Library.check(
      git_odb_foreach(
        database,
        { id, payload in
          guard let id, let payload else { return 0 }
          let search = Unmanaged<Search>.fromOpaque(payload).takeUnretainedValue()
          let text = Mirror.text(of: id.pointee)
          if text.hasPrefix(search.prefix) { search.ids.insert(text) }
          return 0
        }, Unmanaged.passUnretained(search).toOpaque()))
    let commits = search.ids.filter { text in
      var id = git_oid()
      var size = 0
      var type = GIT_OBJECT_INVALID
      return git_oid_fromstr(&id, text) == 0 && git_odb_read_header(&size, &type, database, &id) == 0
        && type == GIT_OBJECT_COMMIT
    }
    guard let only = commits.first else { return .absent }
    return commits.count == 1 ? .present(commit: only) : .ambiguous
  }
}
