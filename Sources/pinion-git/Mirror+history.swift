internal import CGit2
internal import GitWire

extension Mirror {
  /// Whether one commit's history leads to another. A commit that the mirror does not have leads nowhere.
  func isAncestor(_ ancestor: String, of commit: String) throws(GitFault) -> Bool {
    let repository = try open()
    defer { git_repository_free(repository) }
    if ancestor == commit { return true }
    guard case .present = try Self.find(ancestor, in: repository) else { return false }
    var (old, new) = (git_oid(), git_oid())
    try Library.check(git_oid_fromstr(&old, ancestor))
    try Library.check(git_oid_fromstr(&new, commit))
    let code = git_graph_descendant_of(repository, &new, &old)
    try Library.check(code)
    return code == 1
  }

  /// The commit as it was signed, or every tag that leads to it.
  func signatures(of commit: String, areTags: Bool) throws(GitFault) -> [GitSignature] {
    let repository = try open()
    defer { git_repository_free(repository) }
    return areTags
      ? try tagSignatures(of: commit, in: repository) : [try Self.commitSignature(of: commit, in: repository)]
  }

  private static func commitSignature(
    of commit: String, in repository: OpaquePointer
  ) throws(GitFault) -> GitSignature {
    var id = git_oid()
    try Library.check(git_oid_fromstr(&id, commit))
    var (text, payload) = (git_buf(), git_buf())
    defer {
      git_buf_dispose(&text)
      git_buf_dispose(&payload)
    }
    let code = git_commit_extract_signature(&text, &payload, repository, &id, nil)
    if code == GIT_ENOTFOUND.rawValue { return GitSignature(text: nil, payload: []) }
    try Library.check(code)
    return GitSignature(text: String(decoding: bytes(of: text), as: UTF8.self), payload: bytes(of: payload))
  }

  private func tagSignatures(of commit: String, in repository: OpaquePointer) throws(GitFault) -> [GitSignature] {
    var database: OpaquePointer?
    try Library.check(git_repository_odb(&database, repository))
    defer { git_odb_free(database) }
    var found: [GitSignature] = []
    for (name, target) in try Export.tags(in: repository).sorted(by: { $0.key < $1.key }) {
      guard case .present(commit) = try Self.find(target, in: repository) else { continue }
      found.append(try Self.tagSignature(name, target, in: database))
    }
    return found
  }

  private static func tagSignature(
    _ name: String, _ target: String, in database: OpaquePointer?
  ) throws(GitFault) -> GitSignature {
    var id = git_oid()
    try Library.check(git_oid_fromstr(&id, target))
    var object: OpaquePointer?
    try Library.check(git_odb_read(&object, database, &id))
    defer { git_odb_object_free(object) }
    guard git_odb_object_type(object) == GIT_OBJECT_TAG else {
      return GitSignature(tag: name, text: nil, payload: [])
    }
    let data = UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
    let (payload, text) = GitSignature.split(tag: Array(data))
    let line = payload.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: Array("tag ".utf8)) }
    return GitSignature(
      tag: name, ownName: line.map { String(decoding: $0.dropFirst(4), as: UTF8.self) }, text: text, payload: payload)
  }

  private static func bytes(of buffer: git_buf) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
  }
}
