internal import Installation
internal import Model
internal import Platform

extension Reconciler {
  /// Holds what a generation will have against what each distribution in it requires. Throws `requirementUnmet`; returns what is
  /// no more than a doubt.
  func checkRequirements(
    _ installed: [InstalledDistribution], _ lockfile: Lockfile, interpreter: Interpreter, base: BaseEnvironment?
  ) throws(Failure) -> [Diagnostic] {
    guard environment.verification.mode != .off else { return [] }
    var present: [RequirementCheck.Present] = []
    for entry in base?.distributions ?? [] {
      guard let metadata = DistributionMetadata(entry.metadata) else { continue }
      present.append(.init(metadata, isInBase: true))
    }
    for distribution in installed {
      let path = "\(state.storeEntry(distribution.storeKey))/dist-info/METADATA"
      let text = String(decoding: try Files.read(path), as: UTF8.self)
      // What cannot be read was let pass when the wheel was unpacked.
      if let metadata = DistributionMetadata(text) { present.append(.init(metadata)) }
    }
    let declared = Dictionary(environment.modules.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    var roots: [(name: PackageName, extras: [PackageName])] = []
    var withoutNeeds: Set<PackageName> = []
    for module in lockfile.modules {
      guard let name = module.distribution else { continue }
      // The lockfile's own words do where a variable that the manifest's need is not set.
      if module.requirement?.contains(" --no-deps") == true { withoutNeeds.insert(name) }
      guard case .requirement(let requirement)? = declared[module.label]?.requirement else { continue }
      roots.append((name, requirement.extras))
      if requirement.options.ignoresDependencies { withoutNeeds.insert(name) }
    }
    // A lock for a platform is judged as that one, of whose system's version nothing is known.
    let markers = environment.platform.map { interpreter.aimed(at: $0).markers } ?? interpreter.markers
    let check = RequirementCheck(
      present, roots: roots, markers: markers, python: interpreter.version,
      overridden: Set(environment.overrides.map(\.requirement.name)), withoutNeeds: withoutNeeds)
    let askers = Dictionary(installed.map { ($0.name, $0.modules) }, uniquingKeysWith: { first, _ in first })
    let complaints = check.problems.map { problem in
      let labels = askers[problem.distribution] ?? []
      let place = labels.lazy.compactMap { declared[$0]?.location }.first.map { Place.source($0, excerpt: nil) }
      return problem.complaint(askers: labels, at: place)
    }
    guard complaints.allSatisfy({ $0.severity != .error }) else { throw Failure(complaints) }
    return complaints
  }
}
