internal import Model

/// Says of a resolver's explanation which modules it is about, and where they stand in the manifest.
enum Blame {
  /// The failure with the modules named: one complaint for each module whose own package is absent; for a set without a
  /// solution, all modules whose requirements the explanation mentions.
  static func assign(_ failure: Failure, to requirements: [(requirement: IndexRequirement, module: Module)]) -> Failure
  {
    Failure(failure.diagnostics.flatMap { diagnostic in assign(diagnostic, to: requirements) })
  }

  private static func assign(
    _ diagnostic: Diagnostic, to requirements: [(requirement: IndexRequirement, module: Module)]
  ) -> [Diagnostic] {
    guard let cause = diagnostic.cause, [.packageAbsent, .unsolvable].contains(diagnostic.code) else {
      return [diagnostic]
    }
    let words = Set(cause.split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }.map(bare))
    let mentioned = requirements.filter { words.contains($0.requirement.name.text) }
    guard let first = mentioned.first else { return [diagnostic] }
    if diagnostic.code == .packageAbsent {
      let absent = mentioned.filter { cause.contains("\($0.requirement.name) was not found") }
      if !absent.isEmpty {
        return absent.map { requirement, module in
          Diagnostic(
            .packageAbsent, "\(module.label) asks for \(requirement.name), which is on no package index that is asked",
            at: .source(module.location, excerpt: nil), hint: diagnostic.hint)
        }
      }
    }
    var copy = diagnostic
    copy.place = .source(first.module.location, excerpt: nil)
    copy.cause =
      mentioned.map { "\($0.module.label) (\($0.module.location)) asks for \($0.requirement)" }.joined(separator: "\n")
      + "\n" + cause
    return [copy]
  }

  /// A word without the full stop that ends a sentence.
  private static func bare(_ word: Substring) -> String {
    var word = word
    while let last = word.last, ".-_".contains(last) { word.removeLast() }
    return word.lowercased()
  }
}
