internal import Model

/// Holds a solution against what everybody in it asks for, as `pip check` does with an environment, before anything is written.
/// Pure.
///
/// A resolver sees to that by itself, except for what answers for a name whatever others ask for: a reference that a module brings
/// along, a declared one, and what the base has.
struct Agreement: Sendable {
  /// What a module asks for.
  struct Root: Sendable {
    var module: Module
    var name: PackageName
    var extras: [PackageName] = []
    var specifiers = VersionSpecifiers.any
  }

  /// What modules ask for, in the manifest's order.
  var roots: [Root]
  /// What will be there, in which version.
  var versions: [PackageName: String]
  /// What it says of itself; nothing where what it needs does not count.
  var metadata: [PackageName: DistributionMetadata]
  /// The interpreter's.
  var markers: [String: String]
  /// The names that `spec.overrides` answers for, whatever others ask for.
  var overridden: Set<PackageName> = []
  /// What comes from no index, by who asks for it.
  var requests: [PackageName: DirectRequest] = [:]
  /// What the base has, in which version.
  var base: [PackageName: String] = [:]
  /// Those of the base that are taken from there, and whose needs count.
  var ofBase: Set<PackageName> = []
  /// Where the base is.
  var basePath = ""

  /// A solution that does not hold.
  struct Disagreement: Error {
    /// Who is at odds about what.
    var failure: Failure
    /// What another solution has to hold to; empty where it can hold to nothing.
    var limits: Set<QuestionParts.Limit>

    /// The same, with what helps where a search has found that and nothing better to say.
    func explained(by conflict: Conflict) -> Failure {
      guard conflict.finding == .unknown, failure.diagnostics.count == 1, !conflict.remedies.isEmpty else {
        return conflict.finding == .unknown ? failure : Failure([conflict.diagnostic])
      }
      return Failure(
        failure.diagnostics.map { diagnostic in
          var copy = diagnostic
          copy.hint = conflict.hint
          return copy
        })
    }
  }

  /// Throws a `Disagreement`, with an `unsolvable` for each distribution that is not what somebody needs, with who that is and why
  /// it is there.
  func check() throws(Disagreement) {
    let complaints = complaints
    guard complaints.isEmpty else { throw Disagreement(failure: Failure(complaints), limits: limits) }
  }

  /// What is needed of the distributions that are there in another version.
  private var limits: Set<QuestionParts.Limit> {
    var found: [String: QuestionParts.Limit] = [:]
    let edges = edges
    for root in roots {
      for claim in claims(of: root, edges) where versions[claim.name] != nil {
        let need = "\(claim.name)\(claim.specifiers)"
        // What an index has in several versions may be of another one.
        let otherwise = claim.asker.flatMap { name in
          requests[name] == nil && base[name] == nil ? versions[name].map { "\(name)!=\($0)" } : nil
        }
        found[need, default: QuestionParts.Limit(need: need, otherwise: otherwise, modules: [])].modules.insert(
          root.module.label)
        if let asker = claim.asker, requests[asker] == nil, base[asker] != nil { found[need]?.isOfBase = true }
      }
    }
    return Set(found.values)
  }

  /// The modules that lead to a distribution, each with the way in a sentence.
  func askers(of name: PackageName) -> [(label: String, sentence: String)] {
    let edges = edges
    return roots.compactMap { root in
      reached(from: root, edges)[name].map { path in
        let claim = Claim(
          name: name, specifiers: .any, module: root.module.label, place: root.module.location,
          path: path.dropLast())
        return (root.module.label, claim.sentence)
      }
    }
  }

