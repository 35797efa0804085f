internal import Model
internal import Platform

/// Files by pattern: `conf.d/*.yaml`. `*` and `?` stay within one component, and pass names over that begin with a dot.
enum FileGlob {
  /// The files that fit an absolute pattern, sorted. Directories that cannot be read count as empty.
  static func paths(matching pattern: String) -> [String] {
    var found = [""]
    let components = pattern.split(separator: "/").map(String.init)
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      guard component.contains("*") || component.contains("?") else {
        found = found.map { "\($0)/\(component)" }
        continue
      }
      let glob = Glob(component)
      found = found.flatMap { directory in
        let names = (try? Files.list(directory.isEmpty ? "/" : directory)) ?? []
        return names.filter { name in
          (!name.hasPrefix(".") || component.hasPrefix(".")) && glob.matches(name)
            && (isLast || Files.isDirectory("\(directory)/\(name)"))
        }.map { "\(directory)/\($0)" }
      }
    }
    return found.filter { Files.exists($0) && !Files.isDirectory($0) }
  }
}
