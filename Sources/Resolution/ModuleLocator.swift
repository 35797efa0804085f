internal import FoundationEssentials
public import Model
internal import Platform

/// Says what answers for modules that name no requirement, without running any of them.
public struct ModuleLocator: Sendable {
  /// Where a module was looked for, in this order.
  public struct Found: Sendable, Equatable {
    /// What answers.
    public var answer: LockedModule.Answer
    /// The base's distribution that brings it, where that is known.
    public var distribution: PackageName?
  }

  private let interpreter: Interpreter
  private let base: BaseEnvironment?
  private let pythonPath: [String]
  private let provided: [String]

  /// Takes what may answer.
  public init(interpreter: Interpreter, base: BaseEnvironment?, pythonPath: [String], provided: [String]) {
    self.interpreter = interpreter
    self.base = base
    self.pythonPath = pythonPath
    self.provided = provided
  }

  /// What answers for each import path; absent where nothing does.
  public func locate(_ importPaths: [String]) async throws -> [String: Found] {
    var found: [String: Found] = [:]
    for path in importPaths where provided.contains(where: { ImportPattern.matches(path, pattern: $0) }) {
      found[path] = Found(answer: .provided)
    }
    var open = importPaths.filter { found[$0] == nil }
    let places: [(LockedModule.Answer, [String])] = [
      (.pythonPath, pythonPath), (.base, base?.siteDirectories ?? []), (.interpreter, []),
    ]
    for (answer, directories) in places where !open.isEmpty {
      guard answer == .interpreter || !directories.isEmpty else { continue }
      for (path, origin) in try await search(open, in: directories) where origin != nil {
        let top = String(path.prefix { $0 != "." })
        let owner = answer == .base ? base?.distributions.first { $0.topLevel.contains(top) }?.name : nil
        found[path] = Found(answer: answer, distribution: owner)
      }
      open.removeAll { found[$0] != nil }
    }
    return found
  }

  private func search(_ modules: [String], in directories: [String]) async throws -> [String: String?] {
    struct Question: Encodable {
      var paths: [String]
      var modules: [String]
    }
    let question = try JSONEncoder().encode(Question(paths: directories, modules: modules))
    // -S keeps site-packages out: an empty list of directories asks for the standard library alone.
    let result = try await ChildProcess.run(
      interpreter.executable, ["-I", "-S", "-c", InterpreterProbe.locator], environment: ["LANG": "C.UTF-8"],
      input: String(decoding: question, as: UTF8.self), deadline: 60)
    guard result.status == 0,
      let answer = try? JSONDecoder().decode([String: String?].self, from: Data(result.output.utf8))
    else {
      throw Failure(
        .interpreterFailed, "the interpreter could not say which modules it has", at: .path(interpreter.executable),
        because: result.lastWords(lines: 3))
    }
    return answer
  }
}
