internal import Model

/// Warns of modules that a lock may have no answer for, as far as that shows without looking at an interpreter.
enum UnansweredModules {
  static func warnings(_ environment: DesiredEnvironment) -> [Diagnostic] {
    // The base, import roots and interpreter may answer: only what none of them is there for is worth a word.
    guard environment.base == nil, environment.pythonPath.isEmpty else { return [] }
    let tops = Set(
      environment.modules.filter { $0.requirement != .absent }.map { String($0.importPath.prefix { $0 != "." }) })
    let provided = ImportPatterns(environment.provided)
    return environment.modules.filter { module in
      module.requirement == .absent && module.importPath.contains(".")
        && !provided.match(module.importPath)
        && !tops.contains(String(module.importPath.prefix { $0 != "." }))
    }.map { module in
      Diagnostic(
        .moduleUnresolved, severity: .warning,
        "\(module.label) has no pip_name, and its module \(module.importPath) may not be found",
        at: .source(module.location, excerpt: nil),
        hint: "add pip_name, or list the module under `provided` if the application brings it")
    }
  }
}
