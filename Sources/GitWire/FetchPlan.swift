/// What is asked of a server so that a mirror gets one commit: as little as will do, and more where that did not. Pure.
public struct FetchPlan: Sendable, Equatable {
  /// One fetch after another, until the commit is there.
  public var steps: [Step] = []

  /// One fetch.
  public enum Step: Sendable, Equatable {
    /// These references, by their full names.
    case references([String])
    /// The commit by its id, which a server may refuse.
    case id(String)
    /// All branches and tags, and these references besides.
    case everything([String])

    /// The step as git writes it: each reference keeps its name.
    public var refspecs: [String] {
      switch self {
      case .references(let names): names.map { "+\($0):\($0)" }
      case .id(let commit): ["+\(commit):refs/pinion/\(commit)"]
      case .everything(let names): (["refs/heads/*", "refs/tags/*"] + names).map { "+\($0):\($0)" }
      }
    }
  }

  /// Plans for a commit.
  ///
  /// - Parameters:
  ///   - names: what the reference may be that was asked for, by full names; `HEAD` for the branch that it points to.
  ///   - references: what the server has.
  public init(commit: String, names: [String], in references: RemoteReferences) {
    let known = names.compactMap { $0 == "HEAD" ? references.headTarget : $0 }.filter { references.commits[$0] != nil }
    if let tip = Self.tip(commit, names: known, in: references) {
      steps.append(.references([tip]))
    } else if !known.isEmpty {
      steps.append(.references(known))
    }
    steps.append(.id(commit))
    steps.append(.everything(known.filter { !$0.hasPrefix("refs/heads/") && !$0.hasPrefix("refs/tags/") }))
  }

  /// The reference that points at a commit: of several one of those names, else a branch, else a tag, else any.
  public static func tip(_ commit: String, names: [String], in references: RemoteReferences) -> String? {
    if let name = names.first(where: { references.commits[$0] == commit }) { return name }
    let pointing = references.commits.filter { $0.value == commit }.keys
    for prefix in ["refs/heads/", "refs/tags/", ""] {
      if let name = pointing.filter({ $0.hasPrefix(prefix) }).min() { return name }
    }
    return nil
  }
}
