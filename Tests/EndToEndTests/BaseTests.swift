import Model
import Platform
import TestSupport
import Testing

@Suite("An application with an environment of its own")
struct BaseTests {
  /// A server as the vCon Server is: a venv without pip as the base, its own code on PYTHONPATH, links of its own.
  private static func withServer(_ test: (Scenario) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"),
        PythonProject(
          "my-link", "1.0", requires: ["base-package>=1", "alpha"],
          files: [
            "my_link/__init__.py": "",
            "my_link/main.py":
              "from lib.logging_utils import init_logger\nimport base_package, alpha\nlogger = init_logger(__name__)\n"
              + PythonProject.module("1.0"),
            "my_link/later.py": PythonProject.module("later 1.0"),
          ]),
        // What the index has under the base's name is of no interest.
        PythonProject("base-package", "7.0"))
      let base = "\(scenario.project)/base"
      try await scenario.run(scenario.tools.plainPython, "-m", "venv", "--without-pip", base)
      let sites = try await scenario.run(
        "\(base)/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
      try Files.makeDirectory("\(sites)/base_package-1.5+local.dist-info")
      try Files.write(
        "Metadata-Version: 2.1\nName: base-package\nVersion: 1.5+local\n",
        to: "\(sites)/base_package-1.5+local.dist-info/METADATA")
      try Files.write(
        "[console_scripts]\nbase-run = base_package:main\n",
        to: "\(sites)/base_package-1.5+local.dist-info/entry_points.txt")
      try Files.write(PythonProject.module("from the base"), to: "\(sites)/base_package.py")
      try Files.write(
        "#!\(base)/bin/python\nimport base_package, my_link.main\nbase_package.main()\n", to: "\(base)/bin/base-run",
        mode: 0o755)
      try scenario.write(
        "import logging\n\ndef init_logger(name):\n    return logging.getLogger(name)\n", to: "app/lib/logging_utils.py"
      )
      try scenario.write("from lib.logging_utils import init_logger\n", to: "app/links/transcribe/__init__.py")
      try scenario.write(main, to: "app/main.py")
      try scenario.write(config(alpha: "alpha==1.0"), to: "config.yml")
      try await test(scenario)
    }
  }

  private static func config(alpha: String) -> String {
    """
    pinion: {name: demo, base: base, pythonPath: [app]}
    imports:
      helper: {module: alpha, pip_name: "\(alpha)"}
    links:
      transcribe: {module: links.transcribe}
      my_link: {module: my_link.main, pip_name: my-link, expects: [run], options: {any: thing}}

    """
  }

  /// Says what it runs on, waits to be told, and looks again: itself, a subprocess, and a child of a fork.
  private static let main = """
    import importlib, os, subprocess, sys, time
    import my_link.main

    look = "import sys, alpha; print(sys.prefix, alpha.__version__)"

    def say(what):
        print(what, flush=True)

    import alpha
    say(f"{sys.prefix} {alpha.__version__}")
    say("ready")
    deadline = time.monotonic() + 120
    while not os.path.exists(sys.argv[1]):
        if time.monotonic() > deadline:
            sys.exit("nobody said go")
        time.sleep(0.02)
    from my_link import later
    say(later.__file__)
    say(subprocess.run([sys.executable, "-c", look], capture_output=True, text=True).stdout.strip())
    say(subprocess.run(["python", "-c", look], capture_output=True, text=True).stdout.strip())
    import multiprocessing
    multiprocessing.set_start_method("spawn")
    process = subprocess.run([sys.executable, "-m", "alpha"], capture_output=True, text=True)
    say("No module named alpha.__main__" in process.stderr)

    """

  @Test func aLinkImportsTheServersOwnCodeAndTheBaseStaysAsItIs() async throws {
    try await Self.withServer { scenario in
      let before = try TreeDigest.of("\(scenario.project)/base")
      let text = try await scenario.succeeds("apply")
      #expect(text.contains("Plan: 2 to install"))
      let lockfile = try scenario.lockfile()
      #expect(lockfile.contains("[[tool.pinion.base]]"))
      #expect(!lockfile.contains("base_package-"))
      // Who needs what the base has is in no lockfile, and said all the same.
      let explained = try await scenario.succeeds("explain", "base-package")
      #expect(explained.contains(/asked for by\n +links\.my_link .*, by way of my-link\n/), "\(explained)")
      #expect(explained.contains("my-link 1.0: >=1"), "\(explained)")
      let program = "import my_link.main, base_package, links.transcribe; print(base_package.run())"
      #expect(try await scenario.python(program) == "from the base\n")
      #expect(try await scenario.succeeds("exec", "--", "base-run") == "from the base\n")
      let after = try TreeDigest.of("\(scenario.project)/base")
      #expect(before.difference(from: after) == [])
      #expect(try await scenario.succeeds("apply").contains("up to date"))
    }
  }

  @Test func whatAnExtraOfTheBaseBringsIsThereForTheModuleThatAsks() async throws {
    try await Self.withServer { scenario in
      try scenario.index.publish(PythonProject("gamma", "1.0"))
      let sites = try await scenario.run(
        "\(scenario.project)/base/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
      // An extra of the base's delta asks for the base's epsilon with an extra of its own, which asks for gamma.
      for (name, text) in [
        ("delta", "Provides-Extra: fast\nRequires-Dist: epsilon[quick]; extra == 'fast'\n"),
        ("epsilon", "Provides-Extra: quick\nRequires-Dist: gamma>=1; extra == 'quick'\n"),
      ] {
        try Files.makeDirectory("\(sites)/\(name)-1.0.dist-info")
        try Files.write(
          "Metadata-Version: 2.1\nName: \(name)\nVersion: 1.0\n\(text)", to: "\(sites)/\(name)-1.0.dist-info/METADATA")
        try Files.write(PythonProject.module("1.0"), to: "\(sites)/\(name).py")
      }
      try scenario.write(
        "pinion: {name: demo, base: base}\nlinks:\n  quick: {module: delta, pip_name: \"delta[fast]\"}\n",
        to: "config.yml")
      let text = try await scenario.succeeds("apply")
      #expect(text.contains(/\+ gamma +1\.0 +for links\.quick/), "it said:\n\(text)")
      #expect(try await scenario.python("import delta, gamma; print(gamma.__version__)") == "1.0\n")
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      // Back and forth through the file, the reason is kept.
      try Files.remove(scenario.state.root)
      #expect(try await scenario.succeeds("plan", "--locked").contains(/\+ gamma +1\.0 +for links\.quick/))
    }
  }

  @Test func whatContradictsTheBaseIsAConflict() async throws {
    try await Self.withServer { scenario in
      let place = "http://127.0.0.1:\(scenario.git.port)"
      let own = try await scenario.repository("base-package", PythonProject("base-package", "2.0"))
      _ = try await scenario.repository(
        "brings", PythonProject("brings", requires: ["base-package @ git+\(place)/base-package.git"]))
      try scenario.index.publish(PythonProject("wants", requires: ["base-package>=2"]))
      func declare(_ modules: (String, String)..., more: String = "") throws {
        let lines = modules.map { "  \($0.0): {module: \($0.0), pip_name: \"\($0.1)\"}\n" }.joined()
        try scenario.write("pinion: {name: demo, base: base\(more)}\nlinks:\n\(lines)", to: "config.yml")
      }
      let brings = ("brings", scenario.gitRequirement("brings"))
      // What is brought along stays out of the base's way, and what others ask for is held to the base.
      try declare(brings)
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed().contains("brings==1.0"))
      try declare(brings, ("wants", "wants"))
      let text = try await scenario.fails("lock")
      #expect(
        text.contains("links.wants (config.yml:4:3) needs base-package>=2, by way of wants 1.0"), "it said:\n\(text)")
      #expect(text.contains("the base has base-package 1.5+local, which stays"))
      // A declared reference is of the base's version, or contradicts it.
      try declare(("base_package", scenario.gitRequirement("base-package")))
      let declared = try await scenario.fails("lock")
      #expect(declared.contains("which is base-package 2.0"), "it said:\n\(declared)")
      #expect(declared.contains("the base has base-package 1.5+local, which stays"))
      try await own.commit(try PythonProject("base-package", "1.5+local").tree())
      try await scenario.succeeds("lock")

      // What an override says is what is needed of the base.
      try declare(("wants", "wants"), more: ", overrides: [\"base-package<2\"]")
      try await scenario.succeeds("apply")
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      #expect(try scenario.lockfile().contains("needs = \"<2\""))
    }
  }

  @Test func anotherBaseIsNoErrorUnlessSomethingNeededIsMissing() async throws {
    try await Self.withServer { scenario in
      try await scenario.succeeds("apply")
      let sites = try await scenario.run(
        "\(scenario.project)/base/bin/python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
      try Files.rename("\(sites)/base_package-1.5+local.dist-info", to: "\(sites)/base_package-1.6.dist-info")
      try Files.write(
        "Metadata-Version: 2.1\nName: base-package\nVersion: 1.6\n", to: "\(sites)/base_package-1.6.dist-info/METADATA")
      try await scenario.succeeds("apply", "--locked")
      try Files.remove("\(sites)/base_package-1.6.dist-info")
      #expect(try await scenario.fails("apply", "--locked").contains("the base lacks base-package"))
      // Without --locked the lock is made anew: what the base lost comes from the index.
      #expect(try await scenario.pinion("lock", "--check").status == 2)
      #expect(try await scenario.succeeds("apply").contains("+ base-package"))
      #expect(try await scenario.succeeds("apply").contains("up to date"))
    }
  }

  @Test func verificationWritesNothingIntoBaseAndApplication() async throws {
    try await Self.withServer { scenario in
      try await scenario.run("/usr/bin/find", scenario.project, "-name", "__pycache__", "-exec", "rm", "-r", "{}", "+")
      try await scenario.succeeds("apply")
      let found = try await scenario.run("/usr/bin/find", scenario.project, "-name", "*.pyc")
      let places = found.split(separator: "\n").map { $0.dropFirst(scenario.project.count + 1) }
      // What modules of the store come to when they are imported is kept there, and nowhere else.
      #expect(places.contains { $0.contains("/my_link/") })
      #expect(places.allSatisfy { $0.hasPrefix(".pinion/") }, "\(places)")
    }
  }

  @Test func aRunningServerKeepsToItsGeneration() async throws {
    try await Self.withServer { scenario in
      try await scenario.succeeds("apply")
      let current = scenario.state.current("demo")
      let go = "\(scenario.directory)/go"
      let server = try CommandLineTool(
        "\(current)/bin/python",
        environment: scenario.environment.merging(
          ["PYTHONPATH": "\(scenario.project)/app", "PATH": "\(current)/bin:/usr/bin:/bin", "VIRTUAL_ENV": current]
        ) { $1 }, workingDirectory: "\(scenario.project)/app"
      ).start(["\(scenario.project)/app/main.py", go])
      try await server.waitUntilOutputHas("ready")

      try scenario.write(Self.config(alpha: "alpha==2.0"), to: "config.yml")
      try await scenario.succeeds("apply")
      #expect(scenario.current() == "generations/2")
      try Files.write("", to: go)
      let outcome = try await server.outcome()
      let first = scenario.state.generation("demo", 1)
      let lines = outcome.output.split(separator: "\n").map(String.init)
      #expect(
        lines == [
          "\(first) 1.0", "ready", "\(first)/links/my_link/later.py", "\(first) 1.0", "\(first) 1.0", "True",
        ], "it said:\n\(outcome.text)")
      #expect(
        try await scenario.python("import sys, alpha; print(sys.prefix, alpha.__version__)")
          == "\(scenario.state.generation("demo", 2)) 2.0\n")
    }
  }

  @Test func theServersOwnInstallIsRefusedWithAHint() async throws {
    try await Self.withServer { scenario in
      try await scenario.succeeds("apply")
      for command in [
        ["python", "-m", "pip", "install", "alpha==2.0"], ["python", "-mpip", "uninstall", "-y", "alpha"],
      ] {
        let outcome = try await scenario.tool().run(["exec", "--"] + command)
        #expect(outcome.status != 0)
        #expect(outcome.errorOutput.lowercased().contains("pinion"), "it said:\n\(outcome.text)")
      }
      #expect(try await scenario.pinion("verify").status == 0)
    }
  }
}
