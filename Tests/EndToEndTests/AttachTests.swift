import FoundationEssentials
import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("attach and detach")
struct AttachTests {
  /// An application's own environment with `server` in it, and a module that is declared.
  private static func withBase(_ test: (Scenario, _ base: String, _ site: String) async throws -> Void) async throws {
    try await Scenario.with { scenario in
      let base = "\(scenario.directory)/app venv"
      try await scenario.run(scenario.tools.plainPython, "-m", "venv", "--without-pip", base)
      let library = try #require(try Files.list("\(base)/lib").first)
      let site = "\(base)/lib/\(library)/site-packages"
      try Files.write("VERSION = 'of the application'\n", to: "\(site)/server.py")
      try scenario.index.publish(
        PythonProject("alpha", "1.0", requires: ["beta"]), PythonProject("alpha", "2.0", requires: ["beta"]),
        PythonProject("beta"))
      try Self.declare("1.0", scenario, base)
      try await scenario.succeeds("apply")
      try await test(scenario, base, site)
    }
  }

  private static func declare(_ version: String, _ scenario: Scenario, _ base: String) throws {
    try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(version)}", spec: "base: \"\(base)\"")
  }

  private static let show = "import alpha, beta, server, sys; print(alpha.__version__, server.VERSION, sys.prefix)"

  @Test func theApplicationSeesTheModulesAndNothingElseIsWritten() async throws {
    try await Self.withBase { scenario, base, site in
      let python = "\(base)/bin/python"
      let before = try TreeDigest.of(base) { !$0.contains("__pycache__") }
      #expect(try await scenario.succeeds("detach").contains("was not attached"))
      let text = try await scenario.succeeds("attach")
      try scenario.expectRecorded(text, named: "attach")
      let file = "\(site)/000-pinion-attach.pth"
      let after = try TreeDigest.of(base) { !$0.contains("__pycache__") }
      #expect(before.difference(from: after) == [String(file.dropFirst(base.count))])
      #expect(try await scenario.run(python, "-c", Self.show) == "1.0 of the application \(base)\n")
      // Installed distributions are seen by name, too.
      let versions = "from importlib.metadata import version; print(version('alpha'), version('beta'))"
      #expect(try await scenario.run(python, "-c", versions) == "1.0 1.0\n")
      try scenario.expectRecorded(try await scenario.succeeds("attach"), named: "attach-again")
      #expect(try await scenario.pinion("verify").status == 0)
      // The file is no reason for anything.
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      #expect(try await scenario.succeeds("apply", "--locked").contains("up to date"))
      try await scenario.succeeds("lock", "--upgrade")
      #expect(try await scenario.succeeds("plan", "--locked").contains("up to date"))
      // A generation with that base is not shown to itself.
      let paths = try await scenario.python("import sys; print([p for p in sys.path if 'links' in p])")
      #expect(paths.contains("generations/1/links'") && paths.split(separator: ",").count == 1, "\(paths)")

      try scenario.expectRecorded(try await scenario.succeeds("detach"), named: "detach")
      #expect(try TreeDigest.of(base) { !$0.contains("__pycache__") }.difference(from: before) == [])
      #expect(try await scenario.succeeds("detach").contains("was not attached"))
      #expect(try await scenario.succeeds("attach", "--format", "json").contains("\"changed\" : true"))
      #expect(try await scenario.succeeds("detach", "--format", "json").contains("\"attached\" : false"))
    }
  }

  #if DEBUG
    @Test(arguments: ["attach", "detach"]) func whereverItBreaksTheNextOneGoesThrough(_ command: String) async throws {
      try await Self.withBase { scenario, base, site in
        let host = FaultHost(scenario)
        let names = (try host.names(), try Files.list(site))
        /// Runs it, from where it has something to do.
        func attempt(_ fault: String) async throws -> Int32 {
          if command == "detach" { try await scenario.succeeds("attach") }
          return try await host.run([command], fault: fault).status
        }
        let list = "\(scenario.directory)/changes"
        #expect(try await attempt("list:\(list)") == 0)
        try await scenario.succeeds("detach")
        let count = String(decoding: try Files.read(list), as: UTF8.self).split(separator: "\n").count
        #expect(count > 3)
        for number in 1...count {
          for fault in ["kill", ["ENOSPC", "EIO", "EACCES", "EROFS"][number % 4]] {
            let status = try await attempt("\(number):\(fault)")
            #expect(fault == "kill" ? status == 128 + SIGKILL : [0, 1].contains(status))
            // Whatever is left, the application starts, and its own modules are there.
            try await scenario.run("\(base)/bin/python", "-c", "import server")
            try await scenario.succeeds(command)
            #expect(try await scenario.pinion("verify").status == 0)
            let seen = try await scenario.run(
              "\(base)/bin/python", "-c", "import importlib.util; print(importlib.util.find_spec('alpha') is not None)")
            #expect(seen == (command == "attach" ? "True\n" : "False\n"), "\(number):\(fault)")
            try await scenario.succeeds("detach")
            #expect(try host.names() == names.0, "\(number):\(fault)")
            #expect(try Files.list(site).filter { $0 != "__pycache__" } == names.1, "\(number):\(fault)")
          }
        }
      }
    }
  #endif

  private static let application = """
    import json, multiprocessing, os, subprocess, sys, time

    SHOW = "import sys, alpha; print(alpha.__version__, sys.prefix)"

    def child(queue):
        import alpha
        queue.put(alpha.__version__)

    if __name__ == "__main__":
        print("up", flush=True)
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.01)
        import alpha
        found = {"own": alpha.__version__}
        found["subprocess"] = subprocess.check_output([sys.executable, "-c", SHOW], text=True).split()[0]
        found["shell"] = subprocess.check_output(["/bin/sh", "-c", f'"{sys.executable}" -c "{SHOW}"'], text=True).split()[0]
        for method in ["fork", "spawn", "forkserver"]:
            context = multiprocessing.get_context(method)
            queue = context.Queue()
            process = context.Process(target=child, args=(queue,))
            process.start()
            found[method] = queue.get()
            process.join()
        print(json.dumps(found, sort_keys=True))
    """

  @Test func aProcessKeepsToItsGenerationAcrossASwitchAndACollection() async throws {
    try await Self.withBase { scenario, base, _ in
      try await scenario.succeeds("attach")
      let python = "\(base)/bin/python"
      try scenario.write(Self.application, to: "app.py")
      let tool = CommandLineTool(python, environment: scenario.environment, workingDirectory: scenario.project)
      let go = "\(scenario.directory)/go"
      let running = try tool.start(["app.py", go])
      try await running.waitUntilOutputHas("up")
      try Self.declare("2.0", scenario, base)
      try await scenario.succeeds("apply")
      try await scenario.run("/usr/bin/touch", "-h", "-d", "-1 hour", scenario.state.current("demo"))
      let collected = try await scenario.succeeds("gc", "--keep", "0")
      #expect(collected.contains("1 (used by a process)"), "\(collected)")
      #expect(try await scenario.run(python, "-c", Self.show).hasPrefix("2.0 of the application"))
      try Files.write("", to: go)
      let outcome = try await running.outcome()
      let expected = ["fork", "forkserver", "own", "shell", "spawn", "subprocess"].map { "\"\($0)\": \"1.0\"" }
      #expect(outcome.output == "up\n{\(expected.joined(separator: ", "))}\n", "\(outcome.text)")
      #expect(outcome.errorOutput == "")
      // The helpers of multiprocessing end a moment after the application.
      var text = ""
      for _ in 0..<500 where !text.contains("generation 1 removed") {
        text = try await scenario.succeeds("gc", "--keep", "0")
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(text.contains("generation 1 removed"), "\(text)")
      // What a parent held and is gone is no reason to fail.
      let gone = ["PINION_GENERATION": scenario.state.generation("demo", 1)]
      #expect(try await scenario.run(python, "-c", Self.show, with: gone).hasPrefix("2.0"))
      try await scenario.succeeds("rollback", "--to", "2")
      #expect(try await scenario.run(python, "-c", Self.show).hasPrefix("2.0"))
    }
  }

  @Test func whatHappensToTheFileIsSeen() async throws {
    try await Self.withBase { scenario, base, site in
      try await scenario.succeeds("attach")
      let file = "\(site)/000-pinion-attach.pth"
      let good = try Files.read(file)
      try Files.remove(file)
      let gone = try await scenario.pinion("verify")
      #expect(gone.status == 2)
      try scenario.expectRecorded(gone.text, named: "verify-attachment-gone")
      try Files.write("import nonsense\n", to: file)
      let changed = try await scenario.pinion("verify", "--deep")
      #expect(changed.status == 2 && changed.output.contains("changed \(file)"), "\(changed.text)")
      // No generation heals that, and none is built for it.
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      try await scenario.succeeds("attach")
      #expect(try Files.read(file) == good)
      #expect(try await scenario.pinion("verify").status == 0)
      // Whatever becomes of the state directory, the application starts.
      try Files.rename(scenario.state.root, to: "\(scenario.project)/moved")
      #expect(try await scenario.run("\(base)/bin/python", "-c", "import server; print('up')") == "up\n")
      try Files.rename("\(scenario.project)/moved", to: scenario.state.root)
      // One that is changed goes as well.
      try Files.write("import nonsense\n", to: file)
      #expect(try await scenario.succeeds("detach").contains("is gone"))
      #expect(!Files.exists(file))
    }
  }

  @Test func whatCannotBeAttachedIsRefused() async throws {
    try await Self.withBase { scenario, base, site in
      var text = ""
      func refused(_ title: String, _ arguments: [String]) async throws {
        let outcome = try await scenario.tool().run(arguments)
        #expect(outcome.status == 1, "\(outcome.text)")
        text += "# \(title)\n\(outcome.text)\n"
      }
      try await scenario.succeeds("attach")
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha==2.0}", spec: "base: \"\(base)\"", name: "other", file: "other.yaml")
      try await scenario.succeeds("apply", "-f", "other.yaml")
      try await refused("another is attached there", ["attach", "--environment", "other"])
      #expect(try await scenario.succeeds("detach", "--environment", "other").contains("was not attached"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==2.0}", name: "bare", file: "bare.yaml")
      try await scenario.succeeds("apply", "-f", "bare.yaml")
      try await refused("there is no base", ["attach", "--environment", "bare"])
      // The base of this one moves on while it is attached.
      let second = "\(scenario.directory)/second venv"
      try await scenario.run(scenario.tools.plainPython, "-m", "venv", "--without-pip", second)
      try Self.declare("1.0", scenario, second)
      try await scenario.succeeds("apply")
      try await refused("the base is another by now", ["attach", "--environment", "demo"])
      try Files.remove("\(second)/pyvenv.cfg")
      try await scenario.succeeds("detach", "--environment", "demo")
      #expect(!Files.exists("\(site)/000-pinion-attach.pth"))
      try await refused("the base is no virtual environment", ["attach", "--environment", "demo"])
      try Files.makeDirectory(scenario.state.environment("fresh"))
      try await refused("nothing was applied", ["attach", "--environment", "fresh"])
      try scenario.expectRecorded(text, named: "complaints-attach")
      // Where another took the place, the file is not this one's to take away.
      try await scenario.succeeds("attach", "--environment", "other")
      try Files.write(
        try Files.read(scenario.state.attachment("other")), to: scenario.state.attachment("bare"))
      try await scenario.succeeds("detach", "--environment", "bare")
      #expect(Files.exists("\(site)/000-pinion-attach.pth"))
    }
  }
}
