internal import CGit2
internal import GitWire

/// What a server says of its references when it is connected to.
struct Advertisement {
  /// Each reference with its commit.
  private(set) var references = RemoteReferences(commits: [:])
  /// Each tag with its own id, which is an annotated tag's object, and its commit.
  private(set) var tags: [String: (id: String, commit: String)] = [:]

  /// Reads libgit2's list, where an annotated tag stands twice: as an object, and peeled.
  init(_ heads: UnsafeBufferPointer<UnsafePointer<git_remote_head>?>) {
    var peeled: [String: String] = [:]
    for case let head? in heads {
      guard let pointer = head.pointee.name else { continue }
      let name = String(cString: pointer)
      let id = Mirror.text(of: head.pointee.oid)
      if name == "HEAD" {
        references.headCommit = id
        references.headTarget = head.pointee.symref_target.map { String(cString: $0) }
      } else if name.hasSuffix("^{}") {
        peeled[String(name.dropLast(3))] = id
      } else {
        references.commits[name] = id
      }
    }
    for (name, id) in references.commits where name.hasPrefix("refs/tags/") { tags[name] = (id, peeled[name] ?? id) }
    references.commits.merge(peeled) { _, commit in commit }
  }
}
