internal import Installation
public import Model
internal import Platform

extension Reconciler {
  /// The store keys that are known before anything is fetched or built: of wheels, and of what the current generation has.
  func keys(of selection: Selection, installed record: GenerationRecord?) -> [(name: PackageName, key: String?)] {
    let present = Dictionary(
      (record?.distributions ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return selection.items.map { item in
      if case .wheel(let sha256) = item.identity { return (item.locked.name, sha256) }
      let same = present[item.locked.name].flatMap {
        $0.identity == item.identity && $0.version == item.locked.version ? $0.storeKey : nil
      }
      return (item.locked.name, same)
    }
  }

  /// Lists the `.pth` files of a generation to be, as far as its wheels are in the store. Throws `policyDenied`.
  func addPathFiles(to plan: inout Plan, of keys: [(name: PackageName, key: String?)]) throws(Failure) {
    plan.pathFiles = []
    plan.unread = []
    for (name, key) in keys.sorted(by: { $0.name < $1.name }) {
      if let files = key.flatMap({ services.store.pathFiles(of: $0) }) {
        plan.pathFiles += files
      } else {
        plan.unread.append(name)
      }
    }
    try PathFile.check(plan.pathFiles, environment.policy)
  }

  /// What a build of the plan would complain about, as far as that can be known: once every wheel is in the store. Returns
  /// what is worth a warning; throws what would keep it from being applied.
  public func foresee(_ prepared: PreparedPlan) throws(Failure) -> [Diagnostic] {
    guard !prepared.plan.isEmpty, prepared.plan.unread.isEmpty, let selection = prepared.selection,
      let interpreter = prepared.interpreter
    else { return [] }
    let keys = keys(of: selection, installed: prepared.observed.record).compactMap(\.key)
    let askers = selection.items.map { ($0.locked.name, $0.modules) }
    do {
      let found = try services.store.check(keys, policy: environment.policy, minorVersion: interpreter.minorVersion)
      return found.map { attributed($0, to: askers) }
    } catch { throw Failure(error.diagnostics.map { attributed($0, to: askers) }) }
  }

  /// A complaint about what distributions bring, with the modules that ask for the distributions it names.
  func attributed(_ diagnostic: Diagnostic, to askers: [(name: PackageName, modules: [String])]) -> Diagnostic {
    guard [.collision, .policyDenied, .wheelInvalid].contains(diagnostic.code) else { return diagnostic }
    let words = Set(
      diagnostic.message.split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }.map(String.init))
    let named = askers.filter { words.contains($0.name.text) && !$0.modules.isEmpty }
    var copy = diagnostic
    let first = named.lazy.flatMap(\.modules).first.flatMap { label in
      environment.modules.first { $0.label == label }
    }
    if let first { copy.place = .source(first.location, excerpt: nil) }
    let lines = named.map { "\($0.name) is for \($0.modules.joined(separator: ", "))" }
    copy.cause = ([diagnostic.cause].compactMap { $0 } + lines).joined(separator: "\n")
    return copy
  }

  /// Makes the bytecode of these store entries, where that is asked for.
  func compile(_ keys: [String], for interpreter: Interpreter, in area: StagingArea) async throws {
    guard options.compiles else { return }
    services.announce("Compiling")
    let count = try await Bytecode.compile(keys, in: state, for: interpreter, staging: area)
    services.detail("Compiled \(count) files for \(interpreter.cacheTag)")
  }

  /// The same for the generation in use.
  func compile(_ record: GenerationRecord?) async throws {
    guard options.compiles, let record else { return }
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    try await compile(record.distributions.map(\.storeKey), for: record.interpreter, in: area)
    try Bytecode.link(record, at: state.generation(environment.name, record.number), in: state)
  }
}
