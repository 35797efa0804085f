/// One observation about an environment, in the terms of kstatus: what is so, since when, and why.
public struct Condition: Sendable, Equatable, Codable {
  /// What is observed. `Ready` is the one to wait for.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case ready = "Ready"
    case reconciling = "Reconciling"
    case stalled = "Stalled"
    case drifted = "Drifted"
    case suspended = "Suspended"
  }
  /// Whether it is so.
  public enum Status: String, Sendable, Codable {
    case yes = "True"
    case no = "False"
    case unknown = "Unknown"
  }

  /// What is observed.
  public var type: Kind
  /// Whether it is so.
  public var status: Status
  /// One word in CamelCase for programs.
  public var reason: String
  /// One sentence for people.
  public var message: String
  /// When the status last changed, in RFC 3339; nil where it is not known.
  public var lastTransitionTime: String?

  /// Creates an observation.
  public init(_ type: Kind, _ status: Status, reason: String, message: String, lastTransitionTime: String? = nil) {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
    self.lastTransitionTime = lastTransitionTime
  }

  /// Reads an observation; nil when the tree is none.
  public init?(_ json: JSONNode) {
    guard let type = json["type"]?.string.flatMap(Kind.init(rawValue:)),
      let status = json["status"]?.string.flatMap(Status.init(rawValue:)), let reason = json["reason"]?.string,
      let message = json["message"]?.string
    else { return nil }
    self.init(
      type, status, reason: reason, message: message, lastTransitionTime: json["lastTransitionTime"]?.string)
  }

  private enum Key: String, CodingKey { case type, status, reason, message, lastTransitionTime }

  /// Encodes every key, also the one without a value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(type, forKey: .type)
    try container.encode(status, forKey: .status)
    try container.encode(reason, forKey: .reason)
    try container.encode(message, forKey: .message)
    try container.encode(lastTransitionTime, forKey: .lastTransitionTime)
  }
}
