/// Which trees may be written to disk: pure, so that it can be tried on trees that no ordinary git would make.
public struct TreeRules {
  /// What stands in a tree.
  public enum Entry: Sendable, Equatable {
    /// A directory.
    case directory
    /// A regular file.
    case file
    /// A symbolic link with its text.
    case link(String)
    /// Another repository at some commit.
    case submodule
  }

  /// All entries by their path, without a leading slash.
  private let entries: [String: Entry]

  /// Takes a whole tree.
  public init(_ entries: [String: Entry]) {
    self.entries = entries
  }

  /// What is wrong with the tree; nil when it may be written. The first complaint by path.
  public func complaint() -> String? {
    for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
      if let bad = path.split(separator: "/", omittingEmptySubsequences: false).first(where: Self.isForbidden) {
        return "the repository holds the path '\(path)', and '\(bad)' must not be part of a path"
      }
      if case .link(let target) = entry, !staysInside(target, from: path) {
        return "the link '\(path)' leads out of the repository, to '\(target)'"
      }
    }
    return collision().map { first, second in
      "the repository holds '\(first)' and '\(second)', which are one where case makes no difference"
    }
  }

  /// Two paths that some file systems take for one: they differ in case, or in characters that nobody sees, alone. Two ways
  /// to compose one character are one text already.
  private func collision() -> (String, String)? {
    var seen: [String: String] = [:]
    for path in entries.keys.sorted() {
      if let first = seen.updateValue(path, forKey: Self.folded(path)) { return (first, path) }
    }
    return nil
  }

  /// Up and down again, since some letters have two small forms, or one that is two letters: `ſ`, `ß`.
  private static func folded(_ path: String) -> String {
    if path.utf8.allSatisfy({ $0 < 0x80 }) { return path.lowercased() }
    return visible(path).uppercased().lowercased()
  }

  private static func visible(_ text: some StringProtocol) -> String {
    String(text.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }.map(Character.init))
  }

  /// Names that mean something else than a file of the repository, on any file system.
  static func isForbidden(_ name: some StringProtocol) -> Bool {
    if name.isEmpty || name == "." || name == ".." || name.utf8.contains(0) { return true }
    // Case-insensitive file systems and those that ignore some characters take these for `.git`.
    var folded = visible(name).lowercased()
    while let last = folded.last, last == "." || last == " " { folded.removeLast() }
    return folded == ".git" || folded == "git~1"
  }

  /// Follows a link through the tree as the kernel would, and says whether it ever leaves it or enters `.git`.
  private func staysInside(_ target: String, from path: String) -> Bool {
    var place = path.split(separator: "/").dropLast().map(String.init)
    var pending = target.split(separator: "/").reversed().map(String.init)
    guard !target.hasPrefix("/") else { return false }
    var steps = 0
    var isElsewhere = false
    while let name = pending.popLast() {
      steps += 1
      // The kernel gives up after 40 links; a chain that long leads nowhere anyway.
      guard steps < 4096 else { return false }
      switch name {
      case ".": continue
      case "..":
        // What stands in a submodule is not known here: a link there may have led up already.
        guard !isElsewhere, place.popLast() != nil else { return false }
      default:
        if Self.isForbidden(name) { return false }
        place.append(name)
        switch entries[place.joined(separator: "/")] {
        case .link(let next):
          guard !next.hasPrefix("/") else { return false }
          place.removeLast()
          pending += next.split(separator: "/").reversed().map(String.init)
        case .submodule: isElsewhere = true
        case .directory, .file, nil: continue
        }
      }
    }
    return true
  }
}
