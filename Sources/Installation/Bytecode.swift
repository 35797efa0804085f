internal import Glibc
public import Model
public import Platform

/// Bytecode of store entries: derived data, beside the sources in the store, and no part of what an entry is checked against.
///
/// It is made with the hash of its source in it and unchecked (PEP 552): content of the store does not change, and no
/// modification time of a link, a copy or a restored backup can make it stale.
public enum Bytecode {
  /// Compiles everything importable of these entries for an interpreter, on all cores, where that was not done before.
  ///
  /// What is no valid Python for this interpreter, as templates and tests for other versions are, is passed over. Says how
  /// many files were compiled. Throws `interpreterFailed`, `stateInvalid`, `io`.
  public static func compile(
    _ keys: [String], in state: StateDirectory, for interpreter: Interpreter, staging: StagingArea
  ) async throws -> Int {
    let store = Store(state: state)
    let missing = Set(keys).filter { !isComplete($0, state, interpreter) }.sorted()
    guard !missing.isEmpty else { return 0 }
    var sources: [(path: String, size: Int)] = []
    for key in missing {
      for file in try store.record(key).tree where file.path.hasSuffix(".py") {
        sources.append(("\(state.storeEntry(key))/tree/\(file.path)", file.size))
      }
    }
    let work = "\(staging.path)/bytecode-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    try Files.makeDirectory(work)
    defer { try? Files.remove(work) }
    try Files.write(program, to: "\(work)/compile.py")
    let shares = shares(sources, among: max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))
    for (index, share) in shares.enumerated() {
      try Files.write(share.map { "\($0)\0" }.joined(), to: "\(work)/\(index)")
    }
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in shares.indices {
        group.addTask { try await run(interpreter, "\(work)/compile.py", "\(work)/\(index)", in: work) }
      }
      return try await group.reduce(0, +)
    }
    for key in missing {
      try Files.makeDirectory(marks(key, state))
      try Files.write("", to: mark(key, state, interpreter))
    }
    return count
  }

  /// Links single modules' bytecode into a generation's real directories, where Python looks for it. Nothing is linked of
  /// entries that were not compiled as a whole.
  ///
  /// `modules` are links of the generation: their paths in it, and what they lead to, from the store on.
  static func link(
    _ modules: [(path: String, target: String)], at root: String, for interpreter: Interpreter, in state: StateDirectory
  ) throws(Failure) {
    var complete: [Substring: Bool] = [:]
    for module in modules where module.path.hasSuffix(".py") {
      let key = module.target.prefix { $0 != "/" }
      let isComplete = complete[key] ?? isComplete(String(key), state, interpreter)
      complete[key] = isComplete
      guard isComplete else { continue }
      let file = cached(module.target, interpreter)
      guard Files.kind("\(state.store)/\(file)") == .file else { continue }
      let place = cached(module.path, interpreter)
      guard Files.kind("\(root)/\(place)") == nil else { continue }
      try Files.makeDirectory("\(root)/\(place.parentPath)")
      let depth = place.utf8.count { $0 == UInt8(ascii: "/") } + 4
      try Files.link("\(root)/\(place)", to: String(repeating: "../", count: depth) + "store/\(file)")
    }
  }

  /// The same for a generation that is in use.
  public static func link(_ record: GenerationRecord, at root: String, in state: StateDirectory) throws(Failure) {
    let modules = record.entries.compactMap { entry -> (path: String, target: String)? in
      guard entry.kind == .link, entry.path.hasPrefix("links/"), let store = entry.target.firstRange(of: "/store/")
      else { return nil }
      return (entry.path, String(entry.target[store.upperBound...]))
    }
    try link(modules, at: root, for: record.interpreter, in: state)
  }

  /// `a/b.py` → `a/__pycache__/b.cpython-311.pyc` (PEP 3147).
  private static func cached(_ path: String, _ interpreter: Interpreter) -> String {
    let name = path.lastPathComponent
    return path.dropLast(name.count) + "__pycache__/\(name.dropLast(3)).\(interpreter.cacheTag).pyc"
  }

  // MARK: what was done

  private static func marks(_ key: String, _ state: StateDirectory) -> String { "\(state.storeEntry(key))/bytecode" }

  private static func mark(_ key: String, _ state: StateDirectory, _ interpreter: Interpreter) -> String {
    "\(marks(key, state))/\(interpreter.cacheTag)"
  }

  private static func isComplete(_ key: String, _ state: StateDirectory, _ interpreter: Interpreter) -> Bool {
    Files.exists(mark(key, state, interpreter))
  }

  // MARK: work

  /// Shares of about the same size, the largest files first.
  private static func shares(_ files: [(path: String, size: Int)], among count: Int) -> [[String]] {
    var shares = [(paths: [String], size: Int)](repeating: ([], 0), count: count)
    for file in files.sorted(by: { ($0.size, $0.path) > ($1.size, $1.path) }) {
      guard let least = shares.indices.min(by: { shares[$0].size < shares[$1].size }) else { break }
      shares[least].paths.append(file.path)
      // A small file costs as well.
      shares[least].size += file.size + 1024
    }
    return shares.map(\.paths).filter { !$0.isEmpty }
  }

  private static func run(
    _ interpreter: Interpreter, _ program: String, _ list: String, in work: String
  ) async throws -> Int {
    let result = try await ChildProcess.run(
      interpreter.executable, ["-I", "-S", "-W", "ignore", program, list],
      environment: ["PATH": "/usr/bin:/bin", "HOME": work, "LANG": "C.UTF-8"], workingDirectory: work, deadline: 3600)
    guard result.status == 0, let count = Int(result.output.split(separator: "\n").first ?? "") else {
      throw Failure(
        .interpreterFailed, "the bytecode could not be made", at: .path(interpreter.executable),
        because: result.lastWords().isEmpty ? "it ended with status \(result.status)" : result.lastWords(),
        hint: "check that it runs by itself, and that the store may be written to; or apply without --compile")
    }
    return count
  }

  private static let program = #"""
    import os
    import py_compile
    import sys

    with open(sys.argv[1], "rb") as file:
        paths = [os.fsdecode(path) for path in file.read().split(b"\0") if path]
    count = 0
    for path in paths:
        try:
            py_compile.compile(
                path, doraise=True, optimize=0, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
            count += 1
        except (py_compile.PyCompileError, SyntaxError, ValueError, RecursionError):
            pass
    print(count)

    """#
}
