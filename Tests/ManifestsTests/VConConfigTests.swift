import Manifests
import Model
import Testing

@Suite struct VConConfigTests {
  @Test func readsTheExampleAsItIs() throws {
    let fixture = try ManifestFixture(["config.yml": VConExample.text])
    let loaded = try fixture.load()
    #expect(loaded.files == ["config.yml"])
    #expect(loaded.warnings.isEmpty)
    let environment = try #require(loaded.environments.first)
    #expect(loaded.environments.count == 1)
    #expect(environment.name == "default")
    #expect(environment.kind == .vconServer)
    #expect(environment.directory == fixture.directory)
    #expect(environment.lockfile == "\(fixture.directory)/pylock.default.toml")
    #expect(environment.provided == ["links.*", "storage.*", "tracers.*"])
    #expect(environment.blockInstalls)
    #expect(environment.impliedPackages == .warn)
    let modules = environment.modules.map { module in
      let requirement = module.requirement.read.map { " <- \($0.git?.description ?? "\($0.name?.text ?? "")")" } ?? ""
      return "\(module.location.line):\(module.location.column) \(module.label) \(module.importPath)\(requirement)"
    }
    #expect(
      modules == [
        "37:3 imports.custom_utility custom_utils <- custom-utils-package",
        "41:3 imports.github_helper github_helper <- git+https://github.com/username/helper-repo.git",
        "45:3 imports.requests_import requests",
        "49:3 imports.legacy_module some.legacy.module",
        "52:3 links.transcribe links.transcribe",
        "61:3 links.script links.script",
        "65:3 links.summary links.summary",
        "69:3 links.tag links.tag",
        "78:3 links.webhook links.webhook",
        "84:3 links.custom_pypi_link custom_link_module <- custom-link-package",
        "90:3 links.custom_github_link github_link_module <- git+https://github.com/username/repo.git",
        "96:3 links.requests_link requests",
        "118:3 storages.file storage.file",
        "127:3 storages.mongo storage.mongo",
        "133:3 storages.postgres storage.postgres",
        "141:3 storages.s3 storage.s3",
        "150:3 storages.milvus storage.milvus",
      ])
  }

  /// The forms of the server's own documentation.
  @Test(arguments: [
    ("custom-link-package", "custom-link-package"),
    ("stable-link-package==1.2.3", "stable-link-package==1.2.3"),
    (
      "my-package --index-url https://pypi.internal.example.com/simple/",
      "my-package --index-url https://pypi.internal.example.com/simple"
    ), ("git+ssh://git@github.com/org/repo.git", "git+ssh://git@github.com/org/repo.git"),
    ("git+https://github.com/username/repo.git", "git+https://github.com/username/repo.git"),
    ("git+https://github.com/username/repo.git@develop", "git+https://github.com/username/repo.git@develop"),
    ("git+https://github.com/username/repo.git@v1.2.3", "git+https://github.com/username/repo.git@v1.2.3"),
    (
      "git+https://${GITHUB_TOKEN}@github.com/org/private-repo.git",
      "git+https://github.com/org/private-repo.git"
    ),
  ])
  func readsDocumentedForm(pipName: String, expected: String) throws {
    let fixture = try ManifestFixture(["config.yml": link(pipName)])
    fixture.variables = ["GITHUB_TOKEN": "ghp_xxxxxxxxxxxx"]
    let loaded = try fixture.load()
    let module = try #require(loaded.environments.first?.modules.first)
    #expect(try module.requirementText() == expected)
    #expect(loaded.warnings.isEmpty)
  }

  @Test func ownSettingsStandUnderPinion() throws {
    let text = """
      pinion:
        name: conserver
        base: ../venv
        pythonPath: [/app, common]
        blockInstalls: false
        verification: locate
        policy: {impliedPackages: deny}
        modules:
          extra: {module: extra_tools, pip_name: extra-tools, expects: [go]}
      links:
        a:
          module: a.main
          pip_name:
          ingress-lists: []
          options: {pip_name: 3}
          verification: off
      tracers:
      chains: {x: {links: [a]}}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    let environment = try #require(try fixture.load().environments.first)
    let parent = fixture.directory
    #expect(environment.name == "conserver")
    #expect(environment.base == "/tmp/venv")
    #expect(environment.pythonPath == ["/app", "\(parent)/common"])
    #expect(!environment.blockInstalls)
    #expect(environment.verification == Verification(mode: .locate))
    #expect(environment.impliedPackages == .deny)
    #expect(environment.lockfile == "\(parent)/pylock.conserver.toml")
    #expect(environment.modules.map(\.label) == ["modules.extra", "links.a"])
    #expect(environment.modules[0].expects == ["go"])
    #expect(environment.modules[1].requirement == .absent)
    #expect(environment.modules[1].verification?.mode == .off)
  }

  private static let chained = """
    links:
      used: {module: used.main}
      disabled: {module: disabled.main}
      empty: {module: empty.main}
      unnamed: {module: unnamed.main}
      plain: {module: plain.main}
    imports: {lib: lib}
    storages: {file: {module: storage.file}}
    tracers: {t: {module: tracers.t}}
    chains:
      one: {links: [used], enabled: 1}
      two: {links: [disabled, used], enabled: 0}
      three: {links: [empty], enabled: }
      four: {links: [plain], storages: []}
      five: {links: [unnamed], enabled: no}
    pinion:
      modules: {extra: {module: extra}}

    """

  @Test func knowsWhichLinksAreUsed() throws {
    let fixture = try ManifestFixture(["config.yml": Self.chained])
    let environment = try #require(try fixture.load().environments.first)
    #expect(!environment.onlyUsed)
    #expect(environment.modules.count == 9)
    #expect(environment.modules.filter { !$0.isUsed }.map(\.name) == ["disabled", "empty", "unnamed"])
  }

  @Test func onlyUsedLeavesTheOthersOut() throws {
    let fixture = try ManifestFixture(["config.yml": Self.chained + "  onlyUsed: true\n"])
    let environment = try #require(try fixture.load().environments.first)
    #expect(
      environment.modules.map(\.label) == [
        "links.used", "links.plain", "imports.lib", "storages.file", "tracers.t", "modules.extra",
      ])
    #expect(environment.modules.allSatisfy { $0.isUsed })
  }

  /// What cannot be read is the server's business: then every link may be used. Without chains none is.
  @Test(arguments: [
    ("chains: [a]", true), ("chains: 3", true), ("chains:", false), ("ingress_auth: {}", false),
    ("chains: {x: , y: 3, z: {links: a}}", false), ("chains: {x: {links: [3, [a], {b: c}, a]}}", true),
    ("chains: {x: &c {links: [a], enabled: 0}, y: {<<: *c, enabled: 1}}", true),
  ])
  func oddChains(chains: String, isUsed: Bool) throws {
    let fixture = try ManifestFixture(["config.yml": "links: {a: {module: a}}\n\(chains)\n"])
    let loaded = try fixture.load()
    #expect(loaded.environments.first?.modules.map(\.isUsed) == [isUsed])
    #expect(loaded.warnings.isEmpty)
  }

  @Test(arguments: [
    ("openai_transcribe", "openai"), ("groq_whisper", "groq"), ("hugging_face_whisper", "hugging_face"),
    ("deepgram_link", "deepgram"),
  ])
  func legacyLinksAreWhatTheServerLoads(name: String, vendor: String) throws {
    let text = """
      imports: {i: links.\(name)}
      links:
        old: {module: links.\(name), pip_name: extra-link}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    let loaded = try fixture.load()
    // The server sends links alone elsewhere.
    #expect(loaded.environments.first?.modules.map(\.importPath) == ["links.\(name)", "links.transcribe"])
    #expect(
      loaded.warnings.map(fixture.rendered) == [
        """
        note manifestInvalid: the server loads links.transcribe in place of links.\(name)
          at config.yml:3:17
          |   old: {module: links.\(name), pip_name: extra-link}
          hint: write 'module: links.transcribe', with 'vendor: \(vendor)' under 'options'
        """
      ])
  }

  @Test func anchorsAndMergeKeysHoldRequirements() throws {
    let text = """
      base: &base {module: a.main, pip_name: &name "a-link==1.0"}
      links:
        one: *base
        two: {<<: *base, module: b.main}
        three: {module: c.main, pip_name: *name}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    let modules = try #require(try fixture.load().environments.first).modules
    #expect(modules.map(\.importPath) == ["a.main", "b.main", "c.main"])
    let requirements = try modules.map { try $0.requirementText() }
    #expect(requirements == ["a-link==1.0", "a-link==1.0", "a-link==1.0"])
  }

  @Test func aKeyThatStandsTwiceHasBothPlaces() throws {
    let text = "links:\n  a:\n    module: a\n    pip_name: one\n    pip_name: two\n"
    let fixture = try ManifestFixture(["config.yml": text])
    #expect(
      fixture.complaints() == """
        error manifestInvalid: the key 'pip_name' stands twice, first at config.yml:4:5
          at config.yml:5:5
          |     pip_name: two
          hint: remove or rename one of them
        """)
  }

  @Test func aKeyThatStandsTwiceInAnAnchorIsTold() throws {
    let text = "x: &c {module: one.mod, pip_name: one==1, pip_name: two==2}\nlinks: {l: {<<: *c}}\n"
    let fixture = try ManifestFixture(["config.yml": text])
    #expect(
      fixture.complaints().hasPrefix(
        "error manifestInvalid: the key 'pip_name' stands twice, first at config.yml:1:25\n"))
  }

  @Test func anEmptyRequirementIsNone() throws {
    let fixture = try ManifestFixture(["config.yml": "links:\n  a: {module: a.main, pip_name: \"\"}\n"])
    #expect(try fixture.load().environments.first?.modules.map(\.requirement) == [.absent])
  }

  @Test func leavesForeignMistakesAlone() throws {
    let text = """
      ingress_auth: {a: 1, a: 2}
      links:
        a:
          module: a.main
          options: {x: 1, x: 2, y: "${unclosed"}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    #expect(try fixture.load().environments.first?.modules.map(\.label) == ["links.a"])
  }

  @Test func saysWhatIsWrong() throws {
    let text = """
      imports:
        nothing:
        bare: my-import
        number: 3
      links:
        text: my_link.main
        list: [a]
        none: {pip_name: my-link}
        dash: {module: my-link.main}
        near: {module: near.main, pip-name: near}
      storages: [storage.file]
      tracers: {a: {module: }, a: {module: b}}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    #expect(
      fixture.complaints() == """
        error manifestInvalid: `imports.nothing` is empty
          at config.yml:2:3
          |   nothing:
          hint: write 'module: my_link.main' under it, or take the entry out
        error manifestInvalid: 'my-import' is no import path
          at config.yml:3:9
          |   bare: my-import
          hint: an import path has '_' where '-' stands: write 'my_import'
        error manifestInvalid: `imports.number` must be a mapping, this is a number
          at config.yml:4:11
          |   number: 3
          hint: write 'module: my_link.main' under it
        error manifestInvalid: `links.text` must be a mapping, this is text
          at config.yml:6:9
          |   text: my_link.main
          hint: write '{module: my_link.main}'
        error manifestInvalid: `links.list` must be a mapping, this is a list
          at config.yml:7:9
          |   list: [a]
          hint: write 'module: my_link.main' under it
        error manifestInvalid: `links.none` has no `module`
          at config.yml:8:3
          |   none: {pip_name: my-link}
          hint: write what Python imports, as in 'module: my_link.main'
        error manifestInvalid: 'my-link.main' is no import path
          at config.yml:9:18
          |   dash: {module: my-link.main}
          hint: an import path has '_' where '-' stands: write 'my_link.main'
        error manifestInvalid: `storages` must be a mapping, this is a list
          at config.yml:11:11
          | storages: [storage.file]
          hint: write 'NAME: {module: my_link.main}' under it
        error manifestInvalid: `tracers.a.module` must be text, this is empty
          at config.yml:12:23
          | tracers: {a: {module: }, a: {module: b}}
          hint: write 'my_link.main', or take the key out
        error manifestInvalid: the key 'a' stands twice, first at config.yml:12:11
          at config.yml:12:26
          | tracers: {a: {module: }, a: {module: b}}
          hint: remove or rename one of them
        """)
  }

  @Test func warnsOfEveryNearMiss() throws {
    let text = """
      link: {a: {module: a}}
      storage: {b: {module: b}}
      links: {c: {Module: c, module: c.main, expect: [run], verificaton: off, options: {}, ingress-lists: []}}
      ingress_auth: {}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    #expect(
      try fixture.load().warnings.map { "\($0.message): \($0.hint ?? "")" } == [
        "the config has the key 'link', which nothing reads: did you mean 'links'?",
        "the config has the key 'storage', which nothing reads: did you mean 'storages'?",
        "`links.c` has the key 'Module', which nothing reads: did you mean 'module'?",
        "`links.c` has the key 'expect', which nothing reads: did you mean 'expects'?",
        "`links.c` has the key 'verificaton', which nothing reads: did you mean 'verification'?",
      ])
    let alone = try ManifestFixture(["config.yml": "link: {a: {module: a}}\n"])
    #expect(alone.complaints().contains("hint: did you mean 'links'? Else write a ModuleSet"))
  }

  @Test func warnsOfAKeyThatIsNearlyOurs() throws {
    let fixture = try ManifestFixture(["config.yml": "links:\n  a: {module: a.main, pip-name: x, file_name: []}\n"])
    let warnings = try fixture.load().warnings.map(fixture.rendered)
    #expect(
      warnings == [
        """
        warning manifestInvalid: `links.a` has the key 'pip-name', which nothing reads
          at config.yml:2:23
          |   a: {module: a.main, pip-name: x, file_name: []}
          hint: did you mean 'pip_name'?
        """
      ])
  }
}
