import Glibc
import Manifests
import Model
import Testing

@Suite struct IncludeTests {
  private func set(_ name: String, _ spec: String) -> String { moduleSet(spec, name: name) }

  @Test func joinsModulesAndLists() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": set(
        "main",
        """
        include: [other.yaml, "conf.d/*.yml", sub/config.yml]
        provided: ["own.*"]
        constraints: [a<2]
        modules: {first: {module: first, pip_name: first==1}}
        """),
      "other.yaml": set("other", "pythonPath: [lib]\nmodules: {second: {module: second, pip_name: second==1}}"),
      "conf.d/b.yml": set("b", "constraints: [b<2]\nmodules: {b: {module: b, pip_name: b==1}}"),
      "conf.d/a.yml": set("a", "indexes: [{name: i, url: https://i.example.com}]"),
      "conf.d/.hidden.yml": "nonsense: [",
      "sub/config.yml": "pinion: {name: vcon, include: [deep.yaml]}\nlinks: {tag: {module: links.tag}}",
      "sub/deep.yaml": set("deep", "base: venv\nmodules: {deep: {module: deep, pip_name: deep==1}}"),
    ])
    let loaded = try fixture.load()
    #expect(loaded.environments.map(\.name) == ["main"])
    let environment = try #require(loaded.environments.first)
    #expect(
      environment.modules.map(\.label) == [
        "modules.first", "modules.second", "modules.b", "links.tag", "modules.deep",
      ])
    #expect(environment.modules[4].location == SourceLocation(file: "sub/deep.yaml", line: 6, column: 13))
    #expect(environment.provided == ["own.*", "links.*", "storage.*", "tracers.*"])
    #expect(environment.pythonPath == ["\(fixture.directory)/lib"])
    #expect(environment.constraints.map(\.description) == ["a<2", "b<2"])
    #expect(environment.indexes.map(\.name) == ["i"])
    #expect(environment.base == "\(fixture.directory)/sub/venv")
    #expect(environment.lockfile == "\(fixture.directory)/pylock.main.toml")
    #expect(!environment.blockInstalls && environment.impliedPackages == .deny)
    let names = ["other.yaml", "conf.d/a.yml", "conf.d/b.yml", "sub/config.yml", "sub/deep.yaml"]
    #expect(environment.include == names.map { "\(fixture.directory)/\($0)" })
    #expect(loaded.files == ["pinion.yaml"] + names)
  }

  @Test func includedFilesOfADirectoryAreNoEnvironments() throws {
    let fixture = try ManifestFixture([
      "manifests/a.yaml": set("a", "modules: {x: {module: x, pip_name: x==1}}"),
      "manifests/b.yaml": set("b", "include: [a.yaml]"),
      "manifests/c.yaml": set("c", "include: [./a.yaml]\nmodules: {y: {module: y, pip_name: y==1}}"),
    ])
    let environments = try fixture.load().environments
    #expect(environments.map(\.name) == ["b", "c"])
    #expect(environments.map { $0.modules.map(\.name) } == [["x"], ["y", "x"]])
  }

  @Test func aFileThatFitsItsOwnPatternIsPassedOver() throws {
    let fixture = try ManifestFixture([
      "a.yaml": set("a", "include: [\"*.yaml\"]"), "b.yaml": set("b", "modules: {x: {module: x, pip_name: x==1}}"),
    ])
    let environment = try #require(try fixture.load("a.yaml").environments.first)
    #expect(environment.modules.map(\.name) == ["x"])
  }

  /// Each document of a file is an environment with includes of its own; those of an included file join as one.
  @Test func documentsHaveIncludesOfTheirOwn() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": set("one", "include: [x.yaml]\nmodules: {a: {module: a, pip_name: a==1}}") + "---\n"
        + set("two", "include: [y.yaml]\nmodules: {b: {module: b, pip_name: b==1}}"),
      "x.yaml": set("x", "modules: {x: {module: x, pip_name: x==1}}") + "---\n" + set("xx", "include: [z.yaml]"),
      "y.yaml": set("y", "modules: {y: {module: y, pip_name: y==1}}"),
      "z.yaml": set("z", "modules: {z: {module: z, pip_name: z==1}}"),
    ])
    let environments = try fixture.load().environments
    #expect(environments.map { $0.modules.map(\.name) } == [["a", "x", "z"], ["b", "y"]])
    #expect(environments.map { $0.include.map(\.lastPathComponent) } == [["x.yaml", "z.yaml"], ["y.yaml"]])
  }

  /// A mounted ConfigMap: every file is a link into a directory of another name.
  @Test func pathsStartWhereTheFileIsNamed() throws {
    let fixture = try ManifestFixture([
      "real/main.yaml": set("main", "include: [other.yaml]\nmodules: {p: {module: p, pip_name: ./proj}}"),
      "named/other.yaml": set("other", "modules: {o: {module: o, pip_name: o==1}}"),
    ])
    try #require(symlink("../real/main.yaml", "\(fixture.directory)/named/main.yaml") == 0)
    let environment = try #require(try fixture.load("named/main.yaml").environments.first)
    #expect(environment.modules.map(\.name) == ["p", "o"])
    guard case .directory(let directory)? = environment.modules[0].requirement.read else {
      Issue.record("no directory")
      return
    }
    #expect(directory.path == "\(fixture.directory)/named/proj")
  }

  @Test func patternsMayGoAnyDeep() throws {
    let names = ["d/one.yaml", "d/a/two.yaml", "d/a/b/three.yaml", "d/.git/four.yaml", "d/a/five.txt"]
    var files = Dictionary(
      uniqueKeysWithValues: names.enumerated().map { ($1, set("n\($0)", "modules: {m\($0): {module: m\($0)}}")) })
    files["pinion.yaml"] = set("main", "include: [\"d/**/*.yaml\"]")
    let fixture = try ManifestFixture(files)
    #expect(try fixture.load().environments.first?.modules.map(\.name) == ["m0", "m1", "m2"])
  }

  /// The file that an include names may be anybody's: what is no manifest is not shown.
  @Test(arguments: ["sk-T0PSECRET", "abc: T0PSECRET: x", "T0PSECRET: {", "- T0PSECRET\n- \"x"])
  func whatIsNoManifestIsNotShown(content: String) throws {
    let fixture = try ManifestFixture(["pinion.yaml": set("main", "include: [token]"), "token": content])
    let said = fixture.complaints()
    #expect(said.hasPrefix("error manifest") && said.contains("at token:") && !said.contains("T0PSECRET"), "\(said)")
  }

  @Test func linksOfIncludedConfigsMayBeLeftOutToo() throws {
    let config = "links: {used: {module: u}, unused: {module: v}}\nchains: {c: {links: [used]}}\n"
    let fixture = try ManifestFixture([
      "pinion.yaml": set("main", "onlyUsed: true\ninclude: [config.yml]"), "config.yml": config,
    ])
    #expect(try fixture.load().environments.first?.modules.map(\.name) == ["used"])
  }

  /// Two ways to one file: it joins once.
  @Test func diamondsJoinOnce() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": set("main", "include: [l.yaml, r.yaml]"), "l.yaml": set("l", "include: [end.yaml]"),
      "r.yaml": set("r", "include: [end.yaml]"), "end.yaml": set("e", "modules: {x: {module: x, pip_name: x==1}}"),
    ])
    #expect(try fixture.load().environments.first?.modules.count == 1)
  }

  @Test func theIncludingFileWins() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": set(
        "main", "include: [a.yaml, b.yaml]\npython: \"3.11\"\nverification: {deadline: 5s}\npolicy: {pinned: warn}"),
      "a.yaml": set(
        "a",
        """
        python: "3.12"
        verification: {mode: locate, deadline: 9s, env: {A: a}}
        lock: {update: never}
        policy: {pinned: require, builds: deny, sources: {deny: [left-pad]}}
        modules: {x: {module: x, pip_name: x==1, verification: {env: {B: b}}}}
        """),
      "b.yaml": set(
        "b", "python: \"3.13\"\nonFailure: keep-others\nlock: {update: never}\npolicy: {sources: {deny: [is-odd]}}"),
    ])
    let environment = try #require(try fixture.load().environments.first)
    #expect(environment.python == "3.11")
    #expect(environment.verification == Verification(mode: .locate, env: ["A": "a"], deadline: 5))
    // What a module leaves out comes from the environment that it joins.
    #expect(
      environment.modules.first?.verification == Verification(mode: .locate, env: ["A": "a", "B": "b"], deadline: 5))
    #expect(environment.lockUpdate == .never && environment.onFailure == .keepOthers)
    #expect(environment.policy.pinned == .warn && environment.policy.builds == .deny)
    #expect(environment.policy.sources.layers.map { $0.deny.map(\.text) } == [["left-pad"], ["is-odd"]])
  }

  @Test func linkingIsJoinedByDistribution() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": set("main", "include: [a.yaml, b.yaml]\nlinking: {distributions: {x: copy}}"),
      "a.yaml": set("a", "linking: {mode: hardlink, distributions: {x: symlink, y: copy}}"),
      "b.yaml": set("b", "linking: {distributions: {y: symlink}}"),
    ])
    let said = fixture.complaints()
    #expect(
      said.hasPrefix("error manifestInvalid: two included files disagree about `linking.distributions.y`"), "\(said)")
    try fixture.write(Array(set("b", "linking: {distributions: {y: copy}}").utf8), "b.yaml")
    let links = try #require(try fixture.load().environments.first).links
    #expect(links.mode == .hardlink)
    #expect(links.distributions.map { "\($0.key) \($0.value)" }.sorted() == ["x copy", "y copy"])
  }

  @Test func saysWhatDisagrees() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": set("main", "include: [a.yaml, b.yaml]\nmodules: {x: {module: x, pip_name: x==1}}"),
      "a.yaml": set(
        "a",
        "python: \"3.12\"\npolicy: {pinned: warn}\nindexes: [{name: i, url: https://i.example.com}]\noverrides: [o==1]\ngit: {credentials: [{host: h.example.com, tokenFile: /t}]}"
      ),
      "b.yaml": set(
        "b",
        "python: \"3.13\"\npolicy: {pinned: off}\nindexes: [{name: i, url: https://j.example.com}]\noverrides: [o==2]\ngit: {credentials: [{host: h.example.com, tokenFile: /u}]}\nmodules: {x: {module: x, pip_name: x==2}}"
      ),
    ])
    #expect(
      fixture.complaints() == """
        error manifestInvalid: 'o' is overridden twice, first at a.yaml:8:15
          at b.yaml:8:15
          |   overrides: [o==2]
          hint: remove or rename one of them
        error manifestInvalid: two indexes are called 'i', the first at a.yaml:7:13
          at b.yaml:7:13
          |   indexes: [{name: i, url: https://j.example.com}]
          hint: remove or rename one of them
        error manifestInvalid: this host and path have a credential already, at a.yaml:9:23
          at b.yaml:9:23
          |   git: {credentials: [{host: h.example.com, tokenFile: ****
          hint: remove or rename one of them
        error manifestInvalid: two included files disagree about `python`: the other value stands at a.yaml:5:11
          at b.yaml:5:11
          |   python: "3.13"
          hint: state `python` in the including file, whose value holds
        error manifestInvalid: two included files disagree about `policy.pinned`: the other value stands at a.yaml:6:20
          at b.yaml:6:20
          |   policy: {pinned: off}
          hint: state `policy.pinned` in the including file, whose value holds
        error manifestInvalid: the module 'modules.x' stands in two places, first at pinion.yaml:6:13
          at b.yaml:10:13
          |   modules: {x: {module: x, pip_name: x==2}}
          hint: remove or rename one of them
        """)
  }

  @Test func cyclesAreToldOnce() throws {
    let fixture = try ManifestFixture([
      "manifests/a.yaml": set("a", "include: [b.yaml]"), "manifests/b.yaml": set("b", "include: [c.yaml]"),
      "manifests/c.yaml": set("c", "include: [a.yaml]"),
    ])
    #expect(
      fixture.complaints() == """
        error manifestInvalid: files include each other in a circle
          at manifests/a.yaml:5:13
          |   include: [b.yaml]
          because manifests/a.yaml:5:13 includes the file of manifests/b.yaml:5:13 includes the file of \
        manifests/c.yaml:5:13, and so on
          hint: take one of these includes out
        """)
    let own = try ManifestFixture(["pinion.yaml": set("a", "include: [pinion.yaml]")])
    #expect(own.complaints().hasPrefix("error manifestInvalid: the file includes itself\n  at pinion.yaml:5:13\n"))
  }

  @Test func boundsTheDepth() throws {
    var files: [String: String] = [:]
    for number in 0..<40 { files["f\(number).yaml"] = set("e\(number)", "include: [f\(number + 1).yaml]") }
    files["f40.yaml"] = set("end", "modules: {}")
    let fixture = try ManifestFixture(files)
    #expect(fixture.complaints("f0.yaml").contains("files include each other more than 32 levels deep"))
  }

  @Test func complaintsOfIncludedFilesAreToldOnce() throws {
    let fixture = try ManifestFixture([
      "manifests/a.yaml": set("a", "include: [bad.yaml]"), "manifests/b.yaml": set("b", "include: [bad.yaml]"),
      "manifests/bad.yaml": set("c", "nope: 1\nmodules: {x: {module: a-b}}"),
      "manifests/worse.yaml": set("d", "include: [foreign.txt, empty.txt]"),
      "manifests/foreign.txt": "kind: Deployment\n", "manifests/empty.txt": "",
    ])
    let said = fixture.complaints()
    #expect(
      said.split(separator: "\n").filter { $0.hasPrefix("error") }.map(String.init) == [
        "error manifestInvalid: `spec` has no key 'nope'", "error manifestInvalid: 'a-b' is no import path",
        "error manifestInvalid: this is neither a ModuleSet nor a vCon Server config",
        "error manifestInvalid: the manifest is empty",
      ])
  }
}
