public import Model
internal import Resolution

/// What is to be done about the lockfile. Decided here, without touching anything.
public enum LockDecision: Sendable, Equatable {
  /// The lockfile holds as it is.
  case keep
  /// The lockfile holds unless one of these references moved.
  case keepUnlessMoved(FollowedSources)
  /// It is to be made anew.
  case relock(UpgradeScope, isMinor: Bool)

  /// The decision in a few words.
  var explanation: String {
    switch self {
    case .keep: "it holds"
    case .keepUnlessMoved: "it holds unless a reference moved"
    case .relock(.none, _): "made anew, since inputs or references changed or it is not there"
    case .relock(.packages(let names), _): "made anew, to move \(names.map(\.text).joined(separator: ", "))"
    case .relock(.allPackages, let isMinor):
      "made anew, to move all packages" + (isMinor ? " within their major versions" : "")
    case .relock(.all, let isMinor): "made anew, to move everything" + (isMinor ? " within its major version" : "")
    }
  }

  /// Decides.
  ///
  /// - Parameters:
  ///   - inputs: the digest of the declaration's inputs now.
  ///   - lockedInputs: the digest in the lockfile; nil when there is no lockfile.
  ///   - lockfile: the lockfile, asked for only when git references have to be compared.
  ///   - isForeign: whether the lockfile was resolved for another minor version of Python.
  ///
  /// Throws `lockMissing` and `lockStale` where the lockfile rules and does not fit.
  public static func decide(
    _ environment: DesiredEnvironment, options: RunOptions, inputs: String, lockedInputs: String?,
    lockfile: () throws(Failure) -> Lockfile?, isForeign: Bool
  ) throws(Failure) -> LockDecision {
    guard let lockedInputs else {
      guard !options.isLocked else {
        throw Failure(
          .lockMissing, "there is no lockfile, and --locked asks for one", at: .path(environment.lockfile),
          hint: "make it first: pinion lock")
      }
      return .relock(options.upgrade, isMinor: false)
    }
    if isFixed(environment, options) {
      guard inputs == lockedInputs else { throw stale(environment, try lockfile()) }
      return .keep
    }
    if options.upgrade != .none { return .relock(options.upgrade, isMinor: environment.lockUpdate == .minor) }
    switch environment.lockUpdate {
    case .minor: return .relock(.allPackages, isMinor: true)
    case .all: return .relock(.allPackages, isMinor: false)
    case .never, .references: break
    }
    if inputs != lockedInputs || isForeign { return .relock(.none, isMinor: false) }
    let followed = try followed(environment, lockfile)
    return followed.isEmpty ? .keep : .keepUnlessMoved(followed)
  }

  /// Whether a lockfile that is there is not to be made anew.
  static func isFixed(_ environment: DesiredEnvironment, _ options: RunOptions) -> Bool {
    options.isLocked || (environment.lockUpdate == .never && options.upgrade == .none)
  }

  /// Whether a lockfile that was made from these very inputs holds, without anybody being asked: what `decide` then calls
  /// `keep`.
  static func holdsUnasked(_ environment: DesiredEnvironment, options: RunOptions) -> Bool {
    guard options.upgrade == .none else { return false }
    if options.isLocked || environment.lockUpdate == .never { return true }
    return environment.lockUpdate == .references
      && environment.modules.allSatisfy { module in
        switch module.requirement {
        case .absent: true
        case .requirement(let requirement): requirement.directSource == nil
        // It may turn out to be a reference to anything.
        case .unset: false
        }
      }
  }

  /// What the lockfile took from places that may change, and the declaration still asks for.
  private static func followed(
    _ environment: DesiredEnvironment, _ lockfile: () throws(Failure) -> Lockfile?
  ) throws(Failure) -> FollowedSources {
    var sources: Set<DirectSource> = []
    for module in environment.modules {
      if let source = try module.resolvedRequirement()?.directSource { sources.insert(source) }
    }
    guard !sources.isEmpty, let lockfile = try lockfile() else { return FollowedSources() }
    return FollowedSources(sources, in: lockfile)
  }

  private static func stale(_ environment: DesiredEnvironment, _ lockfile: Lockfile?) -> Failure {
    var differences: [String] = []
    let locked = Dictionary(
      (lockfile?.modules ?? []).map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    for module in environment.modules {
      guard let entry = locked[module.label] else {
        differences.append("\(module.label) is not in the lockfile")
        continue
      }
      let wanted = (try? module.requirementText()) ?? nil
      if let wanted, wanted != entry.requirement {
        differences.append("\(module.label) asks for \(wanted), the lockfile has \(entry.requirement ?? "nothing")")
      } else if entry.importPath != module.importPath {
        differences.append("\(module.label) is \(module.importPath), the lockfile has \(entry.importPath)")
      }
    }
    differences += (lockfile?.heldBack ?? []).map { "\($0) could not be resolved when the lockfile was made" }
    let declared = Set(environment.modules.map(\.label))
    differences += (lockfile?.modules ?? []).filter { !declared.contains($0.label) }.map {
      "\($0.label) is in the lockfile and no longer declared"
    }
    return Failure(
      .lockStale, "the lockfile does not fit the manifest", at: .path(environment.lockfile),
      because: differences.isEmpty ? "indexes, python or other inputs changed" : differences.joined(separator: "\n"),
      hint: environment.lockUpdate == .never
        ? "spec.lock.update is never: relock yourself with pinion lock --upgrade" : "relock and review: pinion lock")
  }
}
