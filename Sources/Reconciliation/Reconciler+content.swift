internal import Installation
internal import Model
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