  private var complaints: [Diagnostic] {
    let edges = edges
    // Who leads to what is looked into where something is amiss.
    let isAmiss =
      roots.contains { !isThere($0.name, $0.specifiers, nil) }
      || edges.values.contains { $0.contains { !isThere($0.name, $0.specifiers, $0.marker) } }
    var claims: [PackageName: [Claim]] = [:]
    for root in isAmiss ? roots : [] {
      for claim in self.claims(of: root, edges) where !(claims[claim.name]?.contains(claim) ?? false) {
        claims[claim.name, default: []].append(claim)
      }
    }
    for name in requests.keys where claims[name] == nil && isOfAnotherVersionThanInTheBase(name) { claims[name] = [] }
    return claims.sorted { $0.key < $1.key }.map { complaint(about: $0.key, $0.value) }
  }

  /// Something that is asked for, and is not there.
  private struct Claim: Hashable {
    var name: PackageName
    var specifiers: VersionSpecifiers
    var module: String
    var place: SourceLocation
    /// From the first distribution to the one that asks; empty where the module itself does.
    var path: [String]
    /// The distribution that asks.
    var asker: PackageName?

    var sentence: String {
      let way = path.isEmpty ? "" : ", by way of \(path.joined(separator: " → "))"
      return "\(module) (\(place)) \(path.isEmpty ? "asks for" : "needs") \(name)\(specifiers)\(way)"
    }
  }

  private typealias Edges = [PackageName: [RequirementParser.Parsed]]

  /// What each distribution asks of others, with the extras that are asked for.
  private var edges: Edges {
    let extras = LockResolver.activeExtras(
      roots: roots.map { ($0.name, $0.extras) }, metadata: { metadata[$0] }, markers: markers)
    return extras.reduce(into: [:]) { edges, entry in
      let needed = metadata[entry.key]?.dependencies(markers: markers, extras: entry.value)
      // The base is taken as it is, also where it is not complete.
      edges[entry.key] = ofBase.contains(entry.key) ? needed?.filter { versions[$0.name] != nil } : needed
    }
  }

  /// What can be reached from a module, itself included, each with the way there.
  private func reached(from root: Root, _ edges: Edges) -> [PackageName: [String]] {
    func step(_ name: PackageName) -> String { "\(name) \(versions[name] ?? "")" }
    var paths = [root.name: [step(root.name)]]
    var queue = [root.name]
    while !queue.isEmpty {
      let next = queue.removeFirst()
      for dependency in edges[next] ?? [] where paths[dependency.name] == nil {
        paths[dependency.name] = (paths[next] ?? []) + [step(dependency.name)]
        queue.append(dependency.name)
      }
    }
    return paths
  }

  private func claims(of root: Root, _ edges: Edges) -> [Claim] {
    var found: [Claim] = []
    func claim(
      _ name: PackageName, _ specifiers: VersionSpecifiers, _ marker: Marker?, by path: [String],
      of asker: PackageName? = nil
    ) {
      guard !isThere(name, specifiers, marker) else { return }
      found.append(
        Claim(
          name: name, specifiers: specifiers, module: root.module.label, place: root.module.location, path: path,
          asker: asker))
    }
    claim(root.name, root.specifiers, nil, by: [])
    for (name, path) in reached(from: root, edges).sorted(by: { $0.key < $1.key }) {
      for dependency in edges[name] ?? [] {
        claim(dependency.name, dependency.specifiers, dependency.marker, by: path, of: name)
      }
    }
    return found
  }

  private func isThere(_ name: PackageName, _ specifiers: VersionSpecifiers, _ marker: Marker?) -> Bool {
    guard let text = versions[name] else {
      // A resolver knows of the Python no more than its minor version.
      return !(marker?.variables.isDisjoint(with: [.pythonFullVersion, .implementationVersion]) ?? true)
    }
    guard !overridden.contains(name), let version = Version(text) else { return true }
    return specifiers.contains(version, allowPrereleases: true)
  }

  private func isOfAnotherVersionThanInTheBase(_ name: PackageName) -> Bool {
    guard let inBase = base[name].flatMap({ Version($0) }), let here = versions[name].flatMap({ Version($0) }) else {
      return false
    }
    return inBase != here
  }

