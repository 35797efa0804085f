internal import Model

/// Paths as requirements: what looks like one, told by the text alone. Source: pip's `_get_url_from_path`.
enum PathForm {
  /// Whether the requirement is a path: it begins with `.` or `/`, has a `/` where a name has none, or is a file's name.
  static func isPath(_ text: Substring) -> Bool {
    guard let first = text.first, !text.lowercased().hasPrefix("git+") else { return false }
    if first == "." || first == "/" { return true }
    let head = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-._+!%".contains($0)) }
    let rest = text[head.endIndex...]
    if !head.isEmpty, rest.hasPrefix("/") { return true }
    guard archiveEnding(head) != nil else { return false }
    // `x.zip==1` has a version, `x.zip @ …` a URL.
    let next = rest.drop(while: \.isWhitespace).first
    return next == nil || next == ";" || next == "#" || (rest.hasPrefix("[") && !rest.contains("@"))
  }

  /// The ending that makes a file an archive; nil for anything else.
  static func archiveEnding(_ name: some StringProtocol) -> String? {
    let lowercased = name.lowercased()
    return ArchiveRequirement.endings.first { lowercased.hasSuffix($0) && lowercased.utf8.count > $0.utf8.count }
  }
}
