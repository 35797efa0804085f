internal import ArgumentParser
internal import Model

/// A module that could not be resolved while others were, as JSON: see docs/json.md.
struct HeldBackJSON: Encodable {
  var entry: HeldBack

  enum Key: String, CodingKey { case module, kept, diagnostics }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(entry.label, forKey: .module)
    try container.encode(entry.isKept, forKey: .kept)
    try container.encode(entry.complaints.map(ValidationJSON.Entry.init(diagnostic:)), forKey: .diagnostics)
  }
}

extension Wiring {
  /// Says why modules are held back, each reason once.
  func complain(of heldBack: [HeldBack]) {
    var said: [Diagnostic] = []
    for complaint in heldBack.flatMap(\.complaints) where !said.contains(complaint) { said.append(complaint) }
    console.complain(said)
  }
}

extension [HeldBack] {
  /// Ends the command with exit status 1 where anything is held back: the rest is done by then.
  func end() throws { if !isEmpty { throw ExitCode(1) } }
}
