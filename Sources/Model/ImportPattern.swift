/// Patterns of import paths, as `provided` lists them.
public enum ImportPattern {
  /// Whether an import path fits a pattern: `links.*` fits `links` and everything below it; `*` within a component
  /// fits any text without a dot.
  public static func matches(_ importPath: String, pattern: String) -> Bool {
    let path = importPath.split(separator: ".")
    var parts = pattern.split(separator: ".")
    if parts.last == "*" {
      parts.removeLast()
      guard path.count >= parts.count else { return false }
    } else if path.count != parts.count {
      return false
    }
    return zip(path, parts).allSatisfy { glob(Array($0.0), Array($0.1)) }
  }

  private static func glob(_ text: [Character], _ pattern: [Character]) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return (0...text.count).contains { glob(Array(text.dropFirst($0)), Array(pattern.dropFirst())) }
    }
    return text.first == first && glob(Array(text.dropFirst()), Array(pattern.dropFirst()))
  }
}

/// Many patterns of import paths, so that a path is not compared with each.
public struct ImportPatterns: Sendable {
  /// Patterns without a `*`.
  private var exact: Set<String> = []
  /// What stands before the `.*` of patterns that have no other `*`.
  private var roots: Set<String> = []
  /// All others.
  private var others: [String] = []

  /// Takes patterns as `ImportPattern` does.
  public init(_ patterns: [String]) {
    for written in patterns {
      let pattern = written.split(separator: ".").joined(separator: ".")
      if !pattern.contains("*") {
        exact.insert(pattern)
      } else if pattern.hasSuffix(".*"), !pattern.dropLast(2).contains("*") {
        roots.insert(String(pattern.dropLast(2)))
      } else {
        others.append(pattern)
      }
    }
    others = Array(Set(others))
  }

  /// Whether an import path fits one of them.
  public func match(_ importPath: String) -> Bool {
    if exact.contains(importPath) || roots.contains(importPath) { return true }
    for place in importPath.indices where importPath[place] == "." {
      if roots.contains(String(importPath[..<place])) { return true }
    }
    return others.contains { ImportPattern.matches(importPath, pattern: $0) }
  }
}
