/// What can be imported from a list of files.
enum TopLevelNames {
  /// The names at the top of the tree: packages, modules and extension modules.
  static func derive(from paths: [String]) -> [String] {
    var names = Set<String>()
    for path in paths {
      if let slash = path.firstIndex(of: "/") {
        names.insert(String(path[..<slash]))
      } else if path.hasSuffix(".py") || path.hasSuffix(".so") || path.hasSuffix(".pyc") {
        names.insert(String(path.prefix { $0 != "." }))
      }
    }
    return names.filter { name in
      name.first.map { $0 == "_" || $0.isLetter } ?? false
        && name.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
    }.sorted()
  }
}
