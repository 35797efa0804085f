internal import Glibc
internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct VerifierTests {
  /// A module's text, and what the complaint about it says.
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var message: String
    var cause: String
    var deadline = 60.0
    var testDescription: String { message + ": " + cause }
  }

  static let cases: [Case] = [
    Case(
      text: "import absent_dependency.sub\n",
      message: "cannot be imported: its dependency absent_dependency is missing",
      cause: "modules.mod: mod imports absent_dependency, which is not installed"),
    Case(
      text: "\n\nraise RuntimeError('first\\nlast')\n", message: "the module mod cannot be imported",
      cause: "modules.mod: RuntimeError: last (raised in mod, line 3)"),
    Case(
      text: "import mod_inner\n", message: "the module mod cannot be imported",
      cause: "modules.mod: KeyError: 'A' (raised in mod_inner, line 1)"),
    Case(
      text: "def (:\n", message: "the module mod cannot be imported",
      cause: "SyntaxError: invalid syntax (mod.py, line 1)"),
    Case(text: "import sys; sys.exit(4)\n", message: "ends the program", cause: "it calls sys.exit(4)"),
    Case(
      text: "import os; os._exit(4)\n", message: "ends the interpreter", cause: "ended the interpreter with status 4"),
    Case(text: "import os; os.abort()\n", message: "ends the interpreter", cause: "signal 6 (Aborted)"),
    Case(
      text: "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)\n", message: "ends the interpreter",
      cause: "signal 11 (Segmentation fault)"),
    Case(
      text: "import time; time.sleep(600)\n", message: "was still being imported when the time was over",
      cause: "spec.verification.deadline is 2 s", deadline: 2),
    Case(
      text: "run = 1\n", message: "the module mod has no 'save', 'get'", cause: "modules.mod: its entry expects them"),
  ]

  @Test(arguments: cases) func aModuleThatDoesNotWorkIsNamed(_ example: Case) async throws {
    let bench = try await Bench()
    let found = try await bench.complaints(
      [WheelFixture("mod", files: ["mod.py": example.text, "mod_inner.py": "{}['A']\n"])],
      modules: [
        Bench.module(
          "mod", expects: ["save", "get"], distribution: "mod", verification: Verification(deadline: example.deadline))
      ])
    #expect(found.count == 1)
    #expect(found[0].code == .importFailed)
    #expect(found[0].message.contains(example.message), "\(found[0])")
    #expect(found[0].cause?.contains(example.cause) == true, "\(found[0])")
    #expect(found[0].place == .source(SourceLocation(file: "demo.yaml", line: 7, column: 5), excerpt: nil))
    #expect(found[0].hint != nil)
    #expect(Files.kind(bench.current) == nil)
    #expect(try bench.generations.numbers().isEmpty)
    #expect(try Files.list(bench.state.staging).isEmpty)
  }

  @Test func aModuleThatIsNotThereIsToldFromAMissingDependency() async throws {
    let bench = try await Bench()
    let found = try await bench.complaints(
      [WheelFixture("mod", files: ["mod/__init__.py": ""])],
      modules: [
        Bench.module("mod.main", distribution: "mod"), Bench.module("other", answer: .interpreter),
        Bench.module("mod.main.x", distribution: "mod", verification: Verification(mode: .locate)),
      ])
    #expect(
      found.map(\.message) == [
        "the module mod.main is not there", "the module other is not there", "the module mod.main.x is not there",
      ])
    #expect(found[0].cause == "modules.mod.main: mod is installed, but has no module mod.main")
  }

  @Test func oneThatEndsTheInterpreterDoesNotHideTheOthers() async throws {
    let bench = try await Bench()
    let found = try await bench.complaints(
      [WheelFixture("mod", files: ["good.py": "", "dead.py": "import os; os._exit(0)", "bad.py": "1/0"])],
      modules: ["good", "dead", "bad"].map { Bench.module($0) })
    #expect(
      found.map(\.message) == [
        "the module dead ends the interpreter when it is imported", "the module bad cannot be imported",
      ])
  }

  @Test(.enabled(if: sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1, "one processor has one interpreter"))
  func importsGoSideBySide() async throws {
    let bench = try await Bench()
    func text(_ own: String, _ other: String) -> String {
      """
      import os, time
      open(os.path.join(os.environ["MEETING"], "\(own)"), "w").close()
      while not os.path.exists(os.path.join(os.environ["MEETING"], "\(other)")):
          time.sleep(0.01)
      """
    }
    var modules = ["one", "two"].map { Bench.module($0) }
    try Files.makeDirectory("\(bench.root)/meeting")
    for index in modules.indices {
      modules[index].verification = Verification(env: ["MEETING": "\(bench.root)/meeting"], deadline: 60)
    }
    let files = ["one.py": text("one", "two"), "two.py": text("two", "one")]
    try await bench.apply([WheelFixture("mod", files: files)], modules: modules)
  }

  @Test func eachIsImportedOnceWhateverTheOthersDo() async throws {
    let bench = try await Bench()
    var files: [String: String] = [:]
    let names = (0..<24).map { "part\($0)" }
    for (index, name) in names.enumerated() {
      let end = index % 5 == 3 ? "os._exit(9)\n" : index % 7 == 2 ? "1/0\n" : ""
      files["\(name).py"] = "import os\nopen(os.environ['NOTES'], 'a').write('\(name)\\n')\n\(end)"
    }
    let verification = Verification(env: ["NOTES": "\(bench.root)/notes"], deadline: 120)
    let found = try await bench.complaints(
      [WheelFixture("mod", files: files)], modules: names.map { Bench.module($0, verification: verification) })
    let notes = String(decoding: try Files.read("\(bench.root)/notes"), as: UTF8.self).split(separator: "\n")
    #expect(notes.map(String.init).sorted() == names.sorted())
    let wanted = names.enumerated().filter { $0.offset % 5 == 3 || $0.offset % 7 == 2 }.map(\.element)
    #expect(found.map { $0.message.split(separator: " ")[2] } == wanted.map { $0[...] })
  }

  @Test func aModuleWithADeadlineOfItsOwnHoldsNobodyUp() async throws {
    let bench = try await Bench()
    let slow = "import ctypes\nctypes.PyDLL(None).sleep(600)\n"
    let found = try await bench.complaints(
      [WheelFixture("mod", files: ["slow.py": slow, "good.py": "", "bad.py": "1/0"])],
      modules: [
        Bench.module("slow", verification: Verification(deadline: 1)), Bench.module("good"), Bench.module("bad"),
      ])
    #expect(
      found.map(\.message) == [
        "the module slow was still being imported when the time was over", "the module bad cannot be imported",
      ])
    #expect(found.first?.cause == "modules.slow: its verification.deadline is 1 s")
  }

  @Test func awkwardModulesThatWorkPass() async throws {
    let bench = try await Bench()
    let root = "\(bench.root)/app"
    try Files.makeDirectory("\(root)/links/own")
    try Files.write("", to: "\(root)/links/own/__init__.py")
    let texts = [
      "noisy": "import sys\nfor _ in range(40): print('x' * 1_000_000); print('y' * 1_000_000, file=sys.stderr)\n",
      "threaded": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n",
      "closing": "import os\nos.closerange(0, 100)\n",
      "forking": "import os, sys\nif os.fork() == 0: pass\n",
      "stingy": "import os\nassert 'SECRET_OF_OURS' not in os.environ and os.environ['WANTED'] == '1'\n",
      "unloved": "raise SystemExit(1)\n",
      "package/__init__.py": "1/0\n", "package/part": "",
    ]
    let files = Dictionary(
      uniqueKeysWithValues: texts.map { ($0.key.hasSuffix(".py") ? $0.key : "\($0.key).py", $0.value) })
    var modules = ["noisy", "threaded", "closing", "forking", "stingy"].map { Bench.module($0) }
    for index in modules.indices { modules[index].verification.env = ["WANTED": "1"] }
    modules.append(Bench.module("unloved", verification: Verification(mode: .off)))
    modules.append(Bench.module("package.part", verification: Verification(mode: .locate)))
    modules.append(Bench.module("json", expects: ["loads"], answer: .interpreter))
    modules.append(Bench.module("links.own", answer: .pythonPath))
    modules.append(Bench.module("links.nowhere", answer: .provided))
    var blueprint = try bench.blueprint(
      try bench.install([WheelFixture("awkward", files: files)]), modules: modules)
    blueprint.pythonPath = [root]
    let home = try await bench.apply(blueprint)
    #expect(DriftCheck.plain(record: try bench.record(), at: home, state: bench.state).isEmpty)
    #expect(try Files.list("\(home)/links/__pycache__").contains { $0.hasPrefix("noisy.") })
  }
}
