internal import Platform

/// What a project says of itself. Source: the pyproject.toml specification, PEP 621.
enum ProjectFile {
  /// Whether the version is written in it: a build back end must take that one, and needs no history to find another.
  static func hasStaticVersion(_ path: String) -> Bool {
    guard let bytes = try? Files.read(path),
      let document = try? TOMLDocument.parse(String(decoding: bytes, as: UTF8.self)),
      let project = document["project"]?.table
    else { return false }
    let dynamic = project["dynamic"]?.array?.compactMap(\.string) ?? []
    return project["version"]?.string != nil && !dynamic.contains("version")
  }
}
