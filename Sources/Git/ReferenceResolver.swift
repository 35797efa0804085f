internal import GitWire
internal import Model

/// Says which commit a reference means, given what a server has. Pure.
///
/// A name is looked for as a full name, a branch and a tag, in that order of honesty: unlike git, which takes a tag when
/// a branch has the same name, it takes neither.
enum ReferenceResolver {
  /// What a reference turned out to be.
  enum Outcome: Equatable {
    /// It means this commit.
    case resolved(ResolvedReference)
    /// It can only be the beginning of a commit's id, which a server does not look up.
    case abbreviated(String)
    /// A branch and a tag have this name.
    case ambiguous
    /// Nothing has this name; these come near.
    case absent(near: [String])
    /// The repository has no commits.
    case empty
  }

  /// The commit that a reference names by itself; nil when a server must be asked.
  static func pinned(_ reference: String?) -> ResolvedReference? {
    guard let reference, reference.utf8.count == 40, isHexadecimal(reference) else { return nil }
    return ResolvedReference(commit: reference.lowercased(), isFollowed: false)
  }

  /// What the reference means; nil and `HEAD` mean the server's HEAD.
  static func resolve(_ reference: String?, in references: RemoteReferences) -> Outcome {
    if let pinned = pinned(reference) { return .resolved(pinned) }
    guard let reference, reference != "HEAD" else {
      guard let commit = headCommit(of: references) else {
        return references.commits.isEmpty ? .empty : .absent(near: Array(names(in: references).sorted().prefix(3)))
      }
      return .resolved(ResolvedReference(commit: commit, isFollowed: true))
    }
    let commits = references.commits
    if reference.hasPrefix("refs/") {
      guard let commit = commits[reference] else { return .absent(near: fullNames(near: reference, in: references)) }
      return .resolved(ResolvedReference(commit: commit, isFollowed: !reference.hasPrefix("refs/tags/")))
    }
    switch (commits["refs/heads/\(reference)"], commits["refs/tags/\(reference)"]) {
    case (.some, .some): return .ambiguous
    case (let branch?, nil): return .resolved(ResolvedReference(commit: branch, isFollowed: true))
    case (nil, let tag?): return .resolved(ResolvedReference(commit: tag, isFollowed: false))
    case (nil, nil): break
    }
    // `heads/x` and `tags/x`, as git writes them itself where a name is ambiguous.
    if let commit = commits["refs/\(reference)"] {
      return .resolved(ResolvedReference(commit: commit, isFollowed: !reference.hasPrefix("tags/")))
    }
    if (7..<40).contains(reference.utf8.count), isHexadecimal(reference) {
      return .abbreviated(reference.lowercased())
    }
    if commits.isEmpty { return .empty }
    return .absent(near: NearNames.nearest(to: reference, among: names(in: references)))
  }

  /// The newest tag whose version is in a range; with or without a `v` in front. It is followed: a newer one may come.
  ///
  /// Pre-releases count only where the range names one (PEP 440).
  static func newest(in range: VersionSpecifiers, of references: RemoteReferences) -> Outcome {
    let prefix = "refs/tags/"
    let tags = references.commits.compactMap { name, commit -> (version: Version, name: String, commit: String)? in
      guard name.hasPrefix(prefix), let version = Version(name.dropFirst(prefix.count)) else { return nil }
      return (version, name, commit)
    }
    let fitting = tags.filter { range.contains($0.version, allowPrereleases: false) }
    if let best = fitting.max(by: { ($0.version, $0.name) < ($1.version, $1.name) }) {
      return .resolved(ResolvedReference(commit: best.commit, isFollowed: true))
    }
    if references.commits.isEmpty { return .empty }
    let newest = tags.sorted { ($0.version, $0.name) > ($1.version, $1.name) }.prefix(3)
    return .absent(near: newest.map { String($0.name.dropFirst(prefix.count)) })
  }

  /// How many branches and tags there are, in words.
  static func census(of references: RemoteReferences) -> String {
    let branches = references.commits.keys.count { $0.hasPrefix("refs/heads/") }
    let tags = references.commits.keys.count { $0.hasPrefix("refs/tags/") }
    return "it has \(branches) branch\(branches == 1 ? "" : "es") and \(tags) tag\(tags == 1 ? "" : "s")"
  }

  private static func headCommit(of references: RemoteReferences) -> String? {
    // The symbolic name first: both are read in one answer, but only the branch is what is followed.
    references.headTarget.flatMap { references.commits[$0] } ?? references.headCommit
  }

  private static func names(in references: RemoteReferences) -> Set<String> {
    Set(
      references.commits.keys.compactMap { name in
        for prefix in ["refs/heads/", "refs/tags/"] where name.hasPrefix(prefix) {
          return String(name.dropFirst(prefix.count))
        }
        return nil
      })
  }

  private static func fullNames(near reference: String, in references: RemoteReferences) -> [String] {
    NearNames.nearest(to: reference, among: Set(references.commits.keys), within: 2)
  }

  private static func isHexadecimal(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
  }
}
