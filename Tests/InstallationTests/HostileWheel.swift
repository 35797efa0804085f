internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

/// Wheels that do harm, or try to, with what Pinion does with them. What uv and pip do is on record: `HostileOutcomes`.
struct HostileWheel: Sendable, CustomTestStringConvertible {
  /// What shows that an installer did what the wheel wanted.
  struct Effect: Sendable, Encodable {
    enum Kind: String, Sendable, Encodable {
      /// A file of that name is somewhere outside of site-packages.
      case escaped
      /// A path in the environment is there, and is another than before.
      case changed
      /// A path in the environment is a symbolic link.
      case link
      /// A path in the environment carries a set-user-id bit, or may be written by everybody.
      case mode
      /// A path in the environment holds this text.
      case content
    }
    var words: String
    var kind: Kind
    /// A name, or a path that begins with `SITE`, `BIN` or `ENV`.
    var path: String
    var text = ""
  }

  /// What Pinion does.
  enum Answer: Sendable {
    /// Nothing is installed, and this is part of the reason.
    case refused(String)
    /// It is installed in a way that does no harm, as these words say; the test that they are true.
    case handled(String, @Sendable (Trial) async throws -> Bool)
  }

  /// A wheel that Pinion installed.
  struct Trial: Sendable {
    var bench: Bench
    /// The generation's directory.
    var home: String
    var warnings: [Diagnostic]
    /// The store entry of the first wheel.
    var entry: String
  }

  let id: String
  let title: String
  /// Given a scratch directory, for those that need to know one.
  let wheels: @Sendable (String) -> [WheelFixture]
  var effects: [Effect] = []
  let answer: Answer
  var testDescription: String { id }

  init(
    _ id: String, _ title: String, _ answer: Answer, effects: [Effect] = [],
    _ edit: @escaping @Sendable (inout WheelFixture, String) -> Void
  ) {
    self.id = id
    self.title = title
    self.answer = answer
    self.effects = effects
    wheels = { scratch in
      var wheel = WheelFixture("bad", files: ["bad/__init__.py": "x = 1\n"])
      edit(&wheel, scratch)
      return [wheel]
    }
  }

  /// Wheels that are harmless each by itself.
  init(
    _ id: String, _ title: String, _ answer: Answer, effects: [Effect] = [], together wheels: [WheelFixture]
  ) {
    self.id = id
    self.title = title
    self.answer = answer
    self.effects = effects
    self.wheels = { _ in wheels }
  }

  /// A wheel whose entries are changed; the third is `bad/__init__.py`.
  static func entries(
    _ id: String, _ title: String, _ answer: Answer, effects: [Effect] = [],
    _ edit: @escaping @Sendable (inout [ZipFixture.Entry]) -> Void
  ) -> HostileWheel {
    HostileWheel(id, title, answer, effects: effects) { wheel, _ in
      wheel.editEntries = { old in
        var entries = old
        edit(&entries)
        return entries
      }
    }
  }

  /// A wheel whose bytes are changed; `end` is where the last record begins.
  static func archive(
    _ id: String, _ title: String, _ answer: Answer, _ edit: @escaping @Sendable (inout [UInt8], _ end: Int) -> Void
  ) -> HostileWheel {
    HostileWheel(id, title, answer) { wheel, _ in
      wheel.editArchive = { old in
        var bytes = old
        edit(&bytes, old.count - 22)
        return bytes
      }
    }
  }

  /// A wheel with one more file.
  static func file(
    _ id: String, _ title: String, _ path: String, _ answer: Answer = .refused("is no path within"),
    _ text: String = "x\n",
    effects: [Effect] = []
  ) -> HostileWheel {
    HostileWheel(id, title, answer, effects: effects) { wheel, _ in wheel.files[path] = text }
  }

  static let all = paths + names + archives + bombs + metadata + records + schemes + commands + handled + together

  static func escaped(_ name: String) -> [Effect] {
    [Effect(words: "writes outside of the environment's packages", kind: .escaped, path: name)]
  }
}
