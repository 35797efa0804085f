internal import Model

/// What direct modules bring along: the direct references in their own metadata, and in that of what they lead to. Pure.
///
/// Who is declared answers for its name, and so do overrides and the base: what is written elsewhere about it does not count.
struct BroughtReferences {
  /// The declaration.
  var answers: ModuleAnswers
  /// The interpreter's.
  var markers: [String: String]
  /// Who asks, and what may be asked for.
  var rules: GitRules
  /// Whether anything may be built.
  var policy: Policy
  /// Reads them.
  var reading: any ReferenceReading
  /// The names that the base and overrides answer for.
  var decided: Set<PackageName>

  /// How many references modules may bring along altogether: a server that makes up one after the other comes to an end.
  static let limit = 1000

  /// All that is asked for as far as it is known by what was found so far, and which extras of it.
  struct Outcome {
    var requests: [DirectSource: DirectRequest]
    var extras: [PackageName: Set<PackageName>]
  }

  /// Throws `requirementInvalid` for what cannot be read or leads onto this machine's disk, and `policyDenied`.
  func follow(_ found: [DirectSource: DirectModule]) throws(Failure) -> Outcome {
    let declared = answers.directRequests
    var outcome = Outcome(requests: declared, extras: [:])
    var names: [PackageName: Set<DirectSource>] = [:]
    for source in declared.keys {
      guard let module = found[source] else { continue }
      names[module.metadata.name, default: []].insert(source)
      outcome.extras[module.metadata.name, default: []].formUnion(answers.extras(of: source))
    }
    let answered = decided.union(names.keys).union(answers.indexRequirements.map(\.requirement.name))
    var pending = declared.keys.sorted { $0.description > $1.description }
    while let source = pending.popLast() {
      guard let module = found[source], !module.ignoresDependencies, let request = outcome.requests[source] else {
        continue
      }
      let own = outcome.extras[module.metadata.name] ?? []
      for dependency in module.metadata.dependencies(markers: markers, extras: own) {
        if let url = dependency.url, !answered.contains(dependency.name) {
          let brought = try read(url, of: dependency.name, by: module, request)
          names[dependency.name, default: []].insert(brought)
          if outcome.requests[brought, default: DirectRequest(source: brought, modules: [])].add(
            dependency.name, by: module.metadata.name, request.modules)
          {
            pending.append(brought)
          }
          guard outcome.requests.count - declared.count <= Self.limit else { throw tooMany(request) }
        }
        guard let sources = names[dependency.name] else { continue }
        let before = outcome.extras[dependency.name] ?? []
        outcome.extras[dependency.name] = before.union(dependency.extras)
        if outcome.extras[dependency.name] != before { pending += sources }
      }
    }
    return outcome
  }

  private func tooMany(_ request: DirectRequest) -> Failure {
    Failure(
      .requirementInvalid, "modules bring more than \(Self.limit) direct references along", at: request.place,
      hint: "declare those that you mean by themselves, which ends the search there")
  }

  private func read(
    _ url: String, of name: PackageName, by module: DirectModule, _ request: DirectRequest
  ) throws(Failure) -> DirectSource {
    let place = request.place ?? module.source.place
    let wayOut = "or declare it by itself, which goes before: a module with pip_name: \(name) @ …"
    var source: DirectSource
    do throws(Failure) { source = try reading.source(of: url) } catch {
      let problem = error.diagnostics.first
      throw Failure(
        .requirementInvalid, "\(module.metadata.name) needs \(name) from a place that is not understood", at: place,
        because: problem?.message, hint: "have \(module.metadata.name) changed, \(wayOut)")
    }
    guard !source.isLocal || module.source.isLocal else {
      throw Failure(
        .requirementInvalid, "\(module.metadata.name) needs \(name) from this machine's disk", at: place,
        because: "\(module.source) is on a server, and names \(source)",
        hint: "have \(module.metadata.name) changed, \(wayOut)")
    }
    let what = "\(name), which \(module.metadata.name) needs,"
    if let breach = rules.breach(by: name, what, at: place) { throw Failure([breach]) }
    if let breach = rules.breach(by: source.url.description, what, at: place, isGit: source.isGit) {
      throw Failure([breach])
    }
    guard policy.builds != .deny || source.isWheel else {
      throw Failure(
        .policyDenied, "\(what) would have to be built from \(source)", at: place, because: policy.text(of: .builds),
        hint: "let \(module.metadata.name) name a wheel; or let it be built with `policy.builds: allow`")
    }
    if case .git(var git) = source {
      let ruled = rules.source(at: git.url)
      (git.credential, git.tls, git.rules) = (ruled.credential, ruled.tls, rules)
      source = .git(git)
    }
    return source
  }
}

extension DirectRequest {
  /// Adds who names it, and for which modules. Whether anything of that is new.
  fileprivate mutating func add(_ name: PackageName, by bringer: PackageName, _ modules: [Module]) -> Bool {
    self.name = name
    let labels = Set(self.modules.map(\.label))
    let others = modules.filter { !labels.contains($0.label) }
    self.modules += others
    return bringers.insert(bringer).inserted || !others.isEmpty
  }
}

extension DirectSource {
  /// Whether it lies on this machine's disk.
  fileprivate var isLocal: Bool { url.scheme == "file" }

  fileprivate var isGit: Bool { if case .git = self { true } else { false } }

  /// Whether nothing of it has to be built.
  fileprivate var isWheel: Bool {
    if case .archive(let archive) = self { archive.url.path.prefix { $0 != "?" }.hasSuffix(".whl") } else { false }
  }

  /// Where it is; without the reference.
  fileprivate var url: RemoteURL {
    switch self {
    case .git(let source): source.url
    case .archive(let source): source.url
    case .directory(let source): RemoteURL(scheme: "file", host: "", path: source.path.percentEncodedPath)
    }
  }
}
