public import Model

/// The files of a ZIP archive that is no wheel, read as strictly as one.
public enum ZipMembers {
  /// Hands each file, with its name, to `body`, in the order of the archive's directory. Throws `io`, `wheelInvalid` with the
  /// reason as its cause, and what `body` throws.
  public static func forEach(
    _ path: String, where isWanted: (String) -> Bool, _ body: (String, [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let archive = try WheelArchive(path)
    for entry in archive.entries where isWanted(entry.name) { try body(entry.name, archive.contents(of: entry)) }
  }
}
