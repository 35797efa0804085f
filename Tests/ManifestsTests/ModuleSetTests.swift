import Manifests
import Model
import Testing

@Suite struct ModuleSetTests {
  @Test func readsEveryKey() throws {
    let text = """
      apiVersion: pinion/v1
      kind: ModuleSet
      metadata:
        name: conserver
      spec:
        python: ">=3.11"
        provided: ["links.*", "storage.*"]
        base: /opt/venv/
        pythonPath: [/app, ./app/../common, "${ROOT:-/srv}/lib"]
        verification: {mode: import, env: {PORT: 5432, EMPTY: ""}, deadline: 1m30s}
        blockInstalls: yes
        lockfile: locks/pylock.conserver.toml
        lock: {update: minor}
        policy: {impliedPackages: allow}
        indexes:
          - {name: main, url: "https://${USER_NAME}:${INDEX_TOKEN}@Index.example.com:8443/simple/"}
          - {name: local, url: http://localhost/simple}
        modules:
          transcriber:
            module: my_link.main
            pip_name: git+https://${GITHUB_TOKEN}@example.com/org/my-link.git@v1.2.3
            expects: [run]
            verification: {deadline: 5s}
            options: {anything: [1]}
          tools: {module: "${PREFIX}_tools.größe", pip_name: "tools[fast]>=1,<2 ; python_version < '3.13'"}
      """
    let fixture = try ManifestFixture(["pinion.yaml": text])
    fixture.variables = [
      "GITHUB_TOKEN": "ghp_0123", "USER_NAME": "someone", "INDEX_TOKEN": "idx/:@0123", "PREFIX": "my",
    ]
    let loaded = try fixture.load()
    let environment = try #require(loaded.environments.first)
    #expect(loaded.warnings.isEmpty)
    #expect(environment.name == "conserver")
    #expect(environment.kind == .moduleSet)
    #expect(environment.python == ">=3.11")
    #expect(environment.provided == ["links.*", "storage.*"])
    #expect(environment.base == "/opt/venv")
    #expect(environment.pythonPath == ["/app", "\(fixture.directory)/common", "/srv/lib"])
    #expect(
      environment.verification == Verification(mode: .import, env: ["PORT": "5432", "EMPTY": ""], deadline: 90))
    #expect(environment.blockInstalls)
    #expect(environment.lockfile == "\(fixture.directory)/locks/pylock.conserver.toml")
    #expect(environment.lockUpdate == .minor)
    #expect(environment.impliedPackages == .allow)
    #expect(
      environment.indexes.map { "\($0.name) \($0.url)" } == [
        "main https://index.example.com:8443/simple", "local http://localhost/simple",
      ])
    let credentials = try environment.indexes[0].url.userInfo?.resolved(with: Variables(fixture.variables))
    #expect(credentials?.username == "someone")
    #expect(credentials?.password == "idx/:@0123")
    let transcriber = try #require(environment.modules.first)
    #expect(transcriber.label == "modules.transcriber")
    #expect(transcriber.location == SourceLocation(file: "pinion.yaml", line: 19, column: 5))
    #expect(transcriber.expects == ["run"])
    #expect(transcriber.verification == Verification(env: ["PORT": "5432", "EMPTY": ""], deadline: 5))
    #expect(try transcriber.requirementText() == "git+https://example.com/org/my-link.git@v1.2.3")
    let tools = environment.modules[1]
    #expect(tools.importPath == "my_tools.größe")
    #expect(try tools.requirementText() == "tools[fast]<2,>=1 ; python_version < \"3.13\"")
  }

  @Test func hasDefaults() throws {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet("modules: {}")])
    let environment = try #require(try fixture.load().environments.first)
    let expected = DesiredEnvironment(
      name: "test", kind: .moduleSet, location: SourceLocation(file: "pinion.yaml", line: 1, column: 1),
      directory: fixture.directory)
    #expect(environment == expected)
  }

  @Test(arguments: [
    ("verification: off", Verification.Mode.off), ("verification: \"off\"", .off), ("verification: false", .off),
    ("verification: locate", .locate), ("verification: {mode: off}", .off), ("verification: import", .import),
  ])
  func readsModes(spec: String, mode: Verification.Mode) throws {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec)])
    #expect(try fixture.load().environments.first?.verification.mode == mode)
  }

  @Test func pythonMayLookLikeANumber() throws {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet("python: 3.10")])
    #expect(try fixture.load().environments.first?.python == "3.10")
  }

  @Test(arguments: [
    ("pyhton: x", "`spec` has no key 'pyhton'", "2:3 hint: did you mean 'python'?"),
    (
      "lock: {updates: all, colour: red}", "`spec.lock` has no key 'updates'",
      "2:10 hint: did you mean 'update'?"
    ),
    (
      "lock: {update: sometimes}", "`spec.lock.update` cannot be 'sometimes'",
      "2:18 hint: what may stand here: never, references, minor, all"
    ),
    (
      "policy: {impliedPackages: denied}", "`spec.policy.impliedPackages` cannot be 'denied'",
      "2:29 hint: what may stand here: allow, warn, deny"
    ),
    ("python: [3]", "`spec.python` must be text, this is a list", "2:11 hint: write '\">=3.11\"'"),
    (
      "python: yes", "`spec.python` must be text, this is true or false",
      "2:11 hint: put it in quotes, or write '\">=3.11\"'"
    ),
    ("python:", "`spec.python` must be text, this is empty", "2:10 hint: write '\">=3.11\"', or take the key out"),
    ("base: \"\"", "`spec.base` is empty", "2:9 hint: write '/opt/venv', or take the key out"),
    (
      "provided: links.*", "`spec.provided` must be a list, this is text",
      "2:13 hint: put it in brackets: [\"links.*\"]"
    ),
    ("provided: [a b]", "'a b' is no pattern of import paths", "2:14 hint: write, for instance, \"links.*\""),
    (
      "blockInstalls: maybe", "`spec.blockInstalls` must be true or false, this is text",
      "2:18 hint: write 'blockInstalls: true' or 'blockInstalls: false'"
    ),
    ("verification: on", "`spec.verification` cannot be true", "2:17 hint: write import, locate or off"),
    ("verification: imports", "`spec.verification` cannot be 'imports'", "2:17 hint: did you mean 'import'?"),
    ("verification: {deadline: 30}", "the duration '30' has no unit", "2:28 hint: write '30s' for seconds"),
    (
      "verification: {deadline: 0s}", "`spec.verification.deadline` must be longer than nothing",
      "2:28 hint: write, for instance, '30s'"
    ),
    ("verification: {env: {A-B: x}}", "'A-B' is no variable's name", "2:24 hint: names are letters, digits and '_'"),
    (
      "lockfile: my.lock", "a lockfile is called pylock.toml or pylock.NAME.toml",
      "2:13 hint: write 'lockfile: pylock.my-environment.toml'; NAME has no dot"
    ),
    (
      "indexes: https://example.com", "`spec.indexes` must be a list, this is text",
      "2:12 hint: write 'indexes: [{name: internal, url: https://host/simple}]'"
    ),
    (
      "indexes: [{name: a}]", "an index has no `url`",
      "2:13 hint: write 'indexes: [{name: internal, url: https://host/simple}]'"
    ),
    (
      "indexes: [{name: a, url: ftp://example.com/x}]", "the scheme 'ftp' is not understood here",
      "2:28 hint: what is understood: https://, http://"
    ),
    (
      "base: ${NOWHERE}/venv", "the variable NOWHERE is not set, and `spec.base` needs it",
      "2:9 hint: set it first: export NOWHERE=…"
    ),
    (
      "base: /x/${oops", "the variable that begins with '${' is never closed",
      "2:12 hint: write '${NAME}'; write '$${' where no variable is meant"
    ),
    (
      "base: \"${a b}\"", "this is no variable's name",
      "2:10 hint: write '${NAME}' or '${NAME:-default}'; names are letters, digits and '_'"
    ),
    (
      "modules: [a]", "`spec.modules` must be a mapping, this is a list",
      "2:12 hint: write 'NAME: {module: my_link.main}' under it"
    ),
    (
      "modules: {a: }", "`spec.modules.a` must be a mapping, this is empty",
      "2:16 hint: write 'module: my_link.main' under it"
    ),
    (
      "modules: {a: {module: x, pip-name: y}}", "`spec.modules.a` has no key 'pip-name'",
      "2:28 hint: did you mean 'pip_name'?"
    ),
    (
      "modules: {a: {module: 'pkg.mod:func'}}", "'pkg.mod:func' is no import path",
      "2:25 hint: write 'pkg.mod', and 'expects: [func]' beside it"
    ),
    ("modules: {a: {module: pkg/mod.py}}", "'pkg/mod.py' is no import path", "2:25 hint: write 'pkg.mod'"),
    ("modules: {a: {module: pkg.py}}", "'pkg.py' is a file's name, not an import path", "2:25 hint: write 'pkg'"),
    (
      "modules: {a: {module: a..b}}", "'a..b' is no import path",
      "2:25 hint: write one name between two dots, as in 'my_link.main'"
    ),
    (
      "modules: {a: {module: .b}}", "'.b' is no import path",
      "2:25 hint: an import path is absolute: begin with the package's name"
    ),
    (
      "modules: {a: {module: x, expects: [a.b]}}", "'a.b' is no attribute's name",
      "2:38 hint: write a name that the module defines: [run]"
    ),
    (
      "modules: {a: {module: x, pip_name: 5}}", "`spec.modules.a.pip_name` must be text, this is a number",
      "2:38 hint: put it in quotes, or write a package's name or 'git+https://host/repo.git'"
    ),
    ("? [a]\n: b", "a key in `spec` must be text, this is a list", "2:5 hint: write 'modules:' under it"),
  ])
  func saysWhatIsWrong(spec: String, message: String, placeAndHint: String) throws {
    let fixture = try ManifestFixture(["m.yaml": "# one\n" + moduleSet(spec)])
    do throws(Failure) {
      _ = try fixture.load("m.yaml")
      Issue.record("'\(spec)' was read")
    } catch {
      let first = try #require(error.diagnostics.first)
      #expect(first.message == message)
      guard case .source(let location, let excerpt) = first.place else {
        Issue.record("no place")
        return
      }
      #expect(location.file == "m.yaml")
      // The line of `spec` counts as the first.
      #expect("\(location.line - 4):\(location.column) hint: \(first.hint ?? "")" == placeAndHint)
      // Values under `env` are never shown.
      let line = spec.split(separator: "\n")[0]
      #expect(excerpt == (spec.contains("{env:") ? "  verification: {env: ****" : "  " + line))
    }
  }

  @Test(arguments: [
    (
      "apiVersion: pinion/v2\nkind: ModuleSet\nmetadata: {name: a}\nspec: {}", "the apiVersion 'pinion/v2' is not known"
    ),
    ("apiVersion: pinion/v1\nkind: Modules\nmetadata: {name: a}\nspec: {}", "the kind 'Modules' is not known"),
    ("kind: ModuleSet\nmetadata: {name: a}\nspec: {}", "`apiVersion` is missing"),
    ("apiVersion: pinion/v1\nmetadata: {name: a}\nspec: {}", "`kind` is missing"),
    ("apiVersion: pinion/v1\nkind: ModuleSet\nspec: {}", "`metadata` is missing"),
    ("apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {}\nspec: {}", "`metadata.name` is missing"),
    ("apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: a}", "`spec` is missing"),
    (
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: a, labels: {}}\nspec: {}",
      "`metadata` has no key 'labels'"
    ),
    ("apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: My_Set}\nspec: {}", "'My_Set' is no environment's name"),
    (
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: 12}\nspec: {}",
      "`metadata.name` must be text, this is a number"
    ),
    (
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: a}\nspec: {}\nstatus: {}",
      "`ModuleSet` has no key 'status'"
    ),
  ])
  func checksTheFrame(text: String, message: String) throws {
    let fixture = try ManifestFixture(["m.yaml": text])
    #expect(throws: Failure.self) { try fixture.load("m.yaml") }
    #expect(fixture.complaints("m.yaml").hasPrefix("error manifestInvalid: \(message)\n"))
  }

  @Test func collectsEverythingInTheOrderOfTheText() throws {
    let text = moduleSet("modules: {a: {module: a-b}}\nlock: {update: x}\npython: []\nnope: 1")
    let fixture = try ManifestFixture(["m.yaml": text])
    #expect(
      fixture.complaints("m.yaml") == """
        error manifestInvalid: 'a-b' is no import path
          at m.yaml:5:25
          |   modules: {a: {module: a-b}}
          hint: an import path has '_' where '-' stands: write 'a_b'
        error manifestInvalid: `spec.lock.update` cannot be 'x'
          at m.yaml:6:18
          |   lock: {update: x}
          hint: what may stand here: never, references, minor, all
        error manifestInvalid: `spec.python` must be text, this is a list
          at m.yaml:7:11
          |   python: []
          hint: write '">=3.11"'
        error manifestInvalid: `spec` has no key 'nope'
          at m.yaml:8:3
          |   nope: 1
          hint: what may stand here: include, python, platform, provided, base, pythonPath, verification, linking, blockInstalls, \
        lockfile, lock, onFailure, policy, indexes, git, constraints, overrides, onlyUsed, audit, \
        health, onChange, modules
        """)
  }
}
