internal import Glibc
internal import Model
internal import Platform

extension DriftFinding {
  /// The same with the time since when it may be so: when what is there was last changed, by the system's own count (ctime), or,
  /// for what is gone, when a name last came or went in the directory that held it.
  func dated(in home: String) -> DriftFinding {
    guard since == nil else { return self }
    var copy = self
    var place = path.hasPrefix("/") ? path : "\(home)/\(path)"
    // What a look into an entry of the store found begins with the file.
    if kind == .damaged, let file = detail.split(separator: ":").first { place += "/\(file)" }
    if let changed = Self.changedAt(place) {
      copy.since = changed
      return copy
    }
    while !Files.isDirectory(place), place.parentPath != place, !place.parentPath.isEmpty { place = place.parentPath }
    copy.since = Files.identity(place).map { $0.modified / 1_000_000_000 }
    return copy
  }

  private static func changedAt(_ path: String) -> Int? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return Int(status.st_ctim.tv_sec)
  }
}
