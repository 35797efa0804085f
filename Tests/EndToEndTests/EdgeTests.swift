import FoundationEssentials
import Model
import Platform
import TestSupport
import Testing

@Suite("Requirements and packages of every kind")
struct EdgeTests {
  @Test func severalDistributionsShareOneNamespace() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("org-one", files: ["org/one/__init__.py": "x = 1\n"]),
        PythonProject("org-two", files: ["org/two/__init__.py": "x = 2\n", "org/two/deep/__init__.py": ""]))
      _ = try await scenario.repository("three", PythonProject("org-three", files: ["org/three.py": "x = 3\n"]))
      try scenario.moduleSet(
        """
        one: {module: org.one, pip_name: org-one}
        two: {module: org.two.deep, pip_name: org-two}
        three: {module: org.three, pip_name: "org-three @ \(scenario.gitRequirement("three"))"}
        """)
      try await scenario.succeeds("apply")
      #expect(
        try await scenario.python("import org.one, org.two, org.three as t; print(org.one.x + org.two.x + t.x)")
          == "6\n")
      try scenario.moduleSet("one: {module: org.one, pip_name: org-one}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.tool().run(["exec", "--", "python", "-c", "import org.two"]).status == 1)
    }
  }

  @Test func extrasOfGitModulesAndSeveralModulesOfOneRepository() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("epsilon"), PythonProject("zeta"))
      let repository = try await scenario.repository(
        "mono", PythonProject("part-one", extras: ["fast": ["epsilon"]]), in: "packages/one")
      try await repository.commit(
        try PythonProject("part-two", requires: ["zeta", "part-one"]).tree(in: "packages/two"))
      try scenario.moduleSet(
        """
        one: {module: part_one, pip_name: "part-one[fast] @ \(scenario.gitRequirement("mono", "@main#subdirectory=packages/one"))"}
        two: {module: part_two, pip_name: "\(scenario.gitRequirement("mono", "@main#subdirectory=packages/two"))"}
        again: {module: part_two, pip_name: "\(scenario.gitRequirement("mono", "@main#subdirectory=packages/two"))"}
        """)
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["epsilon==1.0", "part-one==1.0", "part-two==1.0", "zeta==1.0"])
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      try scenario.moduleSet(
        "one: {module: part_one, pip_name: \"\(scenario.gitRequirement("mono", "@main#subdirectory=packages/one"))\"}")
      #expect(try await scenario.succeeds("apply").contains("3 to remove, 1 unchanged"))
    }
  }

  @Test func repositoriesOnDiskAreWrittenRelativeToTheLockfile() async throws {
    try await Scenario.with { scenario in
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.0"))
      try await repository.tag("v1", at: "main")
      try scenario.moduleSet(
        "l: {module: my_link, pip_name: \"git+file://\(scenario.repositories)/link.git@v1\"}")
      try await scenario.succeeds("apply")
      #expect(!(try scenario.lockfile().contains(scenario.directory)))
      #expect(try scenario.lockfile().contains("../git/link.git"))
      #expect(try await scenario.python("import my_link; print(my_link.__version__)") == "1.0\n")
      try Files.remove(scenario.state.root)
      #expect(try await scenario.succeeds("apply", "--locked").contains("1 to install"))
    }
  }

  @Test func variablesMayStandAnywhere() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"))
      let repository = try await scenario.repository("link", PythonProject("my-link", "1.0"))
      try await repository.branch("feature/login", at: "main")
      try scenario.moduleSet(
        """
        a: {module: alpha, pip_name: "${NAME}==${VERSION:-1.0}"}
        l: {module: my_link, pip_name: "git+http://user:${GIT_TOKEN}@${HOST}:\(scenario.git.port)/${REPOSITORY}.git@${BRANCH}"}
        """)
      let variables = ["NAME": "alpha", "HOST": "127.0.0.1", "REPOSITORY": "link", "BRANCH": "feature/login"]
      try await scenario.succeeds("apply", with: variables)
      #expect(try await scenario.installed() == ["alpha==1.0", "my-link==1.0"])
      // Another value is another input.
      let other = variables.merging(["VERSION": "2.0"]) { $1 }
      #expect(try await scenario.fails("apply", "--locked", with: other).contains("does not fit"))
      try await scenario.succeeds("apply", with: other)
      #expect(try await scenario.installed() == ["alpha==2.0", "my-link==1.0"])
    }
  }

  @Test func sourceArchivesAreBuilt() async throws {
    try await Scenario.with { scenario in
      var source = PythonProject("source-only", "1.5", requires: ["beta"])
      source.isSdist = true
      try scenario.index.publish(source, PythonProject("beta"))
      try scenario.moduleSet("s: {module: source_only, pip_name: source-only}")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["beta==1.0", "source-only==1.5"])
      #expect(try scenario.lockfile().contains("source_only-1.5.tar.gz"))
      #expect(try await scenario.succeeds("apply").contains("up to date"))
      try Files.remove(scenario.state.root)
      try await scenario.succeeds("apply", "--locked")
      #expect(try await scenario.python("import source_only; print(source_only.run())") == "1.5\n")
    }
  }

  @Test func anOverrideForAnotherPythonTakesNobodysPlace() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}", spec: "overrides: ['alpha==1.0 ; python_version < \"3\"']")
      try await scenario.succeeds("apply")
      #expect(try await scenario.installed() == ["alpha==2.0"])
      #expect(try await scenario.succeeds("apply").contains("up to date"))
    }
  }

  @Test func aDependencyByDirectReferenceIsAClearError() async throws {
    try await Scenario.with { scenario in
      _ = try await scenario.repository("inner", PythonProject("inner"))
      _ = try await scenario.repository(
        "link", PythonProject("my-link", requires: ["inner @ git+http://127.0.0.1:\(scenario.git.port)/inner.git"]))
      try scenario.moduleSet("l: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}")
      let text = try await scenario.fails("apply")
      #expect(text.contains("inner"))
    }
  }

  @Test func aDamagedLockfileIsSaidToBeSo() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("apply")
      let good = try scenario.lockfile()
      let damages = [
        ("conflict", "<<<<<<< HEAD\n\(good)=======\n\(good)>>>>>>> branch\n"),
        ("cut", String(good[..<(good.firstRange(of: "{ sha256")?.lowerBound ?? good.endIndex)])),
        ("empty", ""), ("foreign", "lock-version = \"1.0\"\ncreated-by = \"uv\"\npackages = []\n"),
        ("newer", good.replacing("lock-version = \"1.0\"", with: "lock-version = \"2.0\"")),
      ]
      for (name, text) in damages {
        try scenario.write(text, to: "pylock.demo.toml")
        let said = try await scenario.fails("apply", "--locked")
        try scenario.expectRecorded(said, named: "error-lockfile-\(name)")
      }
      // A hash that is not the file's stops everything.
      try Files.remove(scenario.state.root)
      let digest = try #require(good.firstMatch(of: /sha256 = "([0-9a-f]{64})"/)?.1)
      try scenario.write(good.replacing(digest, with: String(repeating: "0", count: 64)), to: "pylock.demo.toml")
      #expect(try await scenario.fails("apply", "--locked").contains("is not the file that the lockfile names"))
      #expect(scenario.current() == nil)
    }
  }

  /// What is wrong with the state directory, and can be made again.
  static let damages: [(String, @Sendable (StateDirectory) throws -> Void)] = [
    ("the record is cut", { try Files.write("{", to: "\($0.generation("demo", 1))/generation.json") }),
    ("the record is gone", { try Files.remove("\($0.generation("demo", 1))/generation.json") }),
    ("the generation is gone", { try Files.remove($0.generation("demo", 1)) }),
    ("the generations are gone", { try Files.remove($0.generations("demo")) }),
    ("current is gone", { try Files.remove($0.current("demo")) }),
    ("current leads nowhere", { try Files.replaceLink($0.current("demo"), to: "generations/7") }),
    ("the caches are gone", { for path in [$0.cache, $0.git, $0.store] { try Files.remove(path) } }),
    (
      "a store record is cut",
      { state in
        for key in try Files.list(state.store) { try Files.write("{", to: "\(state.storeEntry(key))/record.json") }
      }
    ),
    ("staging is full", { try Files.write("x", to: "\($0.staging)/left/behind") }),
    (
      "an unfinished generation stands there",
      {
        try Files.makeDirectory("\($0.generation("demo", 2))/links")
        try Files.replaceLink($0.current("demo"), to: "generations/1")
      }
    ),
  ]

  @Test(arguments: damages.indices) func aDamagedStateDirectoryIsMended(_ number: Int) async throws {
    let (title, happen) = Self.damages[number]
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("apply")
      try Files.makeDirectory("\(scenario.state.staging)/left")
      try happen(scenario.state)
      _ = try await scenario.tool().run(["status"])
      try await scenario.succeeds("apply", "--deep")
      #expect(try await scenario.python("import alpha; print(alpha.run())") == "1.0\n", "\(title)")
      #expect(try await scenario.pinion("verify", "--deep").status == 0, "\(title)")
      #expect(try await scenario.succeeds("apply").contains("up to date"), "\(title)")
    }
  }

  @Test func theStateDirectoryIsBesideTheManifestUnlessSaidOtherwise() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}", file: "deep/down/pinion.yaml")
      try await scenario.succeeds("apply", "-f", "deep/../deep/down/pinion.yaml")
      #expect(Files.exists("\(scenario.project)/deep/down/.pinion/environments/demo/current/bin/python"))
      #expect(Files.exists("\(scenario.project)/deep/down/pylock.demo.toml"))
      #expect(Files.exists("\(scenario.project)/deep/down/.pinion/.gitignore"))
      #expect(!Files.exists(scenario.state.root))
      try await scenario.succeeds("apply", "--locked", "-f", "deep/down", with: ["PINION_STATE": "elsewhere"])
      #expect(Files.exists("\(scenario.project)/elsewhere/environments/demo/current"))
      try await scenario.succeeds("apply", "--locked", "-f", "deep/down", "--state", "third")
      #expect(
        try await scenario.succeeds("exec", "--state", "third", "--", "python", "-c", "import alpha") == "")
      let outcome = try await scenario.pinion("status", "-f", "deep/down/pinion.yaml", "--format", "json")
      #expect(outcome.output.contains("deep/down/.pinion/environments/demo/generations/1"))
    }
  }

  @Test func aProjectMayBeMoved() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", scripts: ["alpha-run": "alpha:main"]))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha}")
      try await scenario.succeeds("apply")
      try Files.rename(scenario.project, to: "\(scenario.directory)/elsewhere")
      let script = "\(scenario.directory)/elsewhere/.pinion/environments/demo/current/bin/alpha-run"
      #expect(try await scenario.run(script, in: scenario.directory) == "1.0\n")
    }
  }

  /// Interpreters besides the usual one, where PATH or `PINION_TEST_PYTHONS` has them.
  static let otherPythons = PythonTools.otherInterpreters()

  @Test(arguments: otherPythons) func otherInterpretersWillDo(_ python: String) async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(
        PythonProject("alpha", requires: ["beta ; python_version >= '3.9'"], scripts: ["alpha-run": "alpha:main"]),
        PythonProject("beta"))
      _ = try await scenario.repository("link", PythonProject("my-link"))
      try scenario.moduleSet(
        "a: {module: alpha, pip_name: alpha}\nl: {module: my_link, pip_name: \"\(scenario.gitRequirement("link"))\"}",
        spec: "python: \(python)\nblockInstalls: true")
      try await scenario.succeeds("apply")
      #expect(try await scenario.succeeds("exec", "--", "alpha-run") == "1.0\n")
      #expect(
        try await scenario.python("import sys, beta, my_link; print(sys.prefix)")
          == "\(scenario.state.generation("demo", 1))\n")
      #expect(try await scenario.pinion("verify", "--deep").status == 0)
      #expect(try await scenario.tool().run(["exec", "--", "python", "-m", "pip", "install", "x"]).status == 1)
    }
  }
}
