internal import Model

/// Who takes part in a conflict, and what comes of it where nobody else does.
struct Claimant: Sendable {
  /// What is asked of the versions of distributions, the shortest ways first.
  var needs: [PackageName: [NeedGraph.Need]]
  /// The versions that are chosen.
  var versions: [PackageName: Version] = [:]
  /// The question, for whoever wants to ask it with more.
  var variation: QuestionVariation?
}

/// A distribution of which no version will do for everybody. Pure.
struct Dispute: Sendable, Equatable {
  /// The distribution.
  var name: PackageName
  /// What each of the claimants asks of it, in their order.
  var needs: [NeedGraph.Need]

  /// The distributions that they may be at odds about, the likeliest first, three at most.
  ///
  /// Everybody asks something of it, and of the versions that are chosen for one of them alone none will do for all. That
  /// there is no other is for a resolver to say.
  static func candidates(among claimants: [Claimant]) -> [Dispute] {
    guard let first = claimants.first else { return [] }
    let shared = claimants.dropFirst().reduce(Set(first.needs.keys)) { $0.intersection($1.needs.keys) }
    return shared.compactMap { name in
      let known = claimants.compactMap { $0.versions[name] }
      return combinations(claimants.map { Array(($0.needs[name] ?? []).prefix(4)) })
        .sorted { length($0) < length($1) }
        .first { needs in
          !known.contains { version in needs.allSatisfy { $0.specifiers.contains(version, allowPrereleases: true) } }
        }
        .map { Dispute(name: name, needs: $0) }
    }
    .sorted { (length($0.needs), $0.name) < (length($1.needs), $1.name) }.prefix(3).map(\.self)
  }

  /// What all of them ask together.
  var specifiers: VersionSpecifiers { needs.reduce(.any) { $0.merged(with: $1.specifiers) } }

  /// What all but one ask together.
  func specifiers(without index: Int) -> VersionSpecifiers {
    needs.indices.filter { $0 != index }.reduce(.any) { $0.merged(with: needs[$1].specifiers) }
  }

  /// Whether one of them takes a single version, which the others do not allow: no index has to be asked then.
  var isEvident: Bool {
    needs.indices.contains { index in
      guard case let list = needs[index].specifiers.list, list.count == 1, list[0].operator == .equal,
        !list[0].isPrefix,
        let version = Version(list[0].version)
      else { return false }
      return !specifiers(without: index).contains(version, allowPrereleases: true)
    }
  }

  private static func length(_ needs: [NeedGraph.Need]) -> Int { needs.reduce(0) { $0 + $1.path.count } }

  private static func combinations(_ choices: [[NeedGraph.Need]]) -> [[NeedGraph.Need]] {
    choices.reduce([[]]) { found, next in
      Array(found.prefix(64)).flatMap { start in next.map { start + [$0] } }
    }
  }
}
