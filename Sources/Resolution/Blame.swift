internal import Model

/// Says of a resolver's explanation which modules it is about, and where they stand in the manifest.
enum Blame {
  /// A module with the distribution that it asks for.
  struct Asker {
    /// The module.
    var module: Module
    /// The distribution, as the resolver names it.
    var name: PackageName
    /// The requirement in its normalised form, without user info.
    var requirement: String
  }

  /// The failure with the modules named: one complaint for each module whose own package is absent; for a set without a
  /// solution, all modules whose distributions the explanation mentions.
  static func assign(_ failure: Failure, to askers: [Asker]) -> Failure {
    Failure(failure.diagnostics.flatMap { diagnostic in assign(diagnostic, to: askers) })
  }

  /// Whether a complaint says that a rule leaves nothing of a package.
  static func isLeftOut(_ diagnostic: Diagnostic) -> Bool {
    diagnostic.code == .packageAbsent && diagnostic.message.hasPrefix("no file of ")
  }

  private static func assign(_ diagnostic: Diagnostic, to askers: [Asker]) -> [Diagnostic] {
    guard let cause = diagnostic.cause, [.packageAbsent, .unsolvable, .buildFailed].contains(diagnostic.code) else {
      return [diagnostic]
    }
    // What a rule leaves nothing of is named by the complaint alone.
    let isLeftOut = isLeftOut(diagnostic)
    let text =
      switch (isLeftOut, diagnostic.code) {
      case (true, _): "\(diagnostic.message)\n\(cause)"
      // What a build prints may be anything: who leads there is in the resolver's own line.
      case (false, .buildFailed): builds(diagnostic.message, cause)
      case (false, _): cause
      }
    let words = names(in: text)
    let mentioned = askers.filter { words.contains($0.name) }
    guard let first = mentioned.first else { return [diagnostic] }
    if diagnostic.code == .packageAbsent, !isLeftOut {
      let absent = mentioned.filter { cause.contains("\($0.name) was not found") }
      if !absent.isEmpty {
        return absent.map { asker in
          var copy = Diagnostic(
            .packageAbsent,
            "\(asker.module.label) asks for \(asker.name), which is on no package index that is asked",
            at: .source(asker.module.location, excerpt: nil), hint: diagnostic.hint)
          copy.modules = [asker.module.label]
          return copy
        }
      }
    }
    var copy = diagnostic
    copy.place = .source(first.module.location, excerpt: nil)
    copy.cause = mentioned.map(sentence).joined(separator: "\n") + "\n" + cause
    copy.modules = mentioned.map(\.module.label)
    if isLeftOut, case .url(let page)? = diagnostic.place { copy.cause? += "\nthe index's page is \(page)" }
    return [copy]
  }

  /// The failure with the modules named whose sources it is about: a server knows nothing of manifests.
  static func assign(_ failure: Failure, to requests: [DirectSource: DirectRequest]) -> Failure {
    Failure(
      failure.diagnostics.map { diagnostic in
        guard let place = diagnostic.place else { return diagnostic }
        let found = requests.filter { source, _ in source.place == place || .url(source.description) == place }.values
        let lines = found.flatMap { $0.askers("it") }.sorted()
        guard !lines.isEmpty else { return diagnostic }
        var copy = diagnostic
        copy.modules = Set(found.flatMap { $0.modules.map(\.label) }).sorted()
        copy.cause = ([diagnostic.cause].compactMap(\.self) + lines).joined(separator: "\n")
        return copy
      })
  }

  /// The package that could not be built, and who leads to it.
  private static func builds(_ message: String, _ cause: String) -> String {
    let way = cause.split(separator: "\n").filter { $0.contains(" was included because ") }
    return ([message.prefix { $0 != " " }] + way).joined(separator: "\n")
  }

  private static func sentence(_ asker: Asker) -> String {
    let isNamed = asker.requirement.hasPrefix(asker.name.text)
    return "\(asker.module.label) (\(asker.module.location)) asks for \(asker.requirement)"
      + (isNamed ? "" : ", which is \(asker.name)")
  }

  /// Every word that may be a distribution's name.
  static func names(in text: String) -> Set<PackageName> {
    Set(
      text.split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }.map(bare)
        .compactMap { PackageName($0) })
  }

  /// A word without the full stop that ends a sentence.
  private static func bare(_ word: Substring) -> String {
    var word = word
    while let last = word.last, ".-_".contains(last) { word.removeLast() }
    return word.lowercased()
  }
}
