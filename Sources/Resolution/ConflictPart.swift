internal import Model

/// A part of what is asked of a resolver, which may be left out to see whether the rest has a solution.
enum ConflictPart: Sendable, Hashable {
  /// What a module asks for, by the module's label.
  case module(String)
  /// An entry of `spec.constraints`.
  case constraint(Constraint)
  /// An entry of `spec.overrides`. Left out, any version of its distribution will do.
  case override(Constraint)
  /// The version of a distribution of the base.
  case base(PackageName)
  /// The major version that `spec.lock.update: minor` stays within.
  case major(PackageName)
  /// The version that a module which is held back was locked with.
  case held(PackageName)

  /// Whether it is what a module asks for.
  var isModule: Bool { if case .module = self { true } else { false } }
}

/// A question with something of it changed.
struct QuestionVariation: Sendable, Hashable {
  /// What is kept of it; nil for all.
  var kept: [ConflictPart]?
  /// Modules of whose distribution any version will do, by their labels.
  var relaxed: Set<String> = []
  /// Distributions of which a pre-release will do.
  var prereleases: Set<PackageName> = []
  /// Distributions whose own dependencies do not count.
  var bare: Set<PackageName> = []
  /// Entries of `spec.overrides` that are not there.
  var removed: Set<Constraint> = []
  /// Requirements besides, in PEP 508 form.
  var requirements: [String] = []
  /// Constraints besides, in PEP 508 form.
  var constraints: [String] = []
}
