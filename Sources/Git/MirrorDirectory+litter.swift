internal import Model
internal import Platform

extension MirrorDirectory {
  /// Removes what a fetch that failed or was killed left behind. To be called under the mirror's lock, when nobody writes.
  ///
  /// A mirror without a single pack holds nothing: it goes as a whole, so that one that was half made never counts.
  func clean() throws(Failure) {
    guard Files.kind(path) != nil else { return }
    guard let packs = try? Files.list("\(path)/objects/pack"), packs.contains(where: { $0.hasSuffix(".idx") }) else {
      return try remove()
    }
    for name in packs where Self.isLitter(name) { try Files.remove("\(path)/objects/pack/\(name)") }
    for directory in ["", "/objects"] {
      for name in try Files.list(path + directory) where Self.isLitter(name) {
        try Files.remove("\(path)\(directory)/\(name)")
      }
    }
    try removeLocks(in: "\(path)/refs")
  }

  /// A reference cannot end in `.lock` (git-check-ref-format(1)), so that such a file is a lock.
  private func removeLocks(in directory: String) throws(Failure) {
    for name in try Files.list(directory) {
      let entry = "\(directory)/\(name)"
      if name.hasSuffix(".lock") {
        try Files.remove(entry)
      } else if Files.kind(entry) == .directory {
        try removeLocks(in: entry)
      }
    }
  }

  /// What libgit2 calls a file that it has not finished.
  private static func isLitter(_ name: String) -> Bool {
    name.contains("_git2_") || name.hasSuffix(".lock") || name.hasPrefix("tmp_")
  }
}
