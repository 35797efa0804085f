/// Why a distribution is locked at its version: who asks for it, what each allows, and which versions there were.
public struct Explanation: Sendable, Equatable {
  /// A module that asks for it, directly or through others.
  public struct Asker: Sendable, Equatable {
    /// Section and name.
    public var label: String
    /// Where the module is declared; nil where the manifest no longer does.
    public var location: SourceLocation?
    /// What the module itself asks for; nil where it names nothing.
    public var requirement: String?
    /// The distributions in between, from the module's own to the one that names this; empty where the module asks for it itself.
    public var path: [PackageName]

    /// Creates an asker.
    public init(label: String, location: SourceLocation?, requirement: String?, path: [PackageName]) {
      self.label = label
      self.location = location
      self.requirement = requirement
      self.path = path
    }
  }

  /// Something that narrows the versions.
  public struct Limit: Sendable, Equatable {
    /// Who says so: `alpha 1.0`, `links.a (config.yml:3:5)`, `spec.constraints (pinion.yaml:5:20)`.
    public var source: String
    /// The versions that it allows; empty for any.
    public var specifiers: VersionSpecifiers

    /// Creates a limit.
    public init(source: String, specifiers: VersionSpecifiers) {
      self.source = source
      self.specifiers = specifiers
    }
  }

  /// A version that the index has.
  public struct Candidate: Sendable, Equatable {
    /// The version.
    public var version: Version
    /// Why it cannot be taken, or is not taken unasked; empty where nothing speaks against it.
    public var reasons: [String]
    /// What is to be known of it, though it can be taken; nil where nothing is.
    public var remark: String?

    /// Creates a candidate.
    public init(version: Version, reasons: [String]) {
      self.version = version
      self.reasons = reasons
    }
  }

  /// The distribution.
  public var name: PackageName
  /// What is locked; a need of the base has a version alone.
  public var version: String
  /// Where it comes from, in words.
  public var origin: String
  /// Who asks for it, the shortest ways first.
  public var askers: [Asker]
  /// What narrows its versions.
  public var limits: [Limit]
  /// The versions that there were, the newest first; empty where it comes from no index.
  public var candidates: [Candidate]
  /// Why there are no others, where it comes from no index, or is held back.
  public var fixedBecause: String?
  /// What is to be known before all else: that the lockfile does not fit the manifest, or that a module is held back.
  public var remarks: [String] = []
  /// What the newest version that everybody allows needs, and what is locked does not meet, in words.
  public var unmet: [String] = []

  /// Creates an explanation.
  public init(
    name: PackageName, version: String, origin: String, askers: [Asker], limits: [Limit], candidates: [Candidate],
    fixedBecause: String? = nil
  ) {
    self.name = name
    self.version = version
    self.origin = origin
    self.askers = askers
    self.limits = limits
    self.candidates = candidates
    self.fixedBecause = fixedBecause
  }

  /// The versions that everybody allows, the newest first.
  public var possible: [Version] { candidates.filter(\.reasons.isEmpty).map(\.version) }

  /// Why this version, in a sentence.
  public var verdict: String {
    if let fixedBecause { return fixedBecause }
    guard let locked = Version(version) else { return "it is what the lockfile says" }
    guard let newest = possible.first else {
      return "it is locked; the index has no version that everybody allows"
    }
    if newest == locked { return "it is the newest version that everybody allows" }
    guard newest > locked else {
      let reasons = candidates.first { $0.version == locked }?.reasons
      let state =
        reasons.map { "it would not be taken anew: \($0.joined(separator: "; "))" } ?? "the index no longer has it"
      return "it is locked; \(state); the newest that everybody allows is \(newest)"
    }
    guard unmet.isEmpty else {
      return "it is locked; all of them allow \(newest), too, but \(newest) needs \(unmet.joined(separator: ", and "))"
    }
    return "it is locked; all of them allow \(newest), too: either no upgrade was asked for since "
      + "(pinion lock --upgrade \(name)), or what newer versions need does not go with the others"
  }

  /// Holds versions against limits. What else speaks against one comes from `objections`.
  ///
  /// Source: PEP 440 on pre-releases: they will do where a condition names one, and where there is nothing else.
  public static func candidates(
    _ versions: [Version], limits: [Limit], allowsPrereleases: Bool, objections: (Version) -> [String]
  ) -> [Candidate] {
    func refusals(_ version: Version) -> [String] {
      limits.filter { !$0.specifiers.contains(version, allowPrereleases: true) }.map {
        "\($0.source) asks for \($0.specifiers)"
      } + objections(version)
    }
    let found = versions.sorted(by: >).map { Candidate(version: $0, reasons: refusals($0)) }
    let isAllowed =
      allowsPrereleases || !found.contains { !$0.version.isPrerelease && $0.reasons.isEmpty }
      || limits.contains { $0.specifiers.list.contains(where: \.namesPrerelease) }
    guard !isAllowed else { return found }
    return found.map { candidate in
      guard candidate.version.isPrerelease else { return candidate }
      return Candidate(version: candidate.version, reasons: candidate.reasons + ["it is a pre-release"])
    }
  }
}

extension Lockfile {
  /// The ways from modules to a distribution: for each module the shortest, as the distributions in between.
  public func ways(to name: PackageName) -> [(module: LockedModule, path: [PackageName])] {
    let needs = Dictionary(
      distributions.map { ($0.name, $0.dependencies) } + baseNeeds.map { ($0.name, $0.dependencies) },
      uniquingKeysWith: { first, _ in first })
    return modules.compactMap { module in
      guard let root = module.distribution else { return nil }
      var paths: [PackageName: [PackageName]] = [root: []]
      var queue = [root]
      while !queue.isEmpty, paths[name] == nil {
        let next = queue.removeFirst()
        for other in needs[next] ?? [] where paths[other] == nil {
          paths[other] = (paths[next] ?? []) + [next]
          queue.append(other)
        }
      }
      return paths[name].map { (module, $0) }
    }.sorted { ($0.path.count, $0.module.label) < ($1.path.count, $1.module.label) }
  }
}
