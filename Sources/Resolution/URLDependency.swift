internal import Model

/// A package of an index that names another by its place, which the resolver refuses to follow.
struct URLDependency: Error, Equatable {
  /// `gamma==1.0`.
  var package: String
  /// What it names.
  var name: PackageName
  /// Where that is, without user info.
  var place: String

  /// Reads it off the resolver's words; nil where they are about something else.
  init?(_ words: String) {
    guard let package = words.firstMatch(of: /Failed to resolve dependencies for package `([^`]+)`/)?.1,
      let match = words.firstMatch(
        of:
          /(?:Package|Requirements contain conflicting URLs for package) `([^`]+)`(?: was included as a URL dependency|:)/
      ),
      let name = PackageName(String(match.1))
    else { return nil }
    self.package = String(package)
    self.name = name
    let line = words.firstMatch(of: /Consider adding `[^`]+ @ ([^`]+)`/)?.1 ?? words.firstMatch(of: /\n\W*- (\S+)/)?.1
    place = line.map(String.init) ?? "a URL"
    // Whoever wrote a token there meant it for nobody else.
    if let start = place.firstRange(of: "://")?.upperBound,
      let at = place[start...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
    {
      place.removeSubrange(start...at)
    }
  }

  /// What is said where nobody declares it.
  var failure: Failure {
    Failure(
      .unsolvable, "\(package) needs \(name) from a place that it names itself, which no index vouches for",
      because: "\(package) names \(place)",
      hint: "declare \(name) by itself, which is taken in its place: a module with pip_name: \(name) @ …")
  }
}
