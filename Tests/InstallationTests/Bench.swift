internal import Glibc
internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

/// A state directory of its own, a real interpreter, and the few steps from wheels to a generation.
final class Bench: Sendable {
  let root: String
  let state: StateDirectory
  let interpreter: Interpreter
  var store: Store { Store(state: state) }
  var generations: Generations { Generations(state: state, environment: "demo") }
  var current: String { state.current("demo") }

  /// The name has a space in it, since paths have.
  init() async throws {
    var template = Array("/tmp/pinion test XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Files.failure("could not make a directory", "/tmp") }
    root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    state = StateDirectory(root: "\(root)/state")
    interpreter = try await Bench.probe.value
  }

  deinit { try? Files.remove(root) }

  private static let probe = Task { try await interpreter() }

  private static func interpreter() async throws -> Interpreter {
    let program = """
      import sys, sysconfig
      print(sys._base_executable, '%d.%d.%d' % sys.version_info[:3], sys.implementation.name,
            sys.implementation.cache_tag, sysconfig.get_config_var('SOABI'), sep='\\n')
      """
    let result = try await ChildProcess.run(
      "/usr/bin/env", ["python3", "-c", program], environment: ["PATH": path], deadline: 60)
    let lines = result.output.split(separator: "\n").map(String.init)
    guard lines.count == 5, let identity = Files.identity(lines[0]) else {
      throw Failure(.interpreterAbsent, "the tests need python3", because: result.errorOutput)
    }
    return Interpreter(
      executable: lines[0], version: lines[1], implementation: lines[2], cacheTag: lines[3], soabi: lines[4],
      markers: [:], tags: [], identity: identity)
  }

  static var path: String { getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin" }

  /// Builds the wheels and takes them into the store.
  func install(_ wheels: [WheelFixture]) throws -> [InstalledDistribution] {
    let staging = try StagingArea.make(in: state.staging)
    defer { try? staging.remove() }
    return try wheels.map { wheel in
      let file = try wheel.write(into: "\(root)/wheels")
      let record = try store.add(wheel: file.path, key: file.sha256, in: staging)
      // What is read is what was written.
      #expect(try store.record(file.sha256) == record)
      return InstalledDistribution(
        name: record.name, version: record.version, identity: .wheel(sha256: file.sha256), storeKey: file.sha256,
        modules: ["modules.demo"])
    }
  }

  func blueprint(
    _ distributions: [InstalledDistribution], number: Int? = nil, modules: [ModuleBlueprint] = []
  ) throws -> GenerationBlueprint {
    GenerationBlueprint(
      environment: "demo", number: try number ?? generations.next(), interpreter: interpreter,
      distributions: distributions, modules: modules, lockText: "lock-version = \"1.0\"\n", lockDigest: "sha256:0",
      inputsDigest: "sha256:1", settingsDigest: "sha256:2")
  }

  static func module(
    _ path: String, expects: [String] = [], distribution: String? = nil, answer: LockedModule.Answer = .distribution,
    verification: Verification = Verification()
  ) -> ModuleBlueprint {
    ModuleBlueprint(
      installed: InstalledModule(
        name: path, section: .modules, module: path, answer: answer,
        distribution: distribution.flatMap { PackageName($0) }, version: nil, commit: nil),
      expects: expects, verification: verification,
      location: SourceLocation(file: "demo.yaml", line: 7, column: 5))
  }

  /// Builds, verifies, publishes and switches. Returns the generation's directory.
  @discardableResult
  func apply(_ blueprint: GenerationBlueprint) async throws -> String {
    let staging = try StagingArea.make(in: state.staging)
    defer { try? staging.remove() }
    let staged = try GenerationBuilder(state: state).build(blueprint, in: staging)
    try await Verifier.verify(staged, in: staging)
    try staged.publish()
    try GenerationSwitch.activate(state, environment: "demo", number: blueprint.number)
    return generations.path(blueprint.number)
  }

  /// Wheels to a current generation in one step.
  @discardableResult
  func apply(_ wheels: [WheelFixture], modules: [ModuleBlueprint] = []) async throws -> String {
    try await apply(blueprint(install(wheels), modules: modules))
  }

  /// The complaints of a build or a verification that must fail.
  func complaints(_ wheels: [WheelFixture], modules: [ModuleBlueprint] = []) async throws -> [Diagnostic] {
    do { try await apply(wheels, modules: modules) } catch let failure as Failure { return failure.diagnostics }
    Issue.record("it did not fail")
    return []
  }

  func record() throws -> GenerationRecord {
    let number = try #require(generations.current())
    return try #require(try generations.record(number))
  }

  /// Runs a program and returns what it printed, white space at the end apart.
  func output(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> String {
    let result = try await run(program, arguments, environment: environment)
    #expect(result.status == 0, "\(result.errorOutput)")
    #expect(result.errorOutput == "")
    return String(result.output.reversed().drop { $0.isWhitespace }.reversed())
  }

  func run(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> ProcessResult {
    try await ChildProcess.run(
      program, arguments, environment: ["PATH": Bench.path, "HOME": root].merging(environment) { _, new in new },
      workingDirectory: root, deadline: 120)
  }
}
