internal import Model

/// Which modules are held back, so that the others can be resolved. Pure.
///
/// Held back are those that a failure is about. Of several that cannot go together, one at a time is: those first that are new,
/// then those that changed since they were locked; the last in the manifest where that leaves a choice.
struct Isolation: Sendable, Equatable {
  /// The declaration, whole.
  let environment: DesiredEnvironment
  /// The lockfile so far.
  let previous: Lockfile?
  /// Why each module is held back, by its label.
  private(set) var complaints: [String: [Diagnostic]] = [:]

  init(_ environment: DesiredEnvironment, previous: Lockfile?) {
    self.environment = environment
    self.previous = previous
  }

  /// The labels of the modules that are held back.
  var labels: Set<String> { Set(complaints.keys) }

  /// The declaration without them.
  var rest: DesiredEnvironment {
    var rest = environment
    rest.modules.removeAll { complaints[$0.label] != nil }
    return rest
  }

  /// The versions that what is held back was locked with, as constraints for the others.
  var pins: [PackageName: String] {
    guard let previous, !complaints.isEmpty else { return [:] }
    var pins: [PackageName: String] = [:]
    for name in previous.needed(by: labels) {
      let version = previous[name]?.version ?? previous.baseNeeds.first { $0.name == name }?.version
      if let version { pins[name] = "\(name)==\(version)" }
    }
    return pins
  }

  /// Holds back what a failure is about as well. Nil where it is about no module, or where nothing would be left.
  func holding(_ failure: Failure) -> Isolation? {
    let open = Dictionary(rest.modules.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    var found: [String: [Diagnostic]] = [:]
    for diagnostic in failure.diagnostics where diagnostic.severity == .error {
      var blamed = (diagnostic.modules.isEmpty ? labels(at: diagnostic.place) : diagnostic.modules)
        .filter { open[$0] != nil }
      if diagnostic.code == .unsolvable, let chosen = chosen(among: blamed) { blamed = [chosen] }
      guard !blamed.isEmpty else { return nil }
      var copy = diagnostic
      let ends = blamed.map { "\($0) \(isLocked($0) ? "stays as it was locked" : "is left out: it was never locked")" }
      copy.cause = ([diagnostic.cause].compactMap(\.self) + ends).joined(separator: "\n")
      for label in blamed { found[label, default: []].append(copy) }
    }
    guard !found.isEmpty else { return nil }
    var next = self
    next.complaints.merge(found) { $0 + $1 }
    return next.rest.modules.isEmpty && !next.labels.contains(where: isLocked) ? nil : next
  }

  /// The modules that are held back, in the order of the manifest.
  var heldBack: [HeldBack] {
    environment.modules.compactMap { module in
      complaints[module.label].map {
        HeldBack(label: module.label, importPath: module.importPath, isKept: isLocked(module.label), complaints: $0)
      }
    }
  }

  /// A lockfile of the others, with what is held back as it was locked.
  ///
  /// Throws `unsolvable` where that cannot stand beside the others.
  func completed(_ lockfile: Lockfile) throws(Failure) -> Lockfile {
    guard !complaints.isEmpty else { return lockfile }
    var result = lockfile
    if let previous {
      do throws(Lockfile.HoldingProblem) { result = try lockfile.holding(labels, of: previous) } catch {
        let names = error.names.map(\.text).joined(separator: ", ")
        throw Failure(
          complaints.sorted { $0.key < $1.key }.flatMap(\.value) + [
            Diagnostic(
              .unsolvable, "what is held back cannot stay as it was locked beside the others",
              at: .source(environment.location, excerpt: nil), because: "the others need \(names) otherwise",
              hint: "mend the modules that are held back, or leave them out")
          ])
      }
    }
    result.heldBack = labels.sorted()
    result.inputsDigest = try ResolutionInputs(environment).digest(holdingBack: result.heldBack)
    return result
  }

  // MARK: Who

  private func isLocked(_ label: String) -> Bool { locked(label) != nil }

  private func locked(_ label: String) -> LockedModule? { previous?.modules.first { $0.label == label } }

  private func labels(at place: Place?) -> [String] {
    guard case .source(let location, _)? = place else { return [] }
    return environment.modules.filter { $0.location == location }.map(\.label)
  }

  /// The one of several that is held back first.
  private func chosen(among labels: [String]) -> String? {
    let order = environment.modules.map(\.label)
    return labels.max { first, second in
      (novelty(first), order.firstIndex(of: first) ?? 0) < (novelty(second), order.firstIndex(of: second) ?? 0)
    }
  }

  /// 2 for what was never locked, 1 for what was locked with another requirement, 0 for what is as it was.
  private func novelty(_ label: String) -> Int {
    guard let locked = locked(label) else { return 2 }
    let requirement = environment.modules.first { $0.label == label }.flatMap { try? $0.requirementText() }
    // A package that is implied is locked with a requirement that nobody wrote.
    return requirement == nil || requirement == locked.requirement ? 0 : 1
  }
}
