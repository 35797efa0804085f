/// References to repositories on disk, as lockfiles and digests have them: relative to a directory, so that the same project
/// elsewhere gives the same bytes.
///
/// Works on texts that end with a `file://` URL, such as `git+file:///srv/git/link.git@main`.
public enum LocalReference {
  private static let scheme = "file://"
  private static let relativeScheme = "file:"

  /// `file:///srv/git/link.git@main`, seen from `/srv/app` → `file:../git/link.git@main`. Other texts stay as they are.
  public static func relative(_ text: String, to directory: String) -> String {
    guard let range = text.firstRange(of: scheme + "/") else { return text }
    let path = String(text[text.index(before: range.upperBound)...])
    return text[..<range.lowerBound] + relativeScheme + path.relativePath(from: directory.percentEncodedPath)
  }

  /// The inverse of `relative`.
  public static func absolute(_ text: String, from directory: String) -> String {
    guard let range = text.firstRange(of: relativeScheme), !text[range.upperBound...].hasPrefix("//") else {
      return text
    }
    let path = String(text[range.upperBound...])
    return text[..<range.lowerBound] + scheme + path.absolutePath(from: directory.percentEncodedPath)
  }
}
