internal import Model
internal import Platform

/// What hooks are told: which generation is in use now, and what tells it from the one before. See docs/manifests.md.
struct ChangeReport: Encodable {
  /// Why another generation is in use.
  enum Event: String, Encodable { case applied, rolledBack }

  struct Change: Encodable {
    var action: String
    var distribution: String
    var from: String?
    var to: String?

    enum Key: String, CodingKey { case action, distribution, from, to }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(action, forKey: .action)
      try container.encode(distribution, forKey: .distribution)
      try container.encode(from, forKey: .from)
      try container.encode(to, forKey: .to)
    }
  }

  var formatVersion = 1
  var event: Event
  var environment: String
  var generation: Int
  var previous: Int?
  var lockDigest: String
  /// Why it was gone back.
  var reason: String?
  var changes: [Change]

  enum Key: String, CodingKey {
    case formatVersion, event, environment, generation, previous, lockDigest, reason, changes
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(formatVersion, forKey: .formatVersion)
    try container.encode(event, forKey: .event)
    try container.encode(environment, forKey: .environment)
    try container.encode(generation, forKey: .generation)
    try container.encode(previous, forKey: .previous)
    try container.encode(lockDigest, forKey: .lockDigest)
    try container.encode(reason, forKey: .reason)
    try container.encode(changes, forKey: .changes)
  }

  /// Compares two generations by their records. The same version with other bytes is a change, too.
  static func changes(from old: GenerationRecord?, to new: GenerationRecord) -> [Change] {
    let before = Dictionary((old?.distributions ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let after = Dictionary(new.distributions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return Set(before.keys).union(after.keys).sorted().compactMap { name in
      let (from, to) = (before[name], after[name])
      if let from, let to, from.identity == to.identity, from.version == to.version { return nil }
      return Change(
        action: from == nil ? "install" : to == nil ? "remove" : "replace", distribution: name.text,
        from: from?.version, to: to?.version)
    }
  }
}
