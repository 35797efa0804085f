internal import ArgumentParser
internal import Model
internal import Platform
internal import Reconciliation

/// `pinion explain`
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", _superCommandName: "pinion",
    abstract:
      "Say why something is locked at its version: who asks for it, what each allows, and which versions there were.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var network: NetworkOptions

  @Argument(help: ArgumentHelp("A module (links.my_link, or my_link), or a distribution.", valueName: "name"))
  var name: String

  func run() async throws {
    try await performOnEnvironments(common, network) { wiring, environments, services in
      let (results, failure) = await wiring.forEach(environments) { environment in
        let lockfile = try wiring.lockfile(environment.lockfile, of: environment.name)
        let reconciler = Reconciler(services: services, environment: environment, options: RunOptions())
        let found = try await reconciler.explain(name, in: lockfile)
        if common.format == .text {
          found.forEach { wiring.console.result(ExplanationText.render($0, style: wiring.console.style)) }
        }
        return ExplanationJSON.Environment(name: environment.name, explained: found)
      }
      try wiring.show(ExplanationJSON(environments: results), lines: [])
      if let failure { throw failure }
    }
  }
}

/// An explanation, for people.
enum ExplanationText {
  /// More versions than this tell nobody anything.
  private static let most = 12

  static func render(_ explained: Reconciler.Explained, style: Style) -> String {
    switch explained {
    case .module(let module): render(module, style: style)
    case .distribution(let explanation): render(explanation, style: style)
    case .leftOut(let label, let reason):
      "\(style.bold(label)) is held back and left out: it could not be resolved when the lockfile was made, and was never locked.\n"
        + "  why: \(reason ?? "ask again: pinion lock --check")"
    }
  }

  private static func render(_ module: LockedModule, style: Style) -> String {
    let answer =
      switch module.answer {
      case .distribution: "a distribution answers for it"
      case .provided: "the application brings it, as `provided` says"
      case .pythonPath: "one of the import roots of `pythonPath` has it"
      case .base: "the base environment has it"
      case .interpreter: "it is in Python's standard library"
      case .excluded: "the marker of its requirement keeps it from being installed here"
      }
    return "\(style.bold(module.label)) (\(module.importPath)): \(answer), so that nothing is installed for it.".oneLine
  }

  private static func render(_ explanation: Explanation, style: Style) -> String {
    var lines = ["\(style.bold(explanation.name.text)) \(explanation.version)", "  from \(explanation.origin)"]
    lines += explanation.remarks.map { "  \(style.yellow("note:")) \($0)" }
    lines.append("  asked for by")
    for asker in explanation.askers {
      let place = asker.location.map { " (\($0))" } ?? ""
      let way = asker.path.isEmpty ? "" : ", by way of " + asker.path.map(\.text).joined(separator: " → ")
      lines.append("    \(asker.label)\(place)\(asker.requirement.map { ": \($0)" } ?? "")\(way)")
    }
    let limits = explanation.limits.filter { !$0.specifiers.isEmpty }
    if !limits.isEmpty {
      lines.append("  limited by")
      lines += limits.map { "    \($0.source): \($0.specifiers)" }
    }
    if !explanation.candidates.isEmpty {
      let possible = explanation.possible.map(\.description)
      lines.append(
        "  possible: " + (possible.isEmpty ? "none" : cut(possible))
          + " (\(possible.count) of \(PlanText.count(explanation.candidates.count, "version")))")
      // Only what is newer than the locked version makes anybody ask.
      let newer = explanation.candidates.filter { candidate in
        !candidate.reasons.isEmpty && Version(explanation.version).map { candidate.version > $0 } ?? true
      }
      if !newer.isEmpty {
        lines.append("  newer, and not possible")
        lines += newer.prefix(most).map { "    \($0.version): \($0.reasons.joined(separator: "; "))" }
        if newer.count > most { lines.append("    … and \(newer.count - most) more") }
      }
    }
    lines.append("  why: \(explanation.verdict)")
    return lines.map(\.oneLine).joined(separator: "\n")
  }

  private static func cut(_ versions: [String]) -> String {
    versions.prefix(most).joined(separator: ", ") + (versions.count > most ? ", …" : "")
  }
}

/// Explanations as JSON: see docs/json.md. Every key is always there.
struct ExplanationJSON: Encodable {
  struct Environment: Encodable {
    var name: String
    var modules: [ModuleEntry]
    var distributions: [DistributionEntry]

    init(name: String, explained: [Reconciler.Explained]) {
      self.name = name
      modules = explained.compactMap {
        switch $0 {
        case .module(let module): ModuleEntry(module: module.label, answer: module.answer.rawValue)
        case .leftOut(let label, _): ModuleEntry(module: label, answer: "heldBack")
        case .distribution: nil
        }
      }
      distributions = explained.compactMap {
        if case .distribution(let explanation) = $0 { DistributionEntry(explanation) } else { nil }
      }
    }
  }

  struct ModuleEntry: Encodable {
    var module: String
    var answer: String
  }

  struct DistributionEntry: Encodable {
    struct Asker: Encodable {
      var asker: Explanation.Asker

      enum Key: String, CodingKey { case module, place, requirement, path }

      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(asker.label, forKey: .module)
        try container.encode(asker.location.map(\.description), forKey: .place)
        try container.encode(asker.requirement, forKey: .requirement)
        try container.encode(asker.path, forKey: .path)
      }
    }

    struct Limit: Encodable {
      var source: String
      var versions: String
    }

    struct Candidate: Encodable {
      var version: String
      var refusedBecause: [String]
    }

    var distribution: String
    var version: String
    var origin: String
    var askers: [Asker]
    var limits: [Limit]
    var candidates: [Candidate]
    var remarks: [String]
    var why: String

    init(_ explanation: Explanation) {
      distribution = explanation.name.text
      version = explanation.version
      origin = explanation.origin
      askers = explanation.askers.map(Asker.init(asker:))
      limits = explanation.limits.map { Limit(source: $0.source, versions: $0.specifiers.description) }
      candidates = explanation.candidates.map {
        Candidate(version: $0.version.description, refusedBecause: $0.reasons)
      }
      remarks = explanation.remarks
      why = explanation.verdict
    }
  }

  var formatVersion = 1
  var environments: [Environment]
}
