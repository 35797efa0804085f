internal import FoundationEssentials
internal import Model
internal import Platform

/// What `scripts/requirement-oracle.py` prints: how Python's packaging reads requirements.
public struct PackagingAnswers: Sendable, Decodable {
  /// packaging's own version.
  public let packaging: String
  /// The versions that `Answer.fits` is about.
  public let versions: [String]
  /// The environments that `Answer.holds` is about, `extra` among their variables.
  public let environments: [[String: String]]
  /// The requirements in the order in which they were asked.
  public let requirements: [Entry]

  /// One requirement and what packaging makes of it.
  public struct Entry: Sendable, Decodable {
    /// The requirement.
    public let text: String
    /// Its parts; nil where packaging refuses it.
    public let answer: Answer?
  }

  /// A requirement's parts.
  public struct Answer: Sendable, Decodable, Equatable {
    let name: String
    let extras: [String]
    let url: String
    let hasMarker: Bool
    let fits: String
    let holds: String
  }

  /// Reads what the script printed.
  public init(json: [UInt8]) throws {
    self = try JSONDecoder().decode(PackagingAnswers.self, from: Data(json))
  }

  /// Asks packaging.
  public static func ask(_ texts: [String], python: String) async throws -> PackagingAnswers {
    try await TemporaryDirectory.with { directory in
      try await record(texts, python: python, to: "\(directory)/answers")
      return try PackagingAnswers(json: try Files.read("\(directory)/answers"))
    }
  }

  /// Asks packaging, and writes what the script prints to a file.
  public static func record(_ texts: [String], python: String, to path: String) async throws {
    let result = try await ChildProcess.run(
      "/bin/sh", ["-c", "exec \"$0\" \"$1\" >\"$2\"", python, script, path], environment: ["LANG": "C.UTF-8"],
      input: texts.map { "\($0)\n" }.joined(), deadline: 300)
    guard result.status == 0 else { throw Failure(.internal, "the oracle failed: \(result.lastWords())") }
  }

  private static let script = "\(TestPaths.package)/scripts/requirement-oracle.py"

  /// How Pinion's reading of a requirement differs from packaging's, in words; nil where it does not, and where packaging
  /// itself departs from PEP 508.
  public func difference(_ entry: Entry) -> String? {
    plainDifference(entry).flatMap { Self.isOutsideThePEP(entry.text) ? nil : $0 }
  }

  private func plainDifference(_ entry: Entry) -> String? {
    guard let theirs = entry.answer else {
      guard let parsed = try? RequirementParser.parse(entry.text) else { return nil }
      return "packaging refuses it, Pinion reads '\(parsed.name)' \(parsed.specifiers)"
    }
    do throws(RequirementParser.Problem) {
      let mine = answer(try RequirementParser.parse(entry.text))
      return mine.agrees(with: theirs) ? nil : "Pinion: \(mine)\n  packaging: \(theirs)"
    } catch {
      return "packaging reads it, Pinion refuses it: \(error.message)"
    }
  }

  /// packaging takes everything up to white space, `;` or `)` for the version behind `===`, operators and nothing included;
  /// anything at all for a URL; names that end with `_`; and Python's escapes in quotes. In PEP 508 versions are letters,
  /// digits and `-_.*+!`, a URL is no `;`, names end with a letter or a digit, and no backslash is anywhere.
  private static func isOutsideThePEP(_ text: String) -> Bool {
    text.contains(/===\s*[A-Za-z0-9\-_.*+!]*[^\s;)A-Za-z0-9\-_.*+!]/) || text.contains(/===\s*($|[;)])/)
      || text.contains(/@\s*;/) || text.contains("\\")
      || text.contains(/_(?![A-Za-z0-9._\-])/)
  }

  private func answer(_ parsed: RequirementParser.Parsed) -> Answer {
    let fits = versions.map { text in
      Version(text).map { parsed.specifiers.contains($0, allowPrereleases: true) ? "y" : "n" } ?? "?"
    }
    let holds = environments.map { environment in
      let extras = Set([environment["extra"]].compactMap { $0 }.compactMap { PackageName($0) })
      return parsed.marker?.evaluate(environment, extras: extras) ?? true ? "y" : "n"
    }
    return Answer(
      name: parsed.name.text, extras: Set(parsed.extras.map(\.text)).sorted(), url: parsed.url ?? "",
      hasMarker: parsed.marker != nil, fits: fits.joined(), holds: holds.joined())
  }
}

extension PackagingAnswers.Answer {
  /// Whether both say the same. Where packaging finds no answer (`e`), any will do.
  fileprivate func agrees(with theirs: PackagingAnswers.Answer) -> Bool {
    let marks = zip(holds, theirs.holds).allSatisfy { $0 == $1 || $1 == "e" }
    return marks && name == theirs.name && extras == theirs.extras && url == theirs.url
      && hasMarker == theirs.hasMarker && fits == theirs.fits
  }
}
