internal import Glibc
internal import Model
internal import Platform

/// A text on record beside the tests, which a test compares with what a program says.
///
/// What differs from run to run is written in words first: directories as the caller says, ports, commits, digests and
/// times by themselves. With `PINION_RECORD_SNAPSHOTS=1` texts are put on record instead of being compared.
public struct Snapshot: Sendable {
  /// Its file.
  public let path: String

  /// Names a text in `Snapshots`, beside the test's own file.
  public init(_ name: String, beside file: String) {
    path = "\(file.parentPath)/Snapshots/\(name).txt"
  }

  /// Whether texts are put on record.
  public static var isRecording: Bool { getenv("PINION_RECORD_SNAPSHOTS").map { String(cString: $0) } == "1" }

  /// What is on record; nil when nothing is. Where texts are put on record, that is the given one from now on.
  public func text(orRecord actual: String) throws -> String? {
    if Snapshot.isRecording {
      try Files.makeDirectory(path.parentPath)
      try Files.write(actual, to: path)
    }
    return try Files.readIfPresent(path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Writes directories as the caller says, and ports, commits, digests and times in words.
  public static func normalized(_ text: String, replacing replacements: [(String, String)] = []) -> String {
    var result = text
    // Twelve digits may be anything; these are the beginnings of commits that tests made.
    let commits = GitRepository.knownBeginnings
    for (old, new) in replacements where !old.isEmpty { result = result.replacing(old, with: new) }
    return
      result
      .replacing(/\b[0-9a-f]{64}\b/, with: "DIGEST")
      .replacing(/\b[0-9a-f]{40}\b/, with: "COMMIT")
      .replacing(/\b[0-9a-f]{12}\b/) { commits.contains($0.output) ? "COMMITCOMMIT" : String($0.output) }
      .replacing(/127\.0\.0\.1:[0-9]+/, with: "127.0.0.1:PORT")
      .replacing(/\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/, with: "TIME")
      .replacing(/\(3\.[0-9]+\.[0-9]+\)/, with: "(3.X.Y)")
      .replacing(/(python = \\?"(?:>=)?)3\.[0-9]+/) { "\($0.1)3.X" }
      .replacing(/(platform = \\?")[^"\\]+/) { "\($0.1)PLATFORM" }
      .replacing(/\(>=3\.[0-9]+\)/, with: "(>=3.X)")
      .replacing(/(platform_machine == ')[a-z0-9_]+/) { "\($0.1)MACHINE" }
      .replacing(/(python_version == ')3\.[0-9]+/) { "\($0.1)3.X" }
      .replacing(/CPython 3\.[0-9]+ on linux-[a-z0-9_]+/, with: "CPython 3.X on linux-MACHINE")
      .replacing(/(the base has Python )3\.[0-9]+\.[0-9]+/) { "\($0.1)3.X.Y" }
      .replacing(/\/staging\/[0-9a-z]+/, with: "/staging/AREA")
      .replacing(/\.new-[0-9a-z]+/, with: ".new-NAME")
  }
}
