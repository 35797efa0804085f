extension Policy {
  /// What in a lockfile breaks the rules: sources over every distribution, also those that only others need; builds; git
  /// references that move; files that are too new; packages that were implied.
  ///
  /// `environment` gives the places of modules, and the directory that local references start from. `now` is in seconds since
  /// 1970; without it (`Int.max`) no age is held. `isUsable` says whether a wheel fits the interpreter; without one (nil) any
  /// wheel counts.
  public func breaches(
    of lockfile: Lockfile, for environment: DesiredEnvironment, now: Int = .max, isUsable: ((WheelName) -> Bool)? = nil
  ) -> [Diagnostic] {
    let askers = lockfile.askers()
    var found = impliedBreaches(lockfile, environment)
    let newest = excludeNewer?.cutoff(now: now)
    for distribution in lockfile.distributions {
      let subject = Subject(distribution, askers[distribution.name] ?? [], in: environment)
      if let refusal = sources.refusal(of: distribution.name) {
        found.append(
          breach(refusal, "\(subject.text): it has a name which \(Self.words(refusal))", subject.location))
      }
      found += sourceBreaches(distribution, subject, environment.directory)
      if let newest, let file = Self.used(distribution, isUsable).first(where: { $0.uploadTime ?? .max > newest }) {
        let time = file.uploadTime.map { "came to its index on \(UTCTime.text($0))" }
        found.append(
          breach(
            .excludeNewer, "\(subject.text): \(file.name) \(time ?? "has no date in the lockfile")", subject.location,
            "lock again, which takes what is old enough: pinion lock; or have the rule changed"))
      }
      if builds == .deny, let what = Self.whatIsBuilt(distribution, isUsable) {
        found.append(
          breach(
            .builds, "\(subject.text): it would have to be built from \(what)", subject.location,
            "name a version that has a wheel for this interpreter and platform, or publish one; "
              + "or let it be built with `policy.builds: allow`"))
      }
      // A default warns when a manifest is checked, not with every run.
      if pinned == .require || (pinned == .warn && places[.pinned] != nil),
        let (what, wayOut) = Self.whatMoves(distribution)
      {
        var diagnostic = breach(.pinned, "\(subject.text): \(what)", subject.location, wayOut)
        if pinned == .warn { diagnostic.severity = .warning }
        found.append(diagnostic)
      }
    }
    return found
  }

  /// Distributions that would go back to an earlier version, where that is forbidden. Commits have no order: of git
  /// modules only the version counts.
  public func downgrades(
    from previous: [PackageName: String], to lockfile: Lockfile, for environment: DesiredEnvironment
  ) -> [Diagnostic] {
    guard downgrade == .deny else { return [] }
    let askers = lockfile.askers()
    return lockfile.distributions.compactMap { distribution in
      guard let old = previous[distribution.name], let before = Version(old), let after = Version(distribution.version),
        after < before
      else { return nil }
      let subject = Subject(distribution, askers[distribution.name] ?? [], in: environment)
      return breach(
        .downgrade, "\(subject.text): it would go back from \(old)", subject.location,
        "ask for \(distribution.name)>=\(old); `pinion rollback` goes back to a generation as a whole")
    }
  }

  /// The same with a lockfile as what was before.
  public func downgrades(
    from previous: Lockfile, to lockfile: Lockfile, for environment: DesiredEnvironment
  ) -> [Diagnostic] {
    let versions = previous.distributions.map { ($0.name, $0.version) }
    return downgrades(
      from: Dictionary(versions, uniquingKeysWith: { first, _ in first }), to: lockfile, for: environment)
  }

  /// The rules that a resolution itself keeps to, by passing over what breaks them: a new one may mend a breach.
  public var ofResolution: Policy {
    var policy = self
    policy.sources = SourceRules()
    policy.pinned = .off
    return policy
  }

  /// Whether a lockfile cannot be judged without the interpreter that it is for.
  public var asksInterpreter: Bool { builds == .deny || excludeNewer != nil }

  // MARK: parts

  /// Modules without a requirement of which the lockfile has one took it from their names.
  private func impliedBreaches(_ lockfile: Lockfile, _ environment: DesiredEnvironment) -> [Diagnostic] {
    guard impliedPackages == .deny else { return [] }
    let locked = Dictionary(lockfile.modules.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    return environment.modules.compactMap { module in
      guard module.requirement == .absent, let requirement = locked[module.label]?.requirement else { return nil }
      return breach(
        .impliedPackages, "\(module.label) has no pip_name, and the lockfile takes its module's name as the package's",
        module.location,
        "write 'pip_name: \(requirement)', or list the module under `provided` if the application brings it")
    }
  }

  /// The files of an index that an installation may take: the wheels that fit, else the source distribution.
  private static func used(
    _ distribution: LockedDistribution, _ isUsable: ((WheelName) -> Bool)?
  ) -> [LockedFile] {
    guard case .index(_, let wheels, let sdist) = distribution.source else { return [] }
    let usable = wheels.filter { file in WheelName(file.name).map { isUsable?($0) ?? true } ?? false }
    return usable.isEmpty ? sdist.map { [$0] } ?? [] : usable
  }

  /// `urllib3 2.0 (needed by links.a)`, and where that module stands.
  private struct Subject {
    var text: String
    var location: SourceLocation?

    init(_ distribution: LockedDistribution, _ askers: [String], in environment: DesiredEnvironment) {
      let shown = askers.prefix(3).joined(separator: ", ") + (askers.count > 3 ? " and \(askers.count - 3) more" : "")
      text = "\(distribution.name) \(distribution.version)" + (askers.isEmpty ? "" : " (needed by \(shown))")
      location = environment.modules.first { askers.contains($0.label) }?.location
    }
  }

  private func sourceBreaches(
    _ distribution: LockedDistribution, _ subject: Subject, _ directory: String
  ) -> [Diagnostic] {
    func complaint(_ url: String, _ refusal: SourceRules.Refusal) -> Diagnostic {
      breach(refusal, "\(subject.text): it comes from \(url), which \(Self.words(refusal))", subject.location)
    }
    switch distribution.source {
    case .git(let pin):
      let url = LocalReference.absolute(pin.url, from: directory)
      return sources.refusal(of: url, isGit: true).map { [complaint(url, $0)] } ?? []
    case .index(let url, let wheels, let sdist):
      if let refusal = sources.refusal(of: url, isGit: false) { return [complaint(url, refusal)] }
      // Files often stand on another host than their index, which vouches for them by their hashes; what is forbidden by name
      // stays forbidden.
      for file in wheels + (sdist.map { [$0] } ?? []) {
        if let refusal = sources.denial(of: file.url) { return [complaint(file.url, refusal)] }
      }
      return []
    case .archive(let pin):
      return sources.refusal(of: pin.url, isGit: false).map { [complaint(pin.url, $0)] } ?? []
    case .directory(let pin):
      let url = "file://\(pin.path.percentEncodedPath)"
      return sources.refusal(of: url, isGit: false).map { [complaint(url, $0)] } ?? []
    }
  }

  /// What of a locked distribution may change by itself, and what to write instead. Nil where nothing does.
  private static func whatMoves(_ distribution: LockedDistribution) -> (what: String, wayOut: String)? {
    switch distribution.source {
    case .git(let pin) where pin.isFollowed:
      let reference = pin.requestedRevision.map { "'\($0)'" } ?? "the repository's default branch"
      return ("\(reference) moves", "name a tag or a commit, as in '@\(pin.commit.prefix(12))'")
    case .directory(let pin):
      return ("the directory \(pin.path) can change at any time", "build a wheel of it, and name that")
    case .git, .archive, .index: return nil
    }
  }

  private static func whatIsBuilt(_ distribution: LockedDistribution, _ isUsable: ((WheelName) -> Bool)?) -> String? {
    switch distribution.source {
    case .git: return "a git repository"
    case .archive(let pin): return pin.isWheel ? nil : "a source archive"
    case .directory: return "a directory"
    case .index(_, let wheels, _):
      let names = wheels.compactMap { WheelName($0.name) }
      let hasWheel = isUsable.map { names.contains(where: $0) } ?? !names.isEmpty
      return hasWheel ? nil : "its source distribution"
    }
  }
}
