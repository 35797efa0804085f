/// Lexical work on POSIX paths: nothing here looks at a disk.
extension String {
  /// All before the last slash: `/a/b` → `/a`, `a` → `.`, `/a` → `/`.
  public var parentPath: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }

  /// All behind the last slash.
  public var lastPathComponent: String {
    guard let slash = lastIndex(of: "/") else { return self }
    return String(self[index(after: slash)...])
  }

  /// The path from `directory` on if it is relative, with `.`, `..` and double slashes folded away.
  public func absolutePath(from directory: String) -> String {
    var components: [Substring] = []
    for component in (hasPrefix("/") ? self : "\(directory)/\(self)").split(separator: "/") {
      switch component {
      case ".": continue
      case "..": _ = components.popLast()
      default: components.append(component)
      }
    }
    return "/" + components.joined(separator: "/")
  }

  /// The path as seen from a directory; both absolute and normalised.
  public func relativePath(from directory: String) -> String {
    let target = split(separator: "/")
    let start = directory.split(separator: "/")
    let shared = zip(target, start).prefix { $0 == $1 }.count
    let steps = Array(repeating: Substring(".."), count: start.count - shared) + target[shared...]
    return steps.isEmpty ? "." : steps.joined(separator: "/")
  }
}
