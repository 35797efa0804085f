/// References to what lies on disk, as lockfiles and digests have them: relative to a directory, so that the same project
/// elsewhere gives the same bytes.
///
/// Works on texts in which `file://` URLs stand, such as `git+file:///srv/git/link.git@main` or
/// `my-link --find-links file:///srv/wheels`.
public enum LocalReference {
  private static let scheme = "file://"
  private static let relativeScheme = "file:"

  /// `file:///srv/git/link.git@main`, seen from `/srv/app` → `file:../git/link.git@main`. Other texts stay as they are.
  public static func relative(_ text: String, to directory: String) -> String {
    guard text.contains(scheme) else { return text }
    return replacing(in: text) { url in
      guard url.hasPrefix(scheme + "/") else { return nil }
      return relativeScheme + String(url.dropFirst(scheme.count)).relativePath(from: directory.percentEncodedPath)
    }
  }

  /// The inverse of `relative`.
  public static func absolute(_ text: String, from directory: String) -> String {
    guard text.contains(relativeScheme) else { return text }
    return replacing(in: text) { url in
      guard !url.hasPrefix(scheme) else { return nil }
      return scheme + String(url.dropFirst(relativeScheme.count)).absolutePath(from: directory.percentEncodedPath)
    }
  }

  /// The text with each of its words from `file:` on replaced. Paths in URLs are percent-encoded: they hold no space.
  private static func replacing(in text: String, _ change: (Substring) -> String?) -> String {
    text.split(separator: " ", omittingEmptySubsequences: false).map { word in
      // It begins a word, or follows `git+`: anywhere else it is part of something.
      guard let range = word.firstRange(of: relativeScheme),
        range.lowerBound == word.startIndex || word[..<range.lowerBound] == "git+",
        let changed = change(word[range.lowerBound...])
      else { return String(word) }
      return word[..<range.lowerBound] + changed
    }.joined(separator: " ")
  }
}
