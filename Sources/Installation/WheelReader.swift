public import Model

internal import Glibc
internal import Platform

/// Looks into wheels without unpacking them.
public struct WheelReader: WheelReading {
  /// Creates a reader.
  public init() {}

  /// The text of the wheel's METADATA, after the wheel was found to keep every rule. Throws `wheelInvalid`, `io`.
  public func metadata(ofWheel path: String) throws -> String {
    guard let fileName = WheelName(path.lastPathComponent) else {
      throw WheelArchive.invalid(path, "its file name is no wheel's")
    }
    let archive = try WheelArchive(path)
    let layout = try WheelLayout(archive, fileName: fileName)
    guard let entry = archive.entries.first(where: { $0.name == "\(layout.distInfo)/METADATA" }) else {
      throw archive.invalid("it has no METADATA")
    }
    return String(decoding: try archive.contents(of: entry), as: UTF8.self)
  }

  /// Writes one member of the wheel to a file, executable. Throws `wheelInvalid` when there is none of that name, `io`.
  public func extract(_ member: String, fromWheel path: String, to destination: String) throws {
    let archive = try WheelArchive(path)
    guard let entry = archive.entries.first(where: { $0.name == member }) else {
      throw archive.invalid("it has no \(quoted(member))")
    }
    do throws(Failure) {
      _ = try archive.extract(entry, to: destination, executable: true)
    } catch {
      unlink(destination)
      throw error
    }
  }
}
