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
