internal import Model

extension BaseDistribution {
  /// The name of the wheel that stands for it.
  var stubFileName: String {
    let version = Version(self.version)?.description ?? self.version
    return "\(name.text.replacing("-", with: "_"))-\(version.replacing("-", with: "_"))-py3-none-any.whl"
  }

  /// Its METADATA without what it requires unconditionally: the base is taken as it is, also where it is not complete.
  /// What extras ask for stays, since a module may ask for an extra that the base was installed without.
  var stubMetadata: String { headers.filter(Self.isKept).joined(separator: "\n") + "\n" }

  /// Its METADATA with what it requires: of what the base has, any version, since the base is taken as it is.
  func completeMetadata(base: Set<PackageName>) -> String {
    headers.map { header in
      guard let asked = Self.requirement(header), base.contains(asked.name) else { return header }
      let requirement = IndexRequirement(name: asked.name, extras: asked.extras, marker: asked.marker)
      return "Requires-Dist: \(requirement.pep508)"
    }
    .joined(separator: "\n") + "\n"
  }

  private var headers: [String] {
    var headers: [String] = []
    for line in metadata.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let line = Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
      if line.isEmpty { break }
      // A folded header goes on in lines that begin with white space (RFC 5322, section 2.2.3).
      if line.first?.isWhitespace == true, !headers.isEmpty {
        headers[headers.count - 1] += " " + line.trimmed
      } else {
        headers.append(String(line))
      }
    }
    return headers
  }

  private static func requirement(_ header: String) -> RequirementParser.Parsed? {
    guard let colon = header.firstIndex(of: ":"), header[..<colon].lowercased() == "requires-dist" else { return nil }
    return try? RequirementParser.parse(header[header.index(after: colon)...].trimmed)
  }

  private static func isKept(_ header: String) -> Bool {
    guard let colon = header.firstIndex(of: ":") else { return true }
    switch header[..<colon].lowercased() {
    case "requires-dist":
      return requirement(header)?.marker?.variables.contains(.extra) ?? false
    case "requires-python", "dynamic": return false
    default: return true
    }
  }
}
