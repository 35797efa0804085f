internal import Model

/// Why a set cannot be solved: the fewest that do not go together, what they are at odds about, and what would help. Pure.
struct Conflict: Sendable, Equatable {
  /// Somebody or something that asks for versions.
  struct Member: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
      case module
      /// A module whose distribution comes from no index: `git+https://host/link.git`.
      case directModule(source: String)
      case constraint, override, major, held
      case base(path: String)
    }
    var kind: Kind
    /// `links.a`, `the base`.
    var label: String
    /// Where the manifest says so.
    var location: SourceLocation?
    /// What it asks for, as it is written.
    var requirement: String

    /// The label with its place.
    var subject: String { location.map { "\(label) (\($0))" } ?? label }
    /// Whether it is a module.
    var isModule: Bool {
      switch kind {
      case .module, .directModule: true
      case .constraint, .override, .major, .held, .base: false
      }
    }
  }

  /// What a member asks of a distribution.
  struct Claim: Sendable, Equatable {
    var member: Member
    var name: PackageName
    var need: NeedGraph.Need
    /// Where it comes from, where the member brings it along.
    var origin: Origin?
  }

  /// Where something comes from that a module brings along.
  struct Origin: Sendable, Equatable {
    /// `git+https://host/other.git`.
    var source: String
    /// The distributions that name it.
    var bringers: [String]
  }

  /// What it comes down to.
  enum Finding: Sendable, Equatable {
    /// No version of a distribution will do for all.
    case disputed([Claim])
    /// No version of a distribution will do for one of them: these there are.
    case absent(Claim, [Explanation.Candidate])
    /// A distribution is for another Python: the last of the path.
    case python(Claim, VersionSpecifiers, running: String)
    /// It was not found out.
    case unknown
  }

  /// The fewest that do not go together; modules first.
  var members: [Member]
  /// Whether leaving out any one of them would do.
  var isMinimal: Bool
  /// What it comes down to.
  var finding: Finding
  /// Whether that is so with all versions of what lies between, and not with those alone that were looked at.
  var isWhatever = true
  /// The resolver's own words.
  var words: String
  /// What helps, the best first; each was tried.
  var remedies: [Remedy] = []
  /// The modules that were left out to try that, since they have no solution either.
  var without: [String] = []
  /// Whether there is more that has no solution.
  var isOneOfSeveral = false
  /// The rule that keeps files out whose absence cannot be tried.
  var passedOver: String?
  /// How many runs of the resolver were spent where that was the end of the search; else nil.
  var endedAfter: Int?
  /// How many runs of the resolver it took.
  var runs = 0

  /// The complaint.
  var diagnostic: Diagnostic {
    let code: Diagnostic.Code =
      if case .absent(_, let found) = finding, found.isEmpty { .packageAbsent } else { .unsolvable }
    var diagnostic = Diagnostic(
      code, message, at: members.lazy.compactMap(\.location).first.map { .source($0, excerpt: nil) },
      because: (reasons + ending).joined(separator: "\n"), hint: hint)
    diagnostic.modules = members.filter(\.isModule).map(\.label)
    return diagnostic
  }

  /// In one sentence.
  private var message: String {
    var labels: [String] = []
    for member in members where !labels.contains(member.label) { labels.append(member.label) }
    guard labels.count > 1, let last = labels.last else {
      return "\(labels.first ?? "a module") cannot be resolved, whatever the others ask for"
    }
    return "\(labels.dropLast().joined(separator: ", ")) and \(last) cannot go together"
  }

  private var reasons: [String] {
    let others = isWhatever ? [] : ["with other versions it is no better; in the resolver's words:"] + lines(words)
    switch finding {
    case .disputed(let claims):
      let name = claims.first?.name.text ?? ""
      return claims.map(Conflict.sentence) + ["no version of \(name) will do for \(claims.count > 2 ? "all" : "both")"]
        + others
    case .absent(let claim, let candidates):
      return [Conflict.sentence(claim)] + Conflict.candidates(candidates, of: claim) + others
    case .python(let claim, let wanted, let running):
      let package = claim.need.path.last?.description ?? claim.name.text
      return [Conflict.sentence(claim), "\(package) asks for Python \(wanted), and it is resolved for \(running)"]
        + others
    case .unknown:
      return members.map(Conflict.plainSentence) + ["in the resolver's words:"] + lines(words)
    }
  }

  private var ending: [String] {
    guard let endedAfter else { return [passedOver].compactMap(\.self) }
    let spent = "after \(endedAfter) runs of the resolver"
    let end =
      isMinimal
      ? "not everything that may help was tried: the search ended \(spent)"
      : "it may be fewer that are at odds: the search ended \(spent)"
    return [passedOver, end].compactMap(\.self)
  }

  /// What to do, in a line or several.
  var hint: String {
    guard !remedies.isEmpty else {
      guard endedAfter == nil else {
        return "loosen what one of them asks for, or leave it out, and run the same command again"
      }
      return members.count == 1 && members.first?.isModule == true && !isOneOfSeveral
        ? "leave it out, or have it changed: nothing else that was tried helps"
        : "mend this first: there is more that cannot go together, and nothing that was tried helps by itself"
    }
    return (introduction + remedies.map(\.text)).joined(separator: "\n")
  }

  /// What is said before what helps.
  private var introduction: [String] {
    if let last = without.last {
      let others = without.count == 1 ? last : "\(without.dropLast().joined(separator: ", ")) and \(last)"
      return ["mend this first: there is more that cannot go together; this was tried without \(others):"]
    }
    guard remedies.count > 1 else { return [] }
    return [remedies.contains(where: \.isUntried) ? "one of these:" : "one of these; each was tried:"]
  }

  private func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

  // MARK: Sentences

  /// `links.a (config.yml:3:5) needs beta<2, by way of alpha 1.0 → gamma 2.0`
  private static func sentence(_ claim: Claim) -> String {
    let what = "\(claim.name)\(claim.need.specifiers)"
    let subject = claim.member.subject
    if let origin = claim.origin {
      let way = origin.bringers.joined(separator: " and ")
      return "\(subject) brings \(claim.name) \(version(claim)), from \(origin.source), by way of \(way)"
    }
    if !claim.need.path.isEmpty {
      let way = claim.need.path.map(\.description).joined(separator: " → ")
      return "\(subject) needs \(what), by way of \(way)"
    }
    switch claim.member.kind {
    case .module: return "\(subject) asks for \(what)"
    case .constraint: return "\(subject) allows \(what) alone"
    case .override: return "\(subject) says \(what) for all"
    case .major: return "\(subject) keeps to \(what)"
    case .directModule(let source): return "\(subject) is \(claim.name) \(version(claim)), from \(source)"
    case .base(let path): return "\(subject) has \(claim.name) \(version(claim)), which stays (\(path))"
    case .held: return "\(subject) stays at \(claim.name) \(version(claim)), as it is locked"
    }
  }

  private static func version(_ claim: Claim) -> String { claim.need.specifiers.list.first?.version ?? "" }

  private static func plainSentence(_ member: Member) -> String {
    switch member.kind {
    case .module, .directModule: "\(member.subject) asks for \(member.requirement)"
    case .constraint: "\(member.subject) allows \(member.requirement) alone"
    case .override: "\(member.subject) says \(member.requirement) for all"
    case .major: "\(member.subject) keeps to \(member.requirement)"
    case .base(let path): "\(member.subject) has \(member.requirement), which stays (\(path))"
    case .held: "\(member.subject) stays at \(member.requirement), as it is locked"
    }
  }

  /// Which versions there are, and why none of those that are asked for will do.
  private static func candidates(_ candidates: [Explanation.Candidate], of claim: Claim) -> [String] {
    guard !candidates.isEmpty else { return ["no package index that is asked has \(claim.name)"] }
    let fitting = candidates.filter { claim.need.specifiers.contains($0.version, allowPrereleases: true) }
    guard !fitting.isEmpty else {
      let there = candidates.prefix(5).map { "\($0.version)" }.joined(separator: ", ")
      return ["there is no such version; there are \(there)" + (candidates.count > 5 ? " and older ones" : "")]
    }
    let lines = fitting.prefix(5).map { candidate in
      let text = candidate.reasons.isEmpty ? "it cannot be taken" : candidate.reasons.joined(separator: "; ")
      return "\(claim.name) \(candidate.version): \(text)"
    }
    return lines + (fitting.count > 5 ? ["so it is with \(fitting.count - 5) older ones"] : [])
  }
}

