internal import Installation
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@Suite struct StartUpTests {
  private static let application = """
    import json, multiprocessing, os, subprocess, sys, time

    SHOW = "import sys, late; print(sys.prefix, sys.exec_prefix, sys.executable, late.VERSION)"

    def child(queue):
        import late
        queue.put([sys.prefix, sys.executable, late.VERSION])

    if __name__ == "__main__":
        ready, go = sys.argv[1:]
        open(ready, "w").close()
        while not os.path.exists(go):
            time.sleep(0.01)
        import late
        found = {"own": [sys.prefix, sys.exec_prefix, sys.executable, late.VERSION]}
        found["paths"] = [entry for entry in sys.path if "current" in entry]
        found["subprocess"] = subprocess.check_output([sys.executable, "-c", SHOW], text=True).strip()
        found["by name"] = subprocess.check_output(["python", "-c", SHOW], text=True).strip()
        found["VIRTUAL_ENV"] = os.environ["VIRTUAL_ENV"]
        for method in ["fork", "spawn", "forkserver"]:
            context = multiprocessing.get_context(method)
            queue = context.Queue()
            process = context.Process(target=child, args=(queue,))
            process.start()
            found[method] = queue.get()
            process.join()
        found["script"] = subprocess.check_output(["tool"], text=True).strip()
        print(json.dumps(found, sort_keys=True))
    """

  @Test func anApplicationKeepsToItsGenerationAcrossASwitch() async throws {
    let bench = try await Bench()
    func wheel(_ version: String) -> WheelFixture {
      WheelFixture(
        "late", version,
        files: ["late.py": "import sys\nVERSION = '\(version)'\ndef main():\n  print(VERSION, sys.prefix)\n"],
        commands: ["tool = late:main"])
    }
    let first = try await bench.apply([wheel("1")])
    try Files.write(Self.application, to: "\(bench.root)/app.py")
    let (ready, go) = ("\(bench.root)/ready", "\(bench.root)/go")
    async let running = bench.run(
      "\(bench.current)/bin/python", ["\(bench.root)/app.py", ready, go],
      environment: ["VIRTUAL_ENV": bench.current, "PATH": "\(bench.current)/bin:\(Bench.path)"])
    while !Files.exists(ready) { try await Task.sleep(for: .milliseconds(5)) }
    #expect(try FileLock.attempt("\(first)/generation.json") == nil, "the process holds its generation")
    let second = try await bench.apply([wheel("2")])
    #expect(try FileLock.attempt("\(second)/generation.json") != nil)
    try Files.write("", to: go)
    let result = try await running
    #expect(result.errorOutput == "")
    let python = "\(first)/bin/python"
    let all = "\(first) \(first) \(python) 1"
    let child = #"["\#(first)", "\#(python)", "1"]"#
    #expect(
      result.output == #"{"VIRTUAL_ENV": "\#(first)", "by name": "\#(all)", "fork": \#(child), "#
        + #""forkserver": \#(child), "own": ["\#(first)", "\#(first)", "\#(python)", "1"], "paths": [], "#
        + #""script": "1 \#(first)", "spawn": \#(child), "subprocess": "\#(all)"}"# + "\n")
    // The helpers of multiprocessing end a moment after the application.
    var isFree = false
    for _ in 0..<1000 where !isFree {
      isFree = try FileLock.attempt("\(first)/generation.json") != nil
      if !isFree { try await Task.sleep(for: .milliseconds(10)) }
    }
    #expect(isFree)
    #expect(try await bench.output("\(bench.current)/bin/python", ["-c", "import late; print(late.VERSION)"]) == "2")
  }

  @Test func theTreeStandsBeforeSitePackagesAndTheBaseBehind() async throws {
    let bench = try await Bench()
    let base = "\(bench.root)/base venv"
    _ = try await bench.output(bench.interpreter.executable, ["-m", "venv", "--without-pip", base])
    let site = "\(base)/lib/python\(bench.interpreter.minorVersion)/site-packages"
    try Files.makeDirectory("\(site)/fake-3.0.dist-info")
    try Files.write("Metadata-Version: 2.1\nName: fake\nVersion: 3.0\n", to: "\(site)/fake-3.0.dist-info/METADATA")
    try Files.write("ORIGIN = 'base'\ndef main():\n  import plugin\n  print(plugin.ORIGIN)\n", to: "\(site)/fake.py")
    try Files.write("ORIGIN = 'base'\n", to: "\(site)/both.py")
    try Files.makeDirectory("\(bench.root)/editable")
    try Files.write("ORIGIN = 'editable'\n", to: "\(bench.root)/editable/edited.py")
    try Files.write("\(bench.root)/editable\n", to: "\(site)/edited.pth")
    let before = try await bench.output("/usr/bin/find", [base, "-printf", "%p %s %T@ %l\n"])

    let installed = try bench.install([
      WheelFixture("plugin", files: ["plugin.py": "ORIGIN = 'tree'\n", "both.py": "ORIGIN = 'tree'\n"])
    ])
    var blueprint = try bench.blueprint(installed, modules: [Bench.module("fake", answer: .base)])
    let fake = BaseDistribution(
      name: try #require(PackageName("fake")), version: "3.0", metadata: "", isDirect: false,
      scripts: ["fake": "fake:main", "pip": "fake:main", "python3": "fake:main", "bad": "no good"], topLevel: ["fake"])
    blueprint.base = BaseEnvironment(
      path: base, interpreter: bench.interpreter, siteDirectories: [site], distributions: [fake])
    blueprint.blockInstalls = true
    let home = try await bench.apply(blueprint)
    let program = """
      import sys, both, edited, fake, plugin, importlib.metadata as m
      print(both.ORIGIN, edited.ORIGIN, fake.ORIGIN, m.version('fake'), m.version('plugin'))
      tail = [entry for entry in sys.path if 'site-packages' in entry or 'links' in entry or 'editable' in entry]
      print(*tail, sep='\\n')
      """
    let minor = bench.interpreter.minorVersion
    let seen = try await bench.output("\(bench.current)/bin/python", ["-c", program]).split(separator: "\n")
    #expect(
      seen == [
        "tree editable base 3.0 1.0", "\(home)/links", "\(home)/lib/python\(minor)/site-packages", "\(site)",
        "\(bench.root)/editable",
      ])
    #expect(try await bench.output("\(bench.current)/bin/fake") == "tree")
    #expect(try Files.list("\(home)/bin") == ["fake", "python", "python3", "python\(minor)"])
    // Bytecode of the base is made by whoever imports it, as without Pinion.
    try Files.remove("\(site)/__pycache__")
    let after = try await bench.output("/usr/bin/find", [base, "-printf", "%p %s %T@ %l\n"])
    func lines(_ text: String) -> [Substring] { text.split(separator: "\n").filter { !$0.hasPrefix("\(site) ") } }
    #expect(lines(after) == lines(before))
  }

  @Test func pathFilesOfDistributionsAreObeyed() async throws {
    let bench = try await Bench()
    try await bench.apply([
      WheelFixture(
        "hooked", files: ["hooked.pth": "extra\nimport sys; sys.hooked = sitedir\n", "extra/inner.py": "x = 1\n"])
    ])
    let home = bench.generations.path(1)
    #expect(
      try await bench.output("\(bench.current)/bin/python", ["-c", "import sys, inner; print(inner.x, sys.hooked)"])
        == "1 \(home)/links")
  }

  @Test(arguments: [
    (["-m", "pip", "install", "x"], true), (["-mpip", "uninstall", "x"], true),
    (["-Im", "pip", "-q", "install", "x"], true), (["-W", "ignore", "-m", "pip", "install", "x"], true),
    (["-m", "pip", "list"], false), (["-c", "print('hello')", "pip", "install"], false),
    (["-m", "site", "install"], false),
  ]) func installsAreRefusedWithAHint(_ arguments: [String], _ isRefused: Bool) async throws {
    let bench = try await Bench()
    var blueprint = try bench.blueprint([])
    blueprint.blockInstalls = true
    blueprint.manifest = "config.yml"
    try await bench.apply(blueprint)
    let result = try await bench.run("\(bench.current)/bin/python", arguments)
    let hint = "this environment is kept by Pinion: declare the module in config.yml and run `pinion apply`\n"
    #expect((result.errorOutput == hint) == isRefused, "\(result.errorOutput)")
    if isRefused { #expect(result.status == 1) }
  }

  @Test(arguments: ["start.py", "links", "generation.json"]) func aBrokenGenerationStartsWithoutNoise(
    _ missing: String
  ) async throws {
    let bench = try await Bench()
    let home = try await bench.apply([WheelFixture("alpha", files: ["alpha.py": ""])])
    try Files.remove("\(home)/\(missing)")
    #expect(try await bench.output("\(bench.current)/bin/python", ["-c", "print('up')"]) == "up")
  }

  @Test func anotherInterpreterThatLooksInIsLeftAlone() async throws {
    let bench = try await Bench()
    let home = try await bench.apply([WheelFixture("alpha", files: ["alpha.py": ""])])
    let library = "\(home)/lib/python\(bench.interpreter.minorVersion)/site-packages"
    let program = "import site, sys; old = sys.prefix; site.addsitedir(sys.argv[1]); print(sys.prefix == old)"
    #expect(try await bench.output(bench.interpreter.executable, ["-c", program, library]) == "True")
  }
}
