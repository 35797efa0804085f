internal import CGit2
internal import GitWire

extension Mirror {
  /// Makes the tags those of the server whose commits are here, as `git fetch` has it: a version that is made of tags is then
  /// the one that a whole clone gives. Returns the tags whose own objects are yet to be fetched.
  ///
  /// A server sends the objects of tags along with their commits. Those of tags that came later than their commits it does not.
  static func settleTags(_ advertisement: Advertisement, in repository: OpaquePointer) throws(GitFault) -> [String] {
    var database: OpaquePointer?
    try Library.check(git_repository_odb(&database, repository))
    defer { git_odb_free(database) }
    let local = try Export.tags(in: repository)
    // What is gone makes room first.
    for (name, id) in local where advertisement.tags[name]?.id != id {
      try Library.check(git_reference_remove(repository, name))
    }
    var missing: [String] = []
    for (name, tag) in advertisement.tags.sorted(by: { $0.key < $1.key }) where local[name] != tag.id {
      guard has(tag.commit, in: database), isValid(name) else { continue }
      if has(tag.id, in: database) {
        try point(name, at: tag.id, in: repository)
      } else {
        missing.append(name)
      }
    }
    return missing
  }

  /// Removes references that the server does not have any more where they are in the way: where `a` was a branch, `a/b` can be
  /// one now. Others stay: commits of theirs may be locked.
  static func makeRoom(_ advertisement: Advertisement, in repository: OpaquePointer) throws(GitFault) {
    let names = advertisement.references.commits
    var parents: Set<Substring> = []
    for name in names.keys { parents.formUnion(Self.parents(of: name)) }
    for name in try list(repository) where names[name] == nil {
      guard parents.contains(name[...]) || Self.parents(of: name).contains(where: { names[String($0)] != nil }) else {
        continue
      }
      try Library.check(git_reference_remove(repository, name))
    }
  }

  /// Makes a reference, or moves it.
  static func point(_ name: String, at id: String, in repository: OpaquePointer) throws(GitFault) {
    var (reference, oid): (OpaquePointer?, git_oid) = (nil, git_oid())
    try Library.check(git_oid_fromstr(&oid, id))
    try Library.check(git_reference_create(&reference, repository, name, &oid, 1, nil))
    git_reference_free(reference)
  }

  /// The full names of all references.
  private static func list(_ repository: OpaquePointer) throws(GitFault) -> [String] {
    var array = git_strarray()
    try Library.check(git_reference_list(&array, repository))
    defer { git_strarray_dispose(&array) }
    return (0..<array.count).compactMap { index in array.strings[index].map { String(cString: $0) } }
  }

  /// `refs`, `refs/heads` and `refs/heads/a` for `refs/heads/a/b`.
  private static func parents(of name: String) -> [Substring] {
    name.indices.filter { name[$0] == "/" }.map { name[..<$0] }
  }

  private static func has(_ id: String, in database: OpaquePointer?) -> Bool {
    var oid = git_oid()
    return git_oid_fromstr(&oid, id) == 0 && git_odb_exists(database, &oid) == 1
  }

  private static func isValid(_ name: String) -> Bool {
    var valid: Int32 = 0
    return git_reference_name_is_valid(&valid, name) == 0 && valid != 0
  }
}
