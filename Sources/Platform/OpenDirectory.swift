internal import Glibc
public import Model

/// A directory that is held open, to look at many things below it: the way to it is gone once, not for each of them.
public final class OpenDirectory: Sendable {
  private let descriptor: Int32

  /// Opens a directory; nil when it cannot be.
  public init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// What is at a relative path and what tells whether it was replaced, a link at its end not followed, in one look; nil
  /// when nothing is. The empty path is the directory itself.
  public func look(_ path: String) -> (kind: Files.Kind, identity: FileIdentity)? {
    var status = stat()
    guard fstatat(descriptor, path.isEmpty ? "." : path, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return (Files.kind(ofMode: status.st_mode), Files.identity(status))
  }

  /// The text of a link at a relative path; nil when it is none.
  public func linkTarget(_ path: String) -> String? {
    Files.linkTarget { readlinkat(descriptor, path, $0, $1) }
  }

  /// Whether something is at a relative path, links followed.
  public func contains(_ path: String) -> Bool { faccessat(descriptor, path, F_OK, 0) == 0 }
}
