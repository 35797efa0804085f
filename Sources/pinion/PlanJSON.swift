internal import Model
internal import Platform
internal import Reconciliation

/// Plans as JSON: see docs/json.md. Every key is always there.
struct PlanJSON: Codable {
  struct State: Codable {
    var version: String
    var commit: String?
  }

  struct ChangeEntry: Encodable {
    var change: Change

    enum Key: String, CodingKey { case action, distribution, from, fromCommit, to, toCommit, modules }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(change.action, forKey: .action)
      try container.encode(change.distribution, forKey: .distribution)
      try container.encode(change.from?.version, forKey: .from)
      try container.encode(change.from?.commit, forKey: .fromCommit)
      try container.encode(change.to?.version, forKey: .to)
      try container.encode(change.to?.commit, forKey: .toCommit)
      try container.encode(change.modules, forKey: .modules)
    }
  }

  struct PathFileEntry: Codable {
    var distribution: String
    var name: String
    var runsCode: Bool
  }

  struct QuarantineEntry: Codable {
    var generation: Int
    var previous: Int
    var reason: String
    var since: String
  }

  struct Summary: Codable {
    var install: Int
    var replace: Int
    var remove: Int
  }

  struct Environment: Codable {
    var name: String
    var generation: Int?
    var pinned: Int?
    var changes: [Change]
    var reasons: [String]
    var summary: Summary
    var lock: String
    var heldBack: [HeldBackJSON]
    var pathFiles: [PathFileEntry]
    var unread: [String]
    var followUps: [String]
    var quarantined: QuarantineEntry?

    enum Key: String, CodingKey {
      case name, generation, pinned, changes, reasons, summary, lock, heldBack
      case pathFiles = "pthFiles"
      case unread = "pthUnknown"
      case followUps, quarantined
    }

    init(_ plan: Plan, pin: Int?) {
      pinned = pin
      name = plan.environment
      generation = plan.current
      changes = plan.changes
      reasons = plan.reasons.map(\.code)
      summary = Summary(
        install: plan.count(of: .install), replace: plan.count(of: .replace), remove: plan.count(of: .remove))
      lock = plan.lockText
      heldBack = plan.heldBack.map(HeldBackJSON.init(entry:))
      pathFiles = plan.pathFiles.map {
        PathFileEntry(distribution: $0.distribution.text, name: $0.name, runsCode: $0.runsCode)
      }
      unread = plan.unread.map(\.text)
      followUps = plan.followUps
      quarantined = plan.quarantined.map {
        QuarantineEntry(
          generation: $0.generation, previous: $0.previous, reason: $0.reason, since: UTCTime.text($0.since))
      }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      name = try container.decode(String.self, forKey: .name)
      generation = try container.decodeIfPresent(Int.self, forKey: .generation)
      pinned = try container.decodeIfPresent(Int.self, forKey: .pinned)
      lock = try container.decode(String.self, forKey: .lock)
      reasons = try container.decode([String].self, forKey: .reasons)
      summary = try container.decode(Summary.self, forKey: .summary)
      // What a saved plan's changes are follows from its lock and the generation it starts from.
      changes = []
      heldBack = []
      pathFiles = []
      unread = []
      followUps = []
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(name, forKey: .name)
      try container.encode(generation, forKey: .generation)
      try container.encode(pinned, forKey: .pinned)
      try container.encode(changes.map(ChangeEntry.init(change:)), forKey: .changes)
      try container.encode(reasons, forKey: .reasons)
      try container.encode(summary, forKey: .summary)
      try container.encode(lock, forKey: .lock)
      try container.encode(heldBack, forKey: .heldBack)
      try container.encode(pathFiles, forKey: .pathFiles)
      try container.encode(unread, forKey: .unread)
      try container.encode(followUps, forKey: .followUps)
      try container.encode(quarantined, forKey: .quarantined)
    }
  }

  /// A plan, and the generation that a rollback pins its environment to.
  typealias Entry = (plan: Plan, pin: Int?)

  static let formatVersion = 1
  var formatVersion = PlanJSON.formatVersion
  var environments: [Environment]

  init(_ plans: [Entry]) {
    environments = plans.map { Environment($0.plan, pin: $0.pin) }
  }
}

/// A plan that was saved, to be applied as it is or not at all.
enum PlanFile {
  private struct Head: Decodable {
    var formatVersion: Int
  }

  static func write(_ plans: [PlanJSON.Entry], to path: String, workingDirectory: String) throws {
    let path = path.absolutePath(from: workingDirectory)
    let bytes = Array(try JSONText.encode(PlanJSON(plans)).utf8)
    // A pipe, a device or a link is written through, and not put a file in the place of.
    if let kind = Files.kind(path), kind != .file { return try Files.write(bytes, to: path) }
    try Files.replace(path, with: bytes)
  }

  /// The environments of a saved plan. Throws `stateInvalid` when the file is none.
  static func read(_ path: String, workingDirectory: String) throws -> [PlanJSON.Environment] {
    let path = path.absolutePath(from: workingDirectory)
    let bytes = try Files.read(path)
    // First of all, since a plan of another format may look otherwise.
    if let version = JSONText.value(Head.self, from: bytes)?.formatVersion, version != PlanJSON.formatVersion {
      throw Failure(
        .stateInvalid, "the plan has format \(version), this Pinion reads \(PlanJSON.formatVersion)",
        at: .path(path), hint: "plan again")
    }
    guard let plan = JSONText.value(PlanJSON.self, from: bytes) else {
      throw Failure(
        .stateInvalid, "this is no saved plan", at: .path(path),
        hint: "make one with: pinion plan -o \(path.lastPathComponent)")
    }
    return plan.environments
  }
}

/// What `rollback` and `resume` did, as JSON (see docs/json.md).
struct MoveJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var from: Int?
    var generation: Int?
    var pinned: Bool

    enum Key: String, CodingKey { case name, from, generation, pinned }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(name, forKey: .name)
      try container.encode(from, forKey: .from)
      try container.encode(generation, forKey: .generation)
      try container.encode(pinned, forKey: .pinned)
    }
  }

  var formatVersion = 1
  var environments: [Environment]
}
