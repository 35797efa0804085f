import Manifests
import Model
import Testing

@Suite struct LoaderTests {
  @Test func takesTheFirstOfThreeNames() throws {
    let fixture = try ManifestFixture([
      "manifests/b.yaml": moduleSet("modules: {}", name: "b"), "manifests/a.yml": moduleSet("modules: {}", name: "a"),
      "manifests/c.txt": "a: b: c", "manifests/sub/d.yaml": "a: b: c",
    ])
    let loaded = try fixture.load()
    #expect(loaded.files == ["manifests/a.yml", "manifests/b.yaml"])
    #expect(loaded.environments.map(\.name) == ["a", "b"])
    #expect(loaded.environments[0].directory == "\(fixture.directory)/manifests")
    try fixture.write(Array("links:\n".utf8), "config.yml")
    #expect(try fixture.load().files == ["config.yml"])
    try fixture.write(Array(moduleSet("modules: {}", name: "p").utf8), "pinion.yaml")
    #expect(try fixture.load().environments.map(\.name) == ["p"])
    #expect(try fixture.load("./manifests/").files == ["./manifests/a.yml", "./manifests/b.yaml"])
    #expect(try fixture.load("\(fixture.directory)/config.yml").environments.map(\.name) == ["default"])
  }

  @Test func passesOverWhatIsNotOurs() throws {
    let text = "apiVersion: apps/v1\nkind: Deployment\n---\n\(moduleSet("modules: {}"))---\n"
    let fixture = try ManifestFixture([
      "manifests/a.yaml": text, "manifests/b.yaml": "- a list\n", "manifests/c.yaml": "",
    ])
    let loaded = try fixture.load()
    #expect(loaded.environments.map(\.name) == ["test"])
    #expect(
      loaded.warnings.map(fixture.rendered) == [
        """
        note manifestInvalid: this is neither a ModuleSet nor a vCon Server config, and is passed over
          at manifests/a.yaml:1:1
          | apiVersion: apps/v1
        """,
        """
        note manifestInvalid: this is neither a ModuleSet nor a vCon Server config, and is passed over
          at manifests/b.yaml:1:1
        """,
        """
        note manifestInvalid: the file is empty, and is passed over
          at manifests/c.yaml
        """,
      ])
  }

  @Test func saysWhatIsMissing() throws {
    let fixture = try ManifestFixture([
      "empty.yaml": "# nothing\n", "foreign.yaml": "a: 1\n", "none/x.txt": "", "k8s/x.yaml": "kind: X",
    ])
    #expect(
      fixture.complaints() == """
        error manifestMissing: there is no pinion.yaml, no config.yml and no manifests/ here
          at DIR
          hint: name a file or a directory with -f
        """)
    #expect(
      fixture.complaints("absent.yaml") == """
        error manifestMissing: there is no manifest 'absent.yaml'
          at absent.yaml
          hint: name another file or directory with -f
        """)
    #expect(
      fixture.complaints("empty.yaml") == """
        error manifestInvalid: the manifest is empty
          at empty.yaml
          hint: write a ModuleSet (apiVersion: pinion/v1), or name a vCon Server config
        """)
    #expect(
      fixture.complaints("foreign.yaml") == """
        error manifestInvalid: this is neither a ModuleSet nor a vCon Server config
          at foreign.yaml:1:1
          hint: write a ModuleSet (apiVersion: pinion/v1), or name a vCon Server config
        """)
    #expect(
      fixture.complaints("none") == """
        error manifestMissing: the directory has no *.yaml and no *.yml
          at none
          hint: name another file or directory with -f
        """)
    #expect(
      fixture.complaints("k8s") == """
        error manifestMissing: the directory has no manifest
          at k8s
          because no document in it is a ModuleSet or a vCon Server config
          hint: name another file or directory with -f
        """)
    #expect(
      fixture.complaints("git+https://tok3n@example.com/r.git") == """
        error manifestMissing: manifests at a URL are not understood by this version
          hint: clone the repository, and name the file or the directory
        """)
  }

  @Test func collectsTheErrorsOfAllFiles() throws {
    let fixture = try ManifestFixture([
      "manifests/a.yaml": "a: b: c\n", "manifests/b.yaml": moduleSet("nope: 1", name: "b"),
      "manifests/c.yaml": "links:\n",
    ])
    try fixture.write([0x61, 0x3A, 0x20, 0xFF, 0x0A], "manifests/d.yaml")
    #expect(
      fixture.complaints() == """
        error manifestSyntax: this is not valid YAML: mapping values are not allowed in this context
          at manifests/a.yaml:1:5
          | a: b: c
          hint: check the indentation; a text that contains ': ' needs quotes
        error manifestInvalid: `spec` has no key 'nope'
          at manifests/b.yaml:5:3
          |   nope: 1
          hint: what may stand here: include, python, platform, provided, base, pythonPath, verification, linking, blockInstalls, \
        lockfile, lock, onFailure, policy, indexes, git, constraints, overrides, onlyUsed, audit, \
        health, onChange, modules
        error manifestSyntax: the text is not UTF-8
          at manifests/d.yaml:1:4
          | a: \u{FFFD}
          because invalid leading UTF-8 octet
          hint: save the file with the encoding UTF-8
        """)
  }

  @Test func namesAndLockfilesAreUnique() throws {
    let fixture = try ManifestFixture([
      "manifests/a.yaml": "links:\n",
      "manifests/b.yaml": "links:\n---\npinion: {name: b, lockfile: pylock.default.toml}\n",
    ])
    #expect(
      fixture.complaints() == """
        error manifestInvalid: two environments are called 'default', the first at manifests/a.yaml:1:1
          at manifests/b.yaml:1:1
          | links:
          hint: give one of them another name with `pinion.name`
        error manifestInvalid: the environments 'default' and 'b' share a lockfile, the first at manifests/a.yaml:1:1
          at manifests/b.yaml:3:1
          | pinion: {name: b, lockfile: pylock.default.toml}
          hint: give one of them another with `lockfile`
        """)
  }

  @Test func boundsTheNumberOfComplaints() throws {
    let text = moduleSet((0..<2_000).map { "k\($0): 1" }.joined(separator: "\n"))
    let fixture = try ManifestFixture(["pinion.yaml": text])
    let failure = try #require(throws: Failure.self) { try fixture.load() }
    #expect(failure.diagnostics.count == 501)
    #expect(failure.diagnostics.last?.message == "there are more mistakes than are shown here")
  }

  @Test func anchorsServeModules() throws {
    let text = """
      pinion: {name: shared}
      base: &base
        pip_name: shared-link>=1
        options: {level: 1}
      links:
        one: {<<: *base, module: shared.one}
        two: {<<: *base, module: shared.two, pip_name: other}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    let modules = try #require(try fixture.load().environments.first?.modules)
    #expect(
      try modules.map { "\($0.importPath) \(try $0.requirementText() ?? "")" } == [
        "shared.one shared-link>=1", "shared.two other",
      ])
  }
}
