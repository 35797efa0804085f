internal import Glibc
internal import Platform
internal import Testing

/// Compares a text with the one on record, `Snapshots/NAME.txt` beside the test.
///
/// What differs from run to run is written in words first: directories as the caller says, ports, commits, digests and
/// times by themselves. With `PINION_RECORD_SNAPSHOTS=1` the text is put on record instead.
public func expectSnapshot(
  _ text: String, named name: String, replacing replacements: [(String, String)] = [], file: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let actual = Snapshot.normalized(text, replacing: replacements)
  let path = "\(file.parentPath)/Snapshots/\(name).txt"
  guard getenv("PINION_RECORD_SNAPSHOTS").map({ String(cString: $0) }) != "1" else {
    try Files.makeDirectory(path.parentPath)
    return try Files.write(actual, to: path)
  }
  let recorded = try Files.readIfPresent(path).map { String(decoding: $0, as: UTF8.self) }
  #expect(
    actual == recorded, "\(name) differs from what is on record; accept it with PINION_RECORD_SNAPSHOTS=1",
    sourceLocation: sourceLocation)
}

/// Texts without what differs from run to run.
public enum Snapshot {
  /// Writes directories as the caller says, and ports, commits, digests and times in words.
  public static func normalized(_ text: String, replacing replacements: [(String, String)] = []) -> String {
    var result = text
    for (old, new) in replacements where !old.isEmpty { result = result.replacing(old, with: new) }
    return
      result
      .replacing(/\b[0-9a-f]{64}\b/, with: "DIGEST")
      .replacing(/\b[0-9a-f]{40}\b/, with: "COMMIT")
      .replacing(/\b(?=[0-9]*[a-f])[0-9a-f]{12}\b/, with: "COMMIT")
      .replacing(/127\.0\.0\.1:[0-9]+/, with: "127.0.0.1:PORT")
      .replacing(/\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/, with: "TIME")
      .replacing(/\b3\.[0-9]+\.[0-9]+\b/, with: "3.X.Y")
  }
}
