internal import Model
internal import Platform

/// A distribution that comes from no index, with its wheel.
struct DirectModule: Sendable {
  /// What was asked for.
  var source: DirectSource
  /// All extras that modules ask for.
  var extras: [PackageName]
  /// Whether it is installed without what it depends on.
  var ignoresDependencies: Bool
  /// What it is, exactly.
  var pin: LockedDistribution.Source
  /// Its wheel on disk.
  var wheel: String
  /// What the wheel says of itself.
  var metadata: DistributionMetadata

  /// What identifies its bytes: two sources may turn out to be the same.
  var identity: String {
    switch pin {
    case .git(let pin): "\(pin.commit) \(pin.subdirectory ?? "")"
    case .archive(let pin): "\(pin.sha256) \(pin.subdirectory ?? "")"
    case .directory(let pin): "\(pin.digest) \(pin.subdirectory ?? "")"
    case .index: ""
    }
  }

  /// The identity as messages show it.
  var shown: String {
    switch pin {
    case .git(let pin): String(pin.commit.prefix(12))
    case .archive(let pin): "sha256:\(pin.sha256.prefix(12))"
    case .directory, .index: "what stands there now"
    }
  }

  /// Whether it may change without anybody's leave.
  var isFollowed: Bool {
    switch pin {
    case .git(let pin): pin.isFollowed
    case .archive(let pin): pin.url.hasPrefix("file://")
    case .directory: true
    case .index: false
    }
  }

  /// `name[extra] @ file:///the/wheel`, for uv.
  func requirement(wheel: String) -> String {
    let text = extras.isEmpty ? "" : "[\(extras.map(\.text).joined(separator: ","))]"
    return "\(metadata.name)\(text) @ file://\(wheel.percentEncodedPath)"
  }
}

/// Finds out what direct references mean now, and makes a wheel of each.
struct DirectModules: Sendable {
  var sources: any SourceProvider
  var archives: ArchiveCache
  var wheels: WheelCache
  var wheelReading: any WheelReading
  var interpreter: Interpreter
  /// What may have moved, and how.
  var policy: Policy
  /// Which signatures commits must have before anything of them is run.
  var signatures: SignatureRule

  /// What direct references turned out to be.
  struct Outcome {
    /// The distributions, by what was asked for.
    var modules: [DirectSource: DirectModule] = [:]
    /// What the user should know.
    var warnings: [Diagnostic] = []
  }

  /// Resolves every direct reference of a declaration.
  ///
  /// Throws what servers and builds say, `gitTagMoved` for a tag or an archive that is another than was locked,
  /// `gitHistoryRewritten` for a branch, and `signatureInvalid`.
  func resolve(
    _ answers: ModuleAnswers, previous: Lockfile?, upgrade: UpgradeTargets
  ) async throws -> Outcome {
    let requirements = answers.directRequirements
    guard !requirements.isEmpty else { return Outcome() }
    do { return try await resolve(requirements, answers, previous: previous, upgrade: upgrade) } catch {
      guard let failure = error as? Failure else { throw error }
      throw Blame.assign(failure, to: requirements)
    }
  }

  private func resolve(
    _ requirements: [DirectSource: [Module]], _ answers: ModuleAnswers, previous: Lockfile?, upgrade: UpgradeTargets
  ) async throws -> Outcome {
    let pins = DirectPins(previous: previous)
    let (references, warnings) = try await references(requirements, pins: pins, upgrade: upgrade)
    for (source, reference) in references.sorted(by: { $0.key.description < $1.key.description }) {
      try sources.checkSubmodules(of: reference.commit, in: source)
      try await sources.checkSignature(of: reference.commit, in: source, against: signatures)
    }
    var found: [DirectSource: DirectModule] = [:]
    for (source, modules) in requirements.sorted(by: { $0.key.description < $1.key.description }) {
      let pin: LockedDistribution.Source
      let wheel: String
      switch source {
      case .git(let git):
        guard let reference = references[git] else { continue }
        pin = .git(
          GitPin(
            url: git.lockedURL, requestedRevision: git.requestedRevision, commit: reference.commit,
            subdirectory: git.subdirectory, isFollowed: reference.isFollowed))
        wheel = try await wheels.wheel(of: git, commit: reference.commit, for: interpreter)
      case .archive(let archive):
        let (path, locked) = try await fetch(archive, of: modules, pins: pins, upgrade: upgrade)
        pin = .archive(locked)
        wheel =
          locked.isWheel
          ? path
          : try await wheels.wheel(of: locked, for: interpreter, archive: { path })
      case .directory(let directory):
        let locked = DirectoryPin(
          path: directory.path, subdirectory: directory.subdirectory,
          digest: try ProjectDirectory(directory.path).digest())
        pin = .directory(locked)
        wheel = try await wheels.wheel(of: locked, for: interpreter)
      }
      guard let metadata = DistributionMetadata(try wheelReading.metadata(ofWheel: wheel)) else {
        throw Failure(
          .wheelInvalid, "the wheel has no readable METADATA", at: source.place,
          hint: "ask its publisher for a corrected wheel, or name another")
      }
      try checkNames(source, modules, metadata)
      found[source] = DirectModule(
        source: source, extras: answers.extras(of: source),
        ignoresDependencies: answers.ignoresDependencies(of: source), pin: pin, wheel: wheel, metadata: metadata)
    }
    return Outcome(modules: found, warnings: warnings)
  }

