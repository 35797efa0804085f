/// The normalised inputs of resolution, and their digest.
///
/// Covers what can change the outcome of a resolution, after expansion, with user info taken out: never `options`,
/// comments, order, or paths of the host. Nor the policy, which hosts have of their own: a lockfile is held against it as
/// it is.
public struct ResolutionInputs: Sendable, Equatable {
  /// One line for each input, sorted.
  public let lines: [String]

  /// Reads the inputs off a declaration.
  ///
  /// Throws `variableUnset` when a requirement cannot be read without a variable that has no value.
  public init(_ environment: DesiredEnvironment) throws(Failure) {
    var lines: [String] = []
    if let python = environment.python { lines.append("python \(python)") }
    if let platform = environment.platform {
      lines.append("platform \(platform.name)" + (platform.python.map { " \($0)" } ?? ""))
    }
    if environment.base != nil { lines.append("base") }
    lines += environment.provided.map { "provided \($0)" }
    lines += environment.indexes.enumerated().map { number, index in
      let names = index.packages.map(\.text).sorted().joined(separator: " ")
      return "index \(number) \(index.url)" + (names.isEmpty ? "" : " for \(names)")
    }
    lines += environment.constraints.map { "constraint \($0)" }
    lines += environment.overrides.map { "override \($0)" }
    var complaints: [Diagnostic] = []
    for module in environment.modules {
      do throws(Failure) {
        let requirement = LocalReference.relative(try module.requirementText() ?? "-", to: environment.directory)
        lines.append("module \(module.label) \(module.importPath) \(requirement)")
      } catch { complaints += error.diagnostics }
    }
    guard complaints.isEmpty else { throw Failure(complaints) }
    self.lines = lines.sorted()
  }

  /// `sha256:…`.
  public var digest: String { digest(holdingBack: []) }

  /// The digest of a lockfile that has not all of them: never that of one which has, so that the next run tries again.
  public func digest(holdingBack labels: [String]) -> String {
    let all = lines + labels.sorted().map { "held back \($0)" }
    return "sha256:" + Digest.sha256("pinion inputs 1\n" + all.joined(separator: "\n"))
  }
}

extension Module {
  /// The requirement, read. Throws `variableUnset` when it cannot be without a variable that has no value.
  public func resolvedRequirement() throws(Failure) -> Requirement? {
    switch requirement {
    case .absent: return nil
    case .requirement(let requirement): return requirement
    case .unset(let parts):
      for case .variable(let name, let place) in parts { throw Failure.unsetVariable(name, at: place ?? location) }
      return nil
    }
  }

  /// The requirement in its normalised form, without user info; nil when none is declared.
  public func requirementText() throws(Failure) -> String? {
    try resolvedRequirement()?.description
  }
}
