extension Policy {
  /// What in a declaration breaks the rules, as far as that shows without an interpreter, an index or a lockfile: pinned
  /// entries, sources, builds, implied packages.
  ///
  /// Breaches are errors where the rule forbids, and warnings where it warns or where only a lock can tell for sure. A lock
  /// judges again: see `breaches(of:for:now:isUsable:)`.
  public func breaches(of environment: DesiredEnvironment) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let tops = Set(environment.modules.filter { $0.requirement != .absent }.map(\.topLevelName))
    for index in environment.indexes {
      guard let refusal = sources.refusal(of: index.url.description, isGit: false) else { continue }
      found.append(
        breach(
          refusal, "the index '\(index.name)' stands at \(index.url), which \(Self.words(refusal))", index.location))
    }
    for module in environment.modules {
      switch module.requirement {
      case .absent:
        if let diagnostic = impliedBreach(module, in: environment, tops) { found.append(diagnostic) }
      case .unset: continue
      case .requirement(let requirement):
        if let diagnostic = pinnedBreach(module, requirement, in: environment) { found.append(diagnostic) }
        found += sourceBreaches(module, requirement)
        if let diagnostic = buildBreach(module, requirement) { found.append(diagnostic) }
      }
    }
    return found
  }

  // MARK: pinned

  private func pinnedBreach(
    _ module: Module, _ requirement: Requirement, in environment: DesiredEnvironment
  ) -> Diagnostic? {
    guard pinned != .off, let looseness = Looseness(requirement, in: environment) else { return nil }
    var diagnostic = breach(
      .pinned, "\(module.label) is not pinned: \(looseness.reason)", module.location, looseness.wayOut)
    if pinned == .warn || !looseness.isCertain { diagnostic.severity = .warning }
    return diagnostic
  }

  // MARK: sources

  private func sourceBreaches(_ module: Module, _ requirement: Requirement) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if let name = requirement.name, let refusal = sources.refusal(of: name) {
      found.append(
        breach(refusal, "\(module.label) installs \(name), which \(Self.words(refusal))", module.location))
    }
    var urls = requirement.urls.map(\.description)
    if case .directory(let requirement) = requirement { urls.append("file://\(requirement.path.percentEncodedPath)") }
    let isGit = if case .git = requirement { true } else { false }
    for url in urls {
      guard let refusal = sources.refusal(of: url, isGit: isGit) else { continue }
      found.append(
        breach(refusal, "\(module.label) comes from \(url), which \(Self.words(refusal))", module.location))
    }
    return found
  }

  // MARK: builds

  private func buildBreach(_ module: Module, _ requirement: Requirement) -> Diagnostic? {
    guard builds == .deny else { return nil }
    let what: String
    switch requirement {
    case .git: what = "a git repository"
    case .directory: what = "a directory"
    case .archive(let archive):
      guard archive.wheel == nil else { return nil }
      what = "a source archive"
    case .index(let requirement):
      guard requirement.options.binaries == .none else { return nil }
      what = "a source distribution, as --no-binary asks"
    }
    return breach(
      .builds, "\(module.label) would have to be built from \(what)", module.location,
      "build its wheel elsewhere, publish it, and name that; or let it be built with `policy.builds: allow`")
  }

  // MARK: implied packages

  /// The base, import roots and the interpreter may answer; where they are not there to do it, it is worth a warning.
  private func impliedBreach(
    _ module: Module, in environment: DesiredEnvironment, _ tops: Set<Substring>
  ) -> Diagnostic? {
    guard impliedPackages != .allow, environment.base == nil, environment.pythonPath.isEmpty,
      !module.importPath.contains("."), let name = PackageName(module.importPath),
      !StandardModules.contains(module.importPath), !tops.contains(module.topLevelName),
      !environment.provided.contains(where: { ImportPattern.matches(module.importPath, pattern: $0) })
    else { return nil }
    let isDenied = impliedPackages == .deny
    let consequence =
      isDenied ? "and a package is not implied" : "so that its module's name is taken as the package's"
    var diagnostic = breach(
      .impliedPackages, "\(module.label) has no pip_name, \(consequence)", module.location,
      "write 'pip_name: \(name)', or list the module under `provided` if the application brings it")
    diagnostic.severity = .warning
    diagnostic.code = isDenied ? .policyDenied : .impliedPackage
    return diagnostic
  }

  // MARK: words

  /// A complaint that names what broke a rule, the rule, and the way out.
  func breach(_ rule: Rule, _ message: String, _ location: SourceLocation?, _ wayOut: String) -> Diagnostic {
    Diagnostic(
      .policyDenied, message, at: location.map { .source($0, excerpt: nil) }, because: text(of: rule), hint: wayOut)
  }

  /// The same of rules on sources, of which each file has its own.
  func breach(_ refusal: SourceRules.Refusal, _ message: String, _ location: SourceLocation?) -> Diagnostic {
    var policy = self
    if let place = refusal.location { policy.places[.sources] = place }
    return policy.breach(.sources, message, location, Self.wayOut(refusal))
  }

  /// ``the rule is `policy.pinned: require` at host.yaml:4:5``
  public func text(of rule: Rule) -> String {
    let value: String? =
      switch rule {
      case .pinned: pinned.rawValue
      case .impliedPackages: impliedPackages.rawValue
      case .builds: builds.rawValue
      case .downgrade: downgrade.rawValue
      case .excludeNewer: excludeNewer?.description
      case .rewinds: rewinds.rawValue
      case .pth: pth.rawValue
      case .collisions: collisions.description
      case .record: record.description
      case .buildLimits: buildLimits == BuildLimits() ? nil : buildLimits.description
      case .sources, .unpacked: nil
      }
    let name = "`policy.\(rule.rawValue)\(value.map { ": \($0)" } ?? "")`"
    return "the rule is \(name)" + (places[rule].map { " at \($0)" } ?? ", the default for manifests of this kind")
  }

  static func words(_ refusal: SourceRules.Refusal) -> String {
    switch refusal {
    case .denied(let pattern, _):
      "'\(pattern)' forbids" + (pattern.location.map { " (\($0))" } ?? "")
    case .notAllowed(let patterns, _):
      "none of the allowed patterns fits: " + patterns.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        + (patterns.count > 5 ? " and \(patterns.count - 5) more" : "")
    }
  }

  static func wayOut(_ refusal: SourceRules.Refusal) -> String {
    switch refusal {
    case .denied: "take it from elsewhere, or have the pattern taken out of `policy.sources.deny`"
    case .notAllowed: "take it from an allowed source, or have a pattern for it added to `policy.sources.allow`"
    }
  }
}

