/// What a distribution says of itself: the headers of its METADATA (or PKG-INFO) that matter for installing.
///
/// Source: Python Packaging User Guide, "Core metadata specifications".
public struct DistributionMetadata: Sendable, Hashable {
  /// The distribution's name.
  public let name: PackageName
  /// The name as it is written.
  public let rawName: String
  /// The distribution's version.
  public let version: Version
  /// What it requires, in the order of the file, whatever the environment.
  public let requiresDist: [RequirementParser.Parsed]
  /// The versions of Python that will do; nil where nothing readable is said of them.
  public let requiresPython: VersionSpecifiers?
  /// The extras that it offers, in the order of the file.
  public let providesExtra: [PackageName]
  /// Whole header lines that could not be read: they are kept, not obeyed.
  public let malformed: [String]

  /// Reads the headers, up to the first empty line. Nil when name or version is missing or no name or version.
  public init?(_ metadataText: String) {
    var rawName: String?
    var versionText: String?
    var requirements: [RequirementParser.Parsed] = []
    var requiresPython: VersionSpecifiers?
    var extras: [PackageName] = []
    var malformed: [String] = []
    for header in Self.headers(of: metadataText) {
      switch header.name {
      case "name": rawName = rawName ?? header.value
      case "version": versionText = versionText ?? header.value
      case "requires-dist":
        do throws(RequirementParser.Problem) {
          requirements.append(try RequirementParser.parse(header.value))
        } catch {
          malformed.append("Requires-Dist: \(header.value)")
        }
      case "requires-python":
        if let specifiers = VersionSpecifiers(header.value) {
          requiresPython = specifiers
        } else {
          malformed.append("Requires-Python: \(header.value)")
        }
      case "provides-extra":
        if let extra = PackageName(header.value) {
          extras.append(extra)
        } else {
          malformed.append("Provides-Extra: \(header.value)")
        }
      default: break
      }
    }
    guard let rawName, let name = PackageName(rawName), let version = versionText.flatMap({ Version($0) }) else {
      return nil
    }
    self.name = name
    self.rawName = rawName
    self.version = version
    requiresDist = requirements
    self.requiresPython = requiresPython
    providesExtra = extras
    self.malformed = malformed
  }

  /// What it requires in that environment with those extras.
  public func dependencies(
    markers: [String: String], extras: Set<PackageName> = []
  ) -> [RequirementParser.Parsed] {
    requiresDist.filter { $0.marker?.evaluate(markers, extras: extras) ?? true }
  }

  /// The headers with names in lower case and folded lines joined with one space.
  private static func headers(of text: String) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    let bytes = text.utf8
    var lineStart = bytes.startIndex
    // Line by line, so that a long description behind the headers is never looked at.
    while lineStart < bytes.endIndex {
      let lineEnd = bytes[lineStart...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      var line = bytes[lineStart..<lineEnd]
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      lineStart = lineEnd < bytes.endIndex ? bytes.index(after: lineEnd) : lineEnd
      guard let first = line.first else { break }
      if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
        if !headers.isEmpty { headers[headers.count - 1].value += " " + trimmed(line) }
        continue
      }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = String(Substring(line[..<colon])).lowercased()
      headers.append((name, trimmed(line[line.index(after: colon)...])))
    }
    return headers
  }

  private static func trimmed(_ bytes: Substring.UTF8View) -> String {
    var rest = bytes.drop(while: \.isSpace)
    while let last = rest.last, last.isSpace { rest = rest.dropLast() }
    return String(Substring(rest))
  }
}
