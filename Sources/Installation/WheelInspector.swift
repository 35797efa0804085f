public import Model
internal import Platform

/// Reads single members of wheels, for those who resolve and do not unpack.
public struct WheelInspector: WheelReading {
  /// Creates an inspector.
  public init() {}

  /// The text of the wheel's METADATA. Throws `wheelInvalid`.
  public func metadata(ofWheel path: String) throws -> String {
    let archive = try WheelArchive(path)
    let found = archive.entries.filter { entry in
      let parts = entry.name.split(separator: "/")
      return parts.count == 2 && parts[0].hasSuffix(".dist-info") && parts[1] == "METADATA"
    }
    guard found.count == 1 else { throw WheelArchive.invalid(path, "it has \(found.count) METADATA files") }
    return String(decoding: try archive.contents(of: found[0]), as: UTF8.self)
  }

  /// Writes one member to a file, executable. Throws `wheelInvalid` when there is none of that name.
  public func extract(_ member: String, fromWheel path: String, to destination: String) throws {
    let archive = try WheelArchive(path)
    guard let entry = archive.entries.first(where: { $0.name == member }) else {
      throw WheelArchive.invalid(path, "it has no \(member)")
    }
    _ = try archive.extract(entry, to: destination, executable: true)
  }
}