/// Why a requirement is not pinned.
struct Looseness {
  /// What is wrong.
  var reason: String
  /// What to write.
  var wayOut: String
  /// Whether it is certain. Without asking the server nobody knows whether a name is a branch's or a tag's.
  var isCertain = true

  /// Nil when the requirement is pinned: one version, a tag or a commit, or an archive.
  init?(_ requirement: Requirement, in environment: DesiredEnvironment) {
    switch requirement {
    case .index(let requirement):
      // An override takes the place of what the entry says (a marker's, where it holds); constraints narrow both.
      let overrides = environment.overrides.filter { $0.requirement.name == requirement.name }
      let constraints = environment.constraints.filter {
        $0.requirement.name == requirement.name && $0.requirement.marker == nil
      }
      let loose = overrides.first { !$0.requirement.specifiers.isExact }
      let isReplaced = overrides.contains { $0.requirement.marker == nil }
      guard loose != nil || !(isReplaced || requirement.specifiers.isExact),
        !constraints.contains(where: { $0.requirement.specifiers.isExact })
      else { return nil }
      let specifiers = loose?.requirement.specifiers ?? requirement.specifiers
      reason =
        (loose.map { "the override at \($0.location) decides, and " } ?? "")
        + (specifiers.isEmpty
          ? "\(requirement.name) names no version" : "\(requirement.name)\(specifiers) leaves a choice of versions")
      wayOut =
        "write one version, as in '\(requirement.name)==1.2.3'\(loose == nil ? "" : ", there"); "
        + "`pinion lock` shows which one it is now"
    case .git(let requirement):
      guard let problem = Self.looseness(of: requirement.source) else { return nil }
      (reason, isCertain) = problem
      wayOut = "name a tag or a commit, as in '@v1.2.3'"
    case .archive: return nil
    case .directory(let requirement):
      reason = "the directory \(requirement.path) can change at any time"
      wayOut = "build a wheel of it, and name that"
    }
  }

  private static func looseness(of source: GitSource) -> (String, isCertain: Bool)? {
    if let range = source.range { return ("@semver:\(range) leaves a choice of tags", true) }
    guard let reference = source.reference, reference != "HEAD" else {
      return ("the repository's default branch moves", true)
    }
    if reference.hasPrefix("refs/tags/") { return nil }
    if reference.hasPrefix("refs/") { return ("\(reference) moves", true) }
    let isHexadecimal = reference.allSatisfy { $0.isASCII && $0.isHexDigit }
    if isHexadecimal, (7...64).contains(reference.utf8.count) { return nil }
    // `v1.2.3`, `1.0`, `release-2024.1`: a tag's name as a rule.
    if reference.contains("."), reference.contains(where: \.isNumber), !reference.contains("/") { return nil }
    if ["main", "master", "develop", "dev", "trunk", "next", "staging", "nightly"].contains(reference) {
      return ("the branch '\(reference)' moves", true)
    }
    return ("'\(reference)' looks like a branch, which moves", false)
  }
}

extension VersionSpecifiers {
  /// Whether one version alone will do: `==1.2.3` or `===1.2.3`.
  var isExact: Bool { list.contains { ($0.operator == .equal && !$0.isPrefix) || $0.operator == .identical } }
}

extension Module {
  /// The first component of its import path.
  fileprivate var topLevelName: Substring { importPath.prefix { $0 != "." } }
}
