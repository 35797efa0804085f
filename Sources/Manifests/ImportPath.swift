/// Import paths: Python identifiers with dots between them.
enum ImportPath {
  struct Problem: Error, Hashable {
    var message: String
    var hint: String
  }

  /// Throws what is wrong with the path and what to write instead.
  static func check(_ path: String) throws(Problem) {
    let shown = Excerpt.cut(path, 60)
    let parts = path.split(separator: ".", omittingEmptySubsequences: false)
    if parts.allSatisfy(isIdentifier) {
      guard parts.count > 1, parts.last == "py" else { return }
      throw Problem(
        message: "'\(shown)' is a file's name, not an import path", hint: "write '\(path.dropLast(3))'")
    }
    throw Problem(message: "'\(shown)' is no import path", hint: repair(path, parts))
  }

  /// Source: The Python Language Reference, "Identifiers and keywords" (PEP 3131).
  static func isIdentifier(_ text: Substring) -> Bool {
    guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
    return text.unicodeScalars.dropFirst().allSatisfy(\.properties.isXIDContinue)
  }

  private static func repair(_ path: String, _ parts: [Substring]) -> String {
    if path.contains("://") || path.contains("git+") {
      return "write where the package comes from under 'pip_name', and what Python imports under 'module'"
    }
    if let colon = path.firstIndex(of: ":"), (try? check(String(path[..<colon]))) != nil {
      let attribute = path[path.index(after: colon)...]
      if isIdentifier(attribute) { return "write '\(path[..<colon])', and 'expects: [\(attribute)]' beside it" }
    }
    if path.hasPrefix(".") { return "an import path is absolute: begin with the package's name" }
    var fixed = path
    if fixed.hasSuffix(".py") { fixed = String(fixed.dropLast(3)) }
    fixed = fixed.split(separator: "/").joined(separator: ".")
    fixed = String(fixed.map { $0 == "-" ? "_" : $0 })
    if fixed != path, (try? check(fixed)) != nil {
      return path.contains("-") ? "an import path has '_' where '-' stands: write '\(fixed)'" : "write '\(fixed)'"
    }
    if parts.contains("") { return "write one name between two dots, as in 'my_link.main'" }
    return "an import path is names with dots between them, as in 'my_link.main'"
  }
}
