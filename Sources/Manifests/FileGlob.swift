internal import Model
internal import Platform

/// Files by pattern: `conf.d/*.yaml`, `conf.d/**/*.yaml`. `*` and `?` stay within one component, `**` alone in one stands for any number
/// of directories. All pass names over that begin with a dot; `**` follows no links.
enum FileGlob {
  /// How deep `**` looks.
  private static let deepest = 32

  /// What other programs' patterns have, and these have not; nil when there is nothing of it.
  static func flaw(of pattern: String) -> String? {
    if let open = pattern.firstIndex(of: "["), pattern[open...].contains("]") { return "'[…]'" }
    if let open = pattern.firstIndex(of: "{"), pattern[open...].contains("}") { return "'{…}'" }
    return nil
  }

  /// The files that fit an absolute pattern, sorted. Directories that cannot be read count as empty.
  static func paths(matching pattern: String) -> [String] {
    var found = [""]
    let components = pattern.split(separator: "/").map(String.init)
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      if component == "**" {
        found = found.flatMap { directories(below: $0, depth: 0) }
        if isLast { found = found.flatMap { directory in names(in: directory).map { "\(directory)/\($0)" } } }
        continue
      }
      guard component.contains("*") || component.contains("?") else {
        found = found.map { "\($0)/\(component)" }
        continue
      }
      let glob = Glob(component)
      found = found.flatMap { directory in
        names(in: directory, withHidden: component.hasPrefix(".")).filter { name in
          glob.matches(name) && (isLast || Files.isDirectory("\(directory)/\(name)"))
        }.map { "\(directory)/\($0)" }
      }
    }
    var known: Set<String> = []
    return found.filter { Files.exists($0) && !Files.isDirectory($0) && known.insert($0).inserted }
  }

  private static func names(in directory: String, withHidden: Bool = false) -> [String] {
    let names = (try? Files.list(directory.isEmpty ? "/" : directory)) ?? []
    return names.filter { withHidden || !$0.hasPrefix(".") }
  }

  /// The directory itself, and all below it.
  private static func directories(below directory: String, depth: Int) -> [String] {
    guard depth < deepest else { return [directory] }
    let inner = names(in: directory).map { "\(directory)/\($0)" }.filter { Files.kind($0) == .directory }
    return [directory] + inner.flatMap { directories(below: $0, depth: depth + 1) }
  }
}
