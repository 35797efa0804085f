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
  /// Whether what is locked stays, since no server is asked whether it moved.
  var isOffline: Bool
  var archives: ArchiveCache
  var wheels: WheelCache
  var wheelReading: any WheelReading
  /// Reads what modules bring along.
  var reading: any ReferenceReading
  var interpreter: Interpreter
  /// What may have moved, and how.
  var policy: Policy
  /// Which signatures commits must have before anything of them is run.
  var signatures: SignatureRule
  /// Who asks for what modules bring along, and what that may be.
  var rules = GitRules()
  /// The names that the base and overrides answer for.
  var decided: Set<PackageName> = []

  /// What direct references turned out to be.
  struct Outcome {
    /// The distributions, by what was asked for.
    var modules: [DirectSource: DirectModule] = [:]
    /// Who asks for what.
    var requests: [DirectSource: DirectRequest] = [:]
    /// What the user should know.
    var warnings: [Diagnostic] = []
  }

  /// Resolves every direct reference of a declaration, and of what that leads to.
  ///
  /// Throws what servers and builds say, `gitTagMoved` for a tag or an archive that is another than was locked,
  /// `gitHistoryRewritten` for a branch, `signatureInvalid`, and what `BroughtReferences` throws.
  func resolve(
    _ answers: ModuleAnswers, previous: Lockfile?, upgrade: UpgradeTargets
  ) async throws -> Outcome {
    let brought = BroughtReferences(
      answers: answers, markers: interpreter.markers, rules: rules, policy: policy, reading: reading, decided: decided)
    var outcome = Outcome(requests: answers.directRequests)
    while true {
      let open = outcome.requests.values.filter { outcome.modules[$0.source] == nil }
        .sorted { $0.source.description < $1.source.description }
      guard !open.isEmpty else { return outcome }
      do {
        try await add(open, answers, previous: previous, upgrade: upgrade, to: &outcome)
      } catch let failure as Failure {
        throw Blame.assign(failure, to: outcome.requests)
      }
      let followed = try brought.follow(outcome.modules)
      outcome.requests = followed.requests
      for (source, module) in outcome.modules {
        outcome.modules[source]?.extras = (followed.extras[module.metadata.name] ?? []).sorted()
      }
    }
  }

  /// Finds out what some references mean: those that are known by now.
  private func add(
    _ requests: [DirectRequest], _ answers: ModuleAnswers, previous: Lockfile?, upgrade: UpgradeTargets,
    to outcome: inout Outcome
  ) async throws {
    let pins = DirectPins(previous: previous)
    let settled = outcome.modules.values.filter { previous?[$0.metadata.name]?.source == $0.pin }
    let (references, warnings) = try await references(
      requests, pins: pins, upgrade: upgrade, settled: Set(settled.map(\.metadata.name)))
    outcome.warnings += warnings
    for (source, reference) in references.sorted(by: { $0.key.description < $1.key.description }) {
      try sources.checkSubmodules(of: reference.commit, in: source)
      try await sources.checkSignature(of: reference.commit, in: source, against: signatures)
    }
    for request in requests {
      let source = request.source
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
        let (path, locked) = try await fetch(archive, for: request, pins: pins, upgrade: upgrade)
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
      try checkNames(request, metadata)
      outcome.modules[source] = DirectModule(
        source: source, extras: answers.extras(of: source),
        ignoresDependencies: !request.isBrought && answers.ignoresDependencies(of: source), pin: pin, wheel: wheel,
        metadata: metadata)
    }
  }

  func checkNames(_ request: DirectRequest, _ metadata: DistributionMetadata) throws {
    let source = request.source
    if request.isBrought {
      guard let name = request.name, name != metadata.name else { return }
      throw Failure(
        .requirementInvalid, "the \(source.noun) holds \(metadata.name), and is asked for \(name)",
        at: .url(source.description),
        hint: "have who asks for it changed, or declare it by itself: a module with pip_name: \(name) @ …")
    }
    for module in request.modules {
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
    _ source: ArchiveSource, for request: DirectRequest, pins: DirectPins, upgrade: UpgradeTargets
  ) async throws -> (path: String, pin: ArchivePin) {
    guard source.localPath == nil, let pin = pins.pin(of: source), !request.accepts(upgrade) else {
      return try await archives.fetch(source)
    }
    let isAsked = source.hashes.isEmpty || source.hashes.contains { $0.digest == pin.sha256 }
    if !request.isAsked(by: upgrade), isAsked { return (try await archives.archive(pin), pin) }
    let now = try await archives.fetch(source)
    guard now.pin.sha256 == pin.sha256 || !isAsked else {
      throw Failure(
        .gitTagMoved, "the archive was replaced since it was locked", at: .url(source.url.description),
        because: "its SHA-256 was \(pin.sha256), it is \(now.pin.sha256)",
        hint: "if that is intended, accept it by name: --upgrade \(request.upgradeName)")
    }
    return now
  }

  // MARK: Several sources of one distribution

  /// The modules by distribution. Several sources may turn out to be one and the same, but not several.
  ///
  /// Throws `unsolvable`, naming who asks for what.
  static func byName(_ outcome: Outcome) throws -> [PackageName: DirectModule] {
    var byName: [PackageName: DirectModule] = [:]
    // A reference that is followed goes first, so that its moving is noticed; then the order of the texts.
    let sorted = outcome.modules.values.sorted {
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
      let requests = [present, module].compactMap { outcome.requests[$0.source] }
      let askers = zip([present, module], requests).map { entry, request in
        request.askers(entry.source.description).joined(separator: "\n") + ", which is \(entry.shown)"
      }
      var failure = Failure(
        .unsolvable, "two modules ask for different sources of \(name)", at: requests.last?.place,
        because: askers.joined(separator: "\n"),
        hint: requests.contains(where: \.isBrought)
          ? "let both ask for the same, or declare it by itself, which decides: a module with pip_name: \(name) @ …"
          : "let both ask for the same")
      failure.diagnostics[0].modules = requests.flatMap { $0.modules.map(\.label) }
      throw failure
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
