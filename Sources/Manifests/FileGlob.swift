internal import Model
internal import Platform

/// Files by pattern: `conf.d/*.yaml`, `conf.d/**/*.yaml`. `*` and `?` stay within one component, `**` alone in one stands for any number
/// of directories. All pass names over that begin with a dot; `**` follows no links.
enum FileGlob {
  /// How deep `**` looks.
  private static let deepest = 32

  /// There is more that fits than anybody means.
  struct TooMany: Error {
    /// How many files fit, or how many names were looked at.
    var limit: Int
  }

  /// How many files may fit, and how many names are looked at.
  private static let (mostFiles, mostNames) = (1_000, 50_000)

  /// What other programs' patterns have, and these have not; nil when there is nothing of it.
  static func flaw(of pattern: String) -> String? {
    if let open = pattern.firstIndex(of: "["), pattern[open...].contains("]") { return "'[…]'" }
    if let open = pattern.firstIndex(of: "{"), pattern[open...].contains("}") { return "'{…}'" }
    return nil
  }

  /// The files that fit an absolute pattern, sorted. Directories that cannot be read count as empty.
  ///
  /// Throws when too many fit, or too many names would have to be looked at.
  static func paths(matching pattern: String) throws(TooMany) -> [String] {
    var found = [""]
    var names = Names()
    let components = pattern.split(separator: "/").map(String.init)
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      guard component.contains("*") || component.contains("?") else {
        found = found.map { "\($0)/\(component)" }
        continue
      }
      let directories = found
      found = []
      if component == "**" {
        for directory in directories { try names.addDirectories(below: directory, depth: 0, to: &found) }
        guard isLast else { continue }
        let all = found
        found = []
        for directory in all { found += try names.list(directory).map { "\(directory)/\($0)" } }
        continue
      }
      let glob = Glob(component)
      for directory in directories {
        for name in try names.list(directory, withHidden: component.hasPrefix(".")) where glob.matches(name) {
          if isLast || Files.isDirectory("\(directory)/\(name)") { found.append("\(directory)/\(name)") }
        }
      }
    }
    var known: Set<String> = []
    let files = found.filter { Files.exists($0) && !Files.isDirectory($0) && known.insert($0).inserted }
    guard files.count <= mostFiles else { throw TooMany(limit: mostFiles) }
    return files
  }

  /// Looks into directories, and counts what it sees.
  private struct Names {
    private var seen = 0

    mutating func list(_ directory: String, withHidden: Bool = false) throws(TooMany) -> [String] {
      let names = (try? Files.list(directory.isEmpty ? "/" : directory)) ?? []
      // An empty directory takes time, too.
      seen += names.count + 1
      guard seen <= mostNames else { throw TooMany(limit: mostNames) }
      return names.filter { withHidden || !$0.hasPrefix(".") }
    }

    /// The directory itself, and all below it.
    mutating func addDirectories(below directory: String, depth: Int, to found: inout [String]) throws(TooMany) {
      found.append(directory)
      guard depth < deepest else { return }
      for name in try list(directory) where Files.kind("\(directory)/\(name)") == .directory {
        try addDirectories(below: "\(directory)/\(name)", depth: depth + 1, to: &found)
      }
    }
  }
}