/// A change after which a set can be solved.
enum Remedy: Sendable, Equatable {
  /// A module asks for a pre-release of what it asks for.
  case prerelease(module: String, requirement: String, taken: String)
  /// Any version of a module's distribution will do.
  case anyVersion(module: String, requirement: String, taken: String)
  /// An entry of `spec.constraints` or `spec.overrides` is taken out.
  case without(entry: String, requirement: String, taken: String)
  /// An entry of `spec.overrides` is taken out, so that what a distribution brings along answers for the name.
  case insteadBrought(entry: String, requirement: String, bringer: String)
  /// An entry of `spec.overrides` says less.
  case anyOverride(entry: String, requirement: String, name: String, taken: String)
  /// Major versions may change.
  case otherMajor(taken: String)
  /// The base has another version.
  case otherBase(taken: String)
  /// A rule is loosened.
  case withoutRule(String, taken: String)
  /// One of these modules is left out.
  case leaveOut([String])

  /// What to do, in a line.
  var text: String {
    switch self {
    case .prerelease(let module, let requirement, let taken):
      "let \(module) take a pre-release, pip_name: \(requirement), which leads to \(taken)"
    case .anyVersion(let module, let requirement, let taken):
      "let \(module) take any version, pip_name: \(requirement), which leads to \(taken)"
    case .without(let entry, let requirement, let taken): "take \(requirement) out of \(entry), which leads to \(taken)"
    case .insteadBrought(let entry, let requirement, let bringer):
      "take \(requirement) out of \(entry): \(bringer) names a place for it, which was not looked at"
    case .anyOverride(let entry, let requirement, let name, let taken):
      "let \(entry) take any version, \(name) instead of \(requirement), which leads to \(taken)"
    case .otherMajor(let taken):
      "let major versions move where they must, spec.lock.update: references, which leads to \(taken)"
    case .otherBase(let taken): "have \(taken) in the base"
    case .withoutRule(let rule, let taken): "loosen the rule, which leads to \(taken): \(rule)"
    case .leaveOut(let modules): "leave out \(modules.joined(separator: ", or leave out "))"
    }
  }
}
