import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("Builds reach our index and nothing else, and are held to their bounds") struct ConfinedBuildTests {
  /// What a build finds when it looks around, as lines of a file.
  private static func spy(_ scenario: Scenario, report: String) -> String {
    """
    import errno, os, socket, urllib.request
    lines = []
    def attempt(name, body):
        try:
            body()
            lines.append(f"{name}: reached")
        except OSError as error:
            lines.append(f"{name}: {errno.errorcode.get(error.errno, error)}")
    def connect(host, port):
        socket.create_connection((host, port), timeout=20).close()
    attempt("another server", lambda: connect("127.0.0.1", \(scenario.index.port)))
    attempt("outside", lambda: connect("192.0.2.1", 80))
    attempt("our index", lambda: urllib.request.urlopen(os.environ["UV_DEFAULT_INDEX"] + "alpha/").read())
    attempt("the host's network", lambda: os.open("/proc/1/ns/net", os.O_RDONLY))
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    lines.append("new rights: " + ("none" if status["NoNewPrivs"].strip() == "1" else "possible"))
    # CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN
    rights = int(status["CapEff"], 16)
    lines.append("rights: " + ("some" if rights & (1 << 12 | 1 << 19 | 1 << 21) else "none"))
    lines.append("home: " + str(os.listdir(os.environ["HOME"])))
    lines.append("secret: " + str(any("T0pSecret" in value for value in os.environ.values())))
    lines.append("date: " + os.environ["SOURCE_DATE_EPOCH"])
    with open(r"\(report)", "w") as target:
        target.write("\\n".join(lines))
    """
  }

  private func report(_ path: String) throws -> [String: String] {
    let lines = String(decoding: try Files.read(path), as: UTF8.self).split(separator: "\n")
    let pairs = lines.compactMap { line in
      line.firstRange(of: ": ").map { (line[..<$0.lowerBound], line[$0.upperBound...]) }
    }
    return Dictionary(pairs.map { (String($0.0), String($0.1)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Both the builds that make wheels and those that the resolver makes to learn what a source archive requires.
  @Test(.enabled(if: Confinement.givesNetworks, "\(Confinement.noNetworks)"))
  func reachOurIndexAlone() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      var link = PythonProject("my-link")
      link.onBuild = Self.spy(scenario, report: "\(scenario.directory)/git.txt")
      _ = try await scenario.repository("link", link)
      var packed = PythonProject("packed")
      packed.isSdist = true
      packed.onBuild = Self.spy(scenario, report: "\(scenario.directory)/sdist.txt")
      try scenario.index.publish(packed)
      try scenario.moduleSet("p: {module: packed, pip_name: packed}")
      try await scenario.succeeds("lock")
      let metadata = try report("\(scenario.directory)/sdist.txt")
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      let said = try await scenario.pinion("apply")
      #expect(said.status == 0 && !said.text.contains("the host's network"), "\(said.text)")
      for (found, date) in [(metadata, "315532800"), (try report("\(scenario.directory)/git.txt"), "1700000000")] {
        #expect(
          found == [
            "another server": "ECONNREFUSED", "outside": "ENETUNREACH", "our index": "reached",
            "the host's network": "EACCES", "new rights": "none", "rights": "none", "home": "[]", "secret": "False",
            "date": date,
          ])
      }
    }
  }

  /// What a host that gives no networks does: it says so where something is built, and refuses where that is asked for.
  @Test(.enabled(if: Confinement.withoutNetworks != nil, "\(Confinement.noNetworks)"))
  func withoutANetworkOfTheirOwn() async throws {
    try await Scenario.with { scenario in
      let words = try #require(Confinement.withoutNetworks)
      func pinion(_ arguments: String...) async throws -> CommandLineTool.Outcome {
        try await CommandLineTool(words[0], environment: scenario.environment, workingDirectory: scenario.project)
          .run(Array(words.dropFirst()) + ["\(TestPaths.products)/pinion"] + arguments)
      }
      try scenario.index.publish(PythonProject("alpha"))
      var link = PythonProject("my-link")
      link.onBuild = Self.spy(scenario, report: "\(scenario.directory)/git.txt")
      _ = try await scenario.repository("link", link)
      let modules = "l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}"
      try scenario.moduleSet(modules, spec: "policy: {builds: isolated}")
      let refused = try await pinion("apply")
      #expect(refused.status == 1 && !Files.exists("\(scenario.directory)/git.txt"))
      try scenario.expectRecorded(refused.errorOutput, named: "error-build-not-isolated")

      // Nothing is built: nothing is said, unless isolation is asked for.
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      let plain = try await pinion("lock")
      #expect(plain.status == 0 && !plain.text.contains("the host's network"), "\(plain.text)")
      try scenario.moduleSet(modules)
      let built = try await pinion("apply")
      #expect(built.status == 0, "\(built.text)")
      #expect(
        built.errorOutput.split(separator: "\n").count { $0.contains("the host's network") } == 1, "\(built.text)")
      let found = try report("\(scenario.directory)/git.txt")
      #expect(found["another server"] == "reached" && found["our index"] == "reached")
      #expect(found["new rights"] == "none" && found["rights"] == "none" && found["secret"] == "False")
    }
  }

  @Test func areHeldToTheirBounds() async throws {
    try await Scenario.with { scenario in
      for (name, code, limits, words) in [
        (
          "hungry", "bytearray(3 << 30)", "{memory: 1GiB}",
          "it needed more than 1GiB, the limit of `policy.buildLimits`"
        ),
        ("slow", "import time; time.sleep(600)", "{deadline: 5s}", "the build did not end within 5s"),
      ] {
        var project = PythonProject(name)
        project.onBuild = code
        _ = try await scenario.repository(name, project)
        try scenario.moduleSet(
          "m: {module: \(name), pip_name: \"\(scenario.gitRequirement(name))\"}",
          spec: "policy: {buildLimits: \(limits)}")
        let text = try await scenario.fails("lock")
        #expect(text.contains(words), "\(text)")
      }
      // The same for what the resolver builds.
      var packed = PythonProject("packed")
      packed.isSdist = true
      packed.onBuild = "bytearray(3 << 30)"
      try scenario.index.publish(packed)
      try scenario.moduleSet("p: {module: packed, pip_name: packed}", spec: "policy: {buildLimits: {memory: 1GiB}}")
      let text = try await scenario.fails("lock")
      #expect(text.contains("it needed more than 1GiB, the limit of `policy.buildLimits`"), "\(text)")
    }
  }

  /// By a back end that writes times of files into its wheels unless it is told another.
  @Test(.enabled(if: BuildBackends.directory != nil, Comment(rawValue: BuildBackends.absence)))
  func giveTheSameBytesForTheSameCommit() async throws {
    let backends = try #require(BuildBackends.directory)
    try await Scenario.with { scenario in
      for name in try Files.list(backends) where name.hasSuffix(".whl") {
        try Files.write(Files.read("\(backends)/\(name)"), to: "\(scenario.index.root)/\(name)")
      }
      let repository = try await GitRepository.create("\(scenario.repositories)/plain.git")
      try await repository.commit([
        "pyproject.toml": """
        [build-system]
        requires = ["setuptools>=77"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "plain"
        version = "1.0"
        [tool.setuptools]
        packages = ["plain"]

        """, "plain/__init__.py": "def run():\n    return 1\n", "plain/tool.py": .executable("print(1)\n"),
      ])
      try scenario.moduleSet("m: {module: plain, pip_name: \"\(scenario.gitRequirement("plain"))\"}")
      var found: [[UInt8]] = []
      for state in ["one", "two"] {
        try await scenario.succeeds("apply", "--state", state)
        let wheels = "\(scenario.project)/\(state)/cache/wheels"
        let keys = try Files.list(wheels)
        try #require(keys.count == 1)
        let path = "\(wheels)/\(keys[0])/plain-1.0-py3-none-any.whl"
        found.append(try Files.read(path))
        let dates = try await scenario.run(
          scenario.tools.plainPython, "-c",
          "import sys, zipfile; print({i.date_time for i in zipfile.ZipFile(sys.argv[1]).infolist()})", path)
        #expect(dates == "{(2023, 11, 14, 22, 13, 20)}\n")
      }
      #expect(found[0] == found[1])
    }
  }
}