  private func checkNames(_ source: DirectSource, _ modules: [Module], _ metadata: DistributionMetadata) throws {
    for module in modules {
      guard let name = try module.resolvedRequirement()?.name, name != metadata.name else { continue }
      throw Failure(
        .requirementInvalid, "the \(source.noun) holds \(metadata.name), the manifest says \(name)",
        at: .source(module.location, excerpt: nil),
        hint: "write '\(metadata.name) @ …', or name another \(source.noun)")
    }
  }

  // MARK: Archives

  /// An archive on a server is what it was when it was locked, as a tag is; one on disk is looked at every time.
  private func fetch(
    _ source: ArchiveSource, of modules: [Module], pins: DirectPins, upgrade: UpgradeTargets
  ) async throws -> (path: String, pin: ArchivePin) {
    let isNamed = upgrade.names(modules)
    guard source.localPath == nil, let pin = pins.pin(of: source), !isNamed else {
      return try await archives.fetch(source)
    }
    let isAsked = source.hashes.isEmpty || source.hashes.contains { $0.digest == pin.sha256 }
    if upgrade.scope != .all, isAsked { return (try await archives.archive(pin), pin) }
    let now = try await archives.fetch(source)
    guard now.pin.sha256 == pin.sha256 || !isAsked else {
      throw Failure(
        .gitTagMoved, "the archive was replaced since it was locked", at: .url(source.url.description),
        because: "its SHA-256 was \(pin.sha256), it is \(now.pin.sha256)",
        hint: "if that is intended, accept it by name: --upgrade \(modules.first?.name ?? "MODULE")")
    }
    return now
  }

  // MARK: Several sources of one distribution

  /// The modules by distribution. Several sources may turn out to be one and the same, but not several.
  ///
  /// Throws `unsolvable`, naming who asks for what.
  static func byName(
    _ found: [DirectSource: DirectModule], answers: ModuleAnswers
  ) throws -> [PackageName: DirectModule] {
    var byName: [PackageName: DirectModule] = [:]
    // A reference that is followed goes first, so that its moving is noticed; then the order of the texts.
    let sorted = found.values.sorted {
      ($0.isFollowed ? 0 : 1, $0.source.description) < ($1.isFollowed ? 0 : 1, $1.source.description)
    }
    for module in sorted {
      let name = module.metadata.name
      guard let present = byName[name] else {
        byName[name] = module
        continue
      }
      guard present.identity != module.identity else {
        byName[name]?.extras = Set(present.extras + module.extras).sorted()
        continue
      }
      let askers = [present, module].map { entry in
        let labels = (answers.directRequirements[entry.source] ?? []).map { "\($0.label) (\($0.location))" }
        return "\(labels.joined(separator: ", ")) asks for \(entry.source), which is \(entry.shown)"
      }
      throw Failure(
        .unsolvable, "two modules ask for different sources of \(name)",
        at: answers.directRequirements[module.source]?.first.map { .source($0.location, excerpt: nil) },
        because: askers.joined(separator: "\n"), hint: "let both ask for the same")
    }
    return byName
  }
}

/// The direct entries of the previous lockfile, found by what was asked for.
struct DirectPins: Sendable {
  private let git: GitPins
  private let archives: [String: ArchivePin]

  init(previous: Lockfile?) {
    git = GitPins(previous: previous)
    var found: [String: ArchivePin] = [:]
    for locked in previous?.distributions ?? [] {
      if case .archive(let pin) = locked.source { found["\(pin.url) \(pin.subdirectory ?? "")"] = pin }
    }
    archives = found
  }

  func pin(of source: GitSource) -> GitPin? { git.pin(of: source) }

  func pin(of source: ArchiveSource) -> ArchivePin? { archives["\(source.url) \(source.subdirectory ?? "")"] }
}