  private func complaint(about name: PackageName, _ claims: [Claim]) -> Diagnostic {
    let request = requests[name]
    let first = claims.first?.place ?? request?.modules.first?.location
    let place = first.map { Place.source($0, excerpt: nil) }
    var lines = claims.map(\.sentence)
    var diagnostic: Diagnostic
    if let version = versions[name] {
      if let request { lines += request.askers("\(request.source)").map { "\($0), which is \(name) \(version)" } }
      let inBase = base[name]
      if let inBase { lines.append("the base has \(name) \(inBase), which stays (\(basePath))") }
      let hint =
        inBase == nil
        ? "let them ask for what goes together; or say in `spec.overrides` which version is to do for all, which an index then has to have"
        : "ask for what goes with the base, or have another version of \(name) in it"
      diagnostic = Diagnostic(
        .unsolvable, "\(name) \(version) will not do for all that it is there for", at: place,
        because: lines.joined(separator: "\n"), hint: hint)
    } else {
      diagnostic = Diagnostic(
        .unsolvable, "\(name) is needed, and nothing that was resolved brings it", at: place,
        because: lines.joined(separator: "\n"),
        hint: "declare it by itself: a module with pip_name: \(name)")
    }
    var labels: Set<String> = []
    diagnostic.modules = (claims.map(\.module) + (request?.modules.map(\.label) ?? [])).filter {
      labels.insert($0).inserted
    }
    return diagnostic
  }
}

extension Agreement {
  /// Gathers what a solution came to.
  ///
  /// - Parameters:
  ///   - metadata: what the distributions that are installed say of themselves, without those whose own needs do not count.
  ///   - withoutDependencies: those whose own needs do not count.
  init(
    _ environment: DesiredEnvironment, answers: ModuleAnswers, found: DirectModules.Outcome,
    solved: [SolvedDistribution], metadata: [PackageName: DistributionMetadata], markers: [String: String],
    base: BaseEnvironment?, withoutDependencies: Set<PackageName> = []
  ) {
    self.markers = markers
    self.metadata = metadata
    roots = answers.answers.compactMap { module, answer in
      switch answer {
      case .index(let requirement):
        Root(
          module: module, name: requirement.name, extras: requirement.extras, specifiers: requirement.specifiers)
      case .direct(let source, let requirement):
        found.modules[source].map { Root(module: module, name: $0.metadata.name, extras: requirement.extras) }
      case .found, .shared, .excluded: nil
      }
    }
    versions = [:]
    for entry in base?.distributions ?? [] where self.base[entry.name] == nil {
      self.base[entry.name] = entry.version
      versions[entry.name] = entry.version
    }
    let names = Set(self.base.keys)
    for entry in base?.distributions ?? []
    where self.metadata[entry.name] == nil && !withoutDependencies.contains(entry.name) {
      self.metadata[entry.name] = DistributionMetadata(entry.completeMetadata(base: names))
      ofBase.insert(entry.name)
    }
    basePath = base?.path ?? ""
    for entry in solved { versions[entry.name] = entry.version }
    for module in found.modules.values {
      versions[module.metadata.name] = module.metadata.version.description
      requests[module.metadata.name] = requests[module.metadata.name] ?? found.requests[module.source]
    }
    overridden = Set(environment.overrides.map(\.requirement.name))
  }

  /// What is said of distributions that cannot be built, with the modules that lead to them.
  func blamed(for failures: [PackageName: Failure]) -> Failure {
    Failure(
      failures.sorted { $0.key < $1.key }.flatMap { name, failure in
        let askers = askers(of: name)
        return failure.diagnostics.map { diagnostic in
          var copy = diagnostic
          copy.message = "\(name) \(versions[name] ?? ""): \(diagnostic.message)"
          copy.cause = (askers.map(\.sentence) + [diagnostic.cause].compactMap(\.self)).joined(separator: "\n")
          copy.modules = askers.map(\.label)
          return copy
        }
      })
  }
}
