import Glibc
import Model
import TestSupport
import Testing

/// Pinion's reading of made-up requirements beside packaging's, which is the reference: names, extras, URLs, which of the
/// sample versions fit, and in which of the sample environments the marker holds.
///
/// A few hundred are compared with every run; `make differential` compares thousands (`PINION_DIFFERENTIAL` says how many,
/// `PINION_DIFFERENTIAL_SEED` where they begin) and fails where packaging cannot be asked.
@Suite struct DifferentialTests {
  private static func number(_ variable: String) -> Int? {
    getenv(variable).flatMap { Int(String(cString: $0)) }
  }

  private static let asked = number("PINION_DIFFERENTIAL")

  @Test(.enabled(if: asked != nil || PythonOracle.isPresent, Comment(rawValue: PythonOracle.absence)))
  func readsAsPackagingDoes() async throws {
    let count = min(Self.asked ?? 300, 200_000)
    var generator = RequirementGenerator(seed: UInt64(Self.number("PINION_DIFFERENTIAL_SEED") ?? 20))
    var texts: Set<String> = []
    while texts.count < count { texts.insert(generator.next()) }
    let python = try #require(try PythonTools.required().python, Comment(rawValue: PythonTools.absence))
    let answers = try await PackagingAnswers.ask(texts.sorted(), python: python)
    try #require(answers.requirements.map(\.text) == texts.sorted())
    let refused = answers.requirements.count { $0.answer == nil }
    // Both kinds are there in numbers, or the comparison says little.
    #expect(refused > count / 20 && refused < count / 2)
    let differences = answers.requirements.compactMap { entry in
      answers.difference(entry).map { "'\(entry.text)'\n  \($0)" }
    }
    #expect(
      differences.isEmpty, "\(differences.count) of \(count) differ:\n\(differences.prefix(40).joined(separator: "\n"))"
    )
  }
}
