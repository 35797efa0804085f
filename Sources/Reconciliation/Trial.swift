public import Model
internal import Platform

/// How far a generation came that was switched to, where hooks or a health check follow: `trial.json`.
///
/// Written before the switch, and after each step, so that whoever comes after a kill knows what is left to be done.
public struct Trial: Sendable, Equatable, Codable {
  /// What has been done.
  public enum Stage: String, Sendable, Codable {
    /// The switch is done or about to be: hooks and the health check follow.
    case switched
    /// The check failed: going back, and hooks, follow.
    case failed
    /// All was done: what failed is not tried again until something declared changes.
    case quarantined
  }

  /// What has been done.
  public var stage: Stage
  /// The generation.
  public var generation: Int
  /// The one to go back to: the last that was not on trial itself.
  public var previous: Int?
  /// `sha256:…` of the generation's lockfile.
  public var lockDigest: String
  /// A digest over all that the manifest declared.
  public var desiredDigest: String
  /// Why it failed; empty before that.
  public var reason = ""
  /// When it failed, in seconds since 1970; 0 before that.
  public var since = 0
  /// The digests of the hooks that were run.
  public var announced: [String] = []
  /// What stood here until the generation was about to come into use, itself without such: a kill before that loses nothing.
  public var before: [Trial] = []

  /// What the file says; nil where there is none, or one that nobody can read.
  public static func read(_ environment: String, in state: StateDirectory) throws(Failure) -> Trial? {
    try Files.readIfPresent(state.trial(environment)).flatMap { JSONText.value(Trial.self, from: $0) }
  }

  func write(_ environment: String, in state: StateDirectory) throws(Failure) {
    try Files.replace(state.trial(environment), with: Array(try JSONText.encode(self).utf8))
  }

  static func remove(_ environment: String, in state: StateDirectory) throws(Failure) {
    guard Files.exists(state.trial(environment)) else { return }
    try Files.remove(state.trial(environment))
  }

  /// What is held, where something is.
  public var quarantine: Quarantine? {
    guard stage == .quarantined, let previous else { return nil }
    return Quarantine(generation: generation, previous: previous, reason: reason, since: since)
  }
}

/// A generation that failed its health check: `failures.json` lists those that are there still.
public struct FailedGeneration: Sendable, Equatable, Codable {
  /// Its number.
  public var generation: Int
  /// What was not well.
  public var reason: String
  /// When, in seconds since 1970.
  public var time: Int

  /// Those on record; none where there is no file that can be read.
  public static func list(_ environment: String, in state: StateDirectory) throws(Failure) -> [FailedGeneration] {
    try Files.readIfPresent(state.failures(environment)).flatMap {
      JSONText.value([FailedGeneration].self, from: $0)
    } ?? []
  }

  /// Puts it on record, and takes those off it that are gone.
  func add(_ environment: String, in state: StateDirectory, present: [Int]) throws(Failure) {
    let others = try FailedGeneration.list(environment, in: state).filter {
      $0.generation != generation && present.contains($0.generation)
    }
    try Files.replace(state.failures(environment), with: Array(try JSONText.encode(others + [self]).utf8))
  }
}
