import FoundationEssentials
import Model
import Platform
import TestSupport
import Testing

@testable import Manifests

/// The published schemas say what the readers do.
@Suite struct SchemaTests {
  /// A JSON Schema as far as these tests look at it.
  final class Schema: Decodable {
    var properties: [String: Schema]?
    var definitions: [String: Schema]?
    var required: [String]?
    var isClosed: Bool
    var words: [String]?
    var alternatives: [Schema]?
    var description: String?
    var reference: String?

    enum Key: String, CodingKey {
      case properties, required, description, anyOf
      case definitions = "$defs"
      case additional = "additionalProperties"
      case words = "enum"
      case reference = "$ref"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      properties = try container.decodeIfPresent([String: Schema].self, forKey: .properties)
      definitions = try container.decodeIfPresent([String: Schema].self, forKey: .definitions)
      required = try container.decodeIfPresent([String].self, forKey: .required)
      isClosed = (try? container.decode(Bool.self, forKey: .additional)) == false
      alternatives = try container.decodeIfPresent([Schema].self, forKey: .anyOf)
      description = try container.decodeIfPresent(String.self, forKey: .description)
      reference = try container.decodeIfPresent(String.self, forKey: .reference)
      // `off` may also be written as YAML 1.1 reads it: false.
      words = try container.decodeIfPresent([Word].self, forKey: .words)?.compactMap(\.text)
    }

    struct Word: Decodable {
      var text: String?
      init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }

    /// The words that a property may be, wherever they stand.
    var choices: [String] { words ?? alternatives?.compactMap(\.words).first ?? [] }
    /// The part itself, or the alternative that is a mapping.
    var mapping: Schema { properties != nil ? self : alternatives?.first { $0.properties != nil } ?? self }
  }

  static let directory = "\(TestPaths.package)/schema"

  private func schema(_ name: String) throws -> Schema {
    try JSONDecoder().decode(Schema.self, from: Data(try Files.read("\(Self.directory)/\(name).json")))
  }

  private func check(_ name: String, _ parts: [(part: String, keys: [String])]) throws {
    let schema = try schema(name)
    for (part, keys) in parts {
      let found = try #require(part.isEmpty ? schema : schema.definitions?[part], "\(name) lacks \(part)").mapping
      #expect(Set(found.properties?.keys ?? [:].keys) == Set(keys), "\(name) \(part)")
      #expect(found.isClosed, "\(name) \(part) takes other keys")
      #expect(Set(found.required ?? []).isSubset(of: keys))
      for (key, property) in found.properties ?? [:] {
        #expect(property.description != nil || property.reference != nil, "\(name) \(part).\(key) is not described")
      }
    }
  }

  @Test func keysAreThoseOfTheReaders() throws {
    try check("moduleset.v1", KnownKeys.moduleSetSchema)
    try check("host.v1", KnownKeys.hostSchema)
    try check("vcon-server.v1", KnownKeys.vconServerSchema)
    let sections = ManifestReader.sections.map(\.key)
    let properties = try schema("vcon-server.v1").properties ?? [:]
    #expect(Set(properties.keys) == Set(sections + ["pinion"]))
  }

  @Test func wordsAreThoseOfTheReaders() throws {
    for name in ["moduleset.v1", "host.v1"] {
      let policy = try #require(try schema(name).definitions?["policy"]?.properties)
      #expect(policy["pinned"]?.choices == PinnedLevel.allCases.map(\.rawValue))
      #expect(policy["impliedPackages"]?.choices == PolicyLevel.allCases.map(\.rawValue))
      #expect(policy["builds"]?.choices == BuildPermission.allCases.map(\.rawValue))
      #expect(policy["rewinds"]?.choices == PolicyLevel.allCases.map(\.rawValue))
      #expect(policy["downgrade"]?.choices == Permission.allCases.map(\.rawValue))
      #expect(policy["pth"]?.choices == PolicyLevel.allCases.map(\.rawValue))
      #expect(policy["collisions"]?.choices == BreachLevel.allCases.map(\.rawValue))
      #expect(policy["record"]?.choices == BreachLevel.allCases.map(\.rawValue))
      #expect(Set(policy.keys) == Set(Policy.Rule.allCases.map(\.rawValue)))
    }
    let parts = try #require(try schema("moduleset.v1").definitions)
    #expect(parts["gitVerify"]?.properties?["mode"]?.choices == SignatureRule.Mode.allCases.map(\.rawValue))
    #expect(parts["lock"]?.properties?["update"]?.choices == LockUpdate.allCases.map(\.rawValue))
    #expect(parts["spec"]?.properties?["onFailure"]?.choices == FailureHandling.allCases.map(\.rawValue))
    #expect(parts["hook"]?.properties?["signal"]?.choices == HookSignal.allCases.map(\.rawValue))
    #expect(parts["hook"]?.properties?["systemctl"]?.choices == SystemctlVerb.allCases.map(\.rawValue))
    for choices in [parts["verification"]?.choices, parts["verification"]?.mapping.properties?["mode"]?.choices] {
      #expect(choices?.compactMap { Verification.Mode(rawValue: $0) }.count == choices?.count)
      #expect(choices?.count == 3)
    }
  }

  // MARK: texts

  /// What the schema says of texts, each a list of complaints.
  private func complaints(_ tasks: [(schema: String, text: String)]) async throws -> [[String]] {
    struct Task: Encodable { var schema, text: String }
    let python = try #require(PythonTools.shared?.python)
    let lines = try tasks.map { task in
      String(
        decoding: try JSONEncoder().encode(Task(schema: "\(Self.directory)/\(task.schema).json", text: task.text)),
        as: UTF8.self)
    }
    let result = try await ChildProcess.run(
      python, ["-I", "\(TestPaths.package)/Tests/TestSupport/Resources/check-schema.py"],
      environment: ["LANG": "C.UTF-8"], input: lines.joined(separator: "\n") + "\n", deadline: 60)
    try #require(result.status == 0, "\(result.errorOutput)")
    let answers = try result.output.split(separator: "\n").map { line in
      try JSONDecoder().decode([String].self, from: Data(line.utf8))
    }
    try #require(answers.count == tasks.count)
    return answers
  }

  private static func schemaName(of text: String) -> String {
    text.contains("kind: ModuleSet") ? "moduleset.v1" : text.contains("kind: HostPolicy") ? "host.v1" : "vcon-server.v1"
  }

  @Test(.enabled(if: PythonTools.shared?.python != nil, "\(PythonTools.absence)"))
  func everyManifestOfTheRepositoryIsValid() async throws {
    var tasks: [(schema: String, text: String)] = []
    for directory in ["examples", "examples/host", "manifests"] {
      for name in try Files.list("\(TestPaths.package)/\(directory)")
      where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
        let text = String(decoding: try Files.read("\(TestPaths.package)/\(directory)/\(name)"), as: UTF8.self)
        let schema = Self.schemaName(of: text)
        tasks.append((schema, text))
        // Editors find the schema by the first line.
        #expect(
          text.hasPrefix(
            "# yaml-language-server: $schema=\(directory.contains("/") ? "../../" : "../")schema/\(schema).json\n"),
          "\(directory)/\(name)")
      }
    }
    #expect(tasks.count >= 9)
    for (task, found) in zip(tasks, try await complaints(tasks)) {
      #expect(found == [], "\(task.text)")
    }
  }

  /// Documents that the readers take, and so does the schema.
  private static let valid = [
    "modules: {}", "", "python: 3.12", "python: \">=3.11\"", "verification: off", "verification: {mode: off}",
    "verification: {env: {A: 1, B: \"\"}, deadline: 1m30s}", "lock: {update: \"${MODE:-never}\"}",
    "lockfile: locks/pylock.a.toml", "lockfile: pylock.toml", "policy: {pinned: off, excludeNewer: 2026-01-31}",
    "policy: {excludeNewer: 7d}", "audit: {database: osv.zip, ignore: [{id: CVE-1, reason: r, until: 2027-01-31}]}",
    "audit:", "policy: {excludeNewer: 1m30s}", "policy: {excludeNewer: 1500ms}",
    "policy: {excludeNewer: 2026-01-31T12:00:00Z}", "policy:", "git:", "constraints:",
    "policy: {sources: {allow: [\"acme-*\", \"git+https://github.com/*\"], deny: []}}",
    "indexes: [{name: a, url: \"https://${U}@a.example.com\", packages: [\"acme-*\"]}]",
    "indexes: [{name: a, url: https://a.example.com, username: x, passwordFile: p}]",
    "indexes: [{name: a, url: https://a.example.com, username: x, token: \"${U}\"}]",
    "git: {credentials: [{host: github.com, path: acme, sshKey: k, knownHosts: h, passphraseFile: p}]}",
    "git: {credentials: [{host: github.com, username: x, token: \"${U}\"}]}", "provided: [\"a.*\"]",
    "git: {tls: [{host: \"*.example.com\", caFile: ca.pem}, {host: a.example.com, verify: false}]}",
    "git: {tls: [{host: a.example.com, caFile: ca.pem, verify: true}], verify: {mode: none}}",
    "git: {verify: {mode: commit, keys: [{name: a, key: ssh-ed25519 A}, {name: b, file: k}]}}",
    "git: {tls: , verify: }",
    "policy: {rewinds: warn}", "policy: {pth: allow, collisions: warn, record: error}",
    "policy: {record: {default: warn, packages: {Acme_Core: error}}, collisions: {packages: }}",
    "policy: {unpacked: {size: 8GiB, ratio: 200}}", "policy: {unpacked: }",
    "policy: {unpacked: {size: \"${V:-8GiB}\"}}",
    "policy: {unpacked: {ratio: \"20\"}}", "policy: {builds: isolated}", "policy: {buildLimits: }",
    "policy: {buildLimits: {memory: 4GiB, deadline: 1h30m}}", "policy: {buildLimits: {memory: \"${M:-1GiB}\"}}",
    "modules: {a: {module: a, pip_name: a, expects: [b], verification: locate, options: {c: 1}}}",
    "modules: {a: {module: \"${MODULE:-b.c}\", expects: [\"\u{E9}t\u{E9}\"]}, b: {module: \"\u{E9}t\u{E9}.a_1\"}}",
    "git: {credentials: [{host: \"[::1]:8443\", tokenFile: t}, {host: \"*.example.com:8443\", tokenFile: t}]}",
    "platform: x86_64-manylinux_2_28", "platform: {target: aarch64-unknown-linux-gnu}",
    "platform: {target: \"${T:-riscv64-unknown-linux}\", python: \"3.12\"}",
    "platform: {target: x86_64-manylinux2014, python: 3.9}",
    "onlyUsed: true", "onFailure: keep-others", "onFailure: \"${F:-fail}\"", "constraints: [a<2]", "overrides: [a]",
    "blockInstalls: true",
    "health: {http: \"http://127.0.0.1:8080/health\"}", "health:", "onChange:", "onChange: []",
    "health: {exec: [pg_isready, -q], tcp: \"[::1]:80\", pidFile: run/a.pid, within: 1m, every: 500ms, timeout: 5s, successes: 3}",
    "health: {http: {url: \"https://u:${U}@a.example.com/x?y=1\", status: 204, contains: ok}, successes: \"2\"}",
    "onChange: [{exec: [./reload.sh, a b]}, {signal: HUP, pidFile: /run/a.pid}, {systemctl: try-restart, unit: a@1.service}]",
    "onChange: [{http: \"https://${U}@a.example.com/hook\", timeout: 5s}]",
    "policy: {sources: {allow: , deny: }}", "indexes: [{name: a, url: HTTPS://a.example.com/simple#x}]",
    "provided: [a.b.*, \"*\"]", "linking: hardlink", "linking: \"${MODE:-copy}\"", "linking: {mode: copy}",
    "linking: {distributions: {numpy: hardlink, Zope.Interface: symlink}}", "linking: {distributions: }",
    "git: {credentials: [{host: \"a*.b.example.com\", path: \"a/.b/..c\", token: \"${U}\"}]}",
  ]

  /// Documents that both refuse. What only the readers see, such as a path's being there, is in `SettingsComplaintsTests`.
  private static let invalid = [
    "nope: 1", "modules: [a]", "modules: {a: }", "modules: {a: {}}", "modules: {a: {module: a, pip-name: b}}",
    "modules: {a: {module: a, pip_name: 5}}", "modules: {a: {module: 5}}", "modules: {a: {module: a, expects: b}}",
    "python: [3]", "python: yes", "python:", "base: \"\"", "provided: links.*", "blockInstalls: maybe",
    "verification: on", "verification: imports", "verification: {deadline: 30}", "verification: {env: {A-B: x}}",
    "lockfile: my.lock", "lock: {update: sometimes}", "lock: {updates: all}", "policy: [pinned]",
    "policy: {pined: require}", "policy: {pinned: always}", "policy: {pinned: yes}", "policy: {builds: never}",
    "policy: {pth: never}", "policy: {record: deny}", "policy: {collisions: {packages: {a: allow}}}",
    "policy: {record: {default: [a]}}", "policy: {record: {packages: {\"a b\": warn}}}", "policy: {unpacked: 8GiB}",
    "policy: {unpacked: {size: 8}}", "policy: {unpacked: {size: 0B}}", "policy: {unpacked: {ratio: 0}}",
    "policy: {unpacked: {ratio: 1.5}}", "policy: {unpacked: {size: 8GB}}",
    "policy: {buildLimits: 4GiB}", "policy: {buildLimits: {memory: 0B}}", "policy: {buildLimits: {deadline: 500ms}}",
    "policy: {buildLimits: {cores: 2}}",
    "policy: {downgrade: warn}", "policy: {excludeNewer: 7}", "policy: {excludeNewer: soon}",
    "audit: {ignore: [{id: CVE-1, reason: r}]}", "audit: {ignore: [{id: CVE-1, reason: r, until: soon}]}",
    "policy: {excludeNewer: 500ms}",
    "policy: {sources: [x]}", "policy: {sources: {alow: [x]}}", "policy: {sources: {allow: []}}",
    "policy: {sources: {allow: [github.com/acme/*]}}", "policy: {sources: {deny: [\"ftp://example.com/*\"]}}",
    "indexes: https://example.com", "indexes: [{name: a}]", "indexes: [{url: https://a.example.com}]",
    "indexes: [{name: a, url: ftp://a.example.com}]", "indexes: [{name: a, url: https://a.example.com, packages: []}]",
    "indexes: [{name: a, url: https://a.example.com, pakages: [x]}]",
    "indexes: [{name: a, url: https://a.example.com, password: \"${U}\"}]",
    "indexes: [{name: a, url: https://a.example.com, username: x, password: \"${U}\", token: \"${U}\"}]",
    "indexes: [{name: a, url: https://a.example.com, token: \"${U}\", tokenFile: /run/t}]",
    "git: [x]", "git: {credential: []}", "git: {credentials: {}}", "git: {credentials: [{token: \"${U}\"}]}",
    "git: {credentials: [{host: github.com}]}", "git: {credentials: [{host: github.com, password: \"${U}\"}]}",
    "git: {credentials: [{host: github.com, token: \"${U}\", sshKey: /k}]}",
    "git: {credentials: [{host: github.com, sshKey: /k, username: git}]}",
    "git: {credentials: [{host: github.com, token: \"${U}\", knownHosts: /k}]}",
    "git: {tls: {}}", "git: {tls: [{caFile: /ca.pem}]}", "git: {tls: [{host: github.com}]}",
    "git: {tls: [{host: github.com, verify: true}]}", "git: {tls: [{host: github.com, caFile: /c, verify: false}]}",
    "git: {tls: [{host: github.com, verify: maybe}]}", "git: {verify: [x]}", "git: {verify: {}}",
    "git: {verify: {mode: signed}}", "git: {verify: {mode: tag, keys: release}}",
    "git: {verify: {mode: tag, keys: [{name: a}]}}", "git: {verify: {mode: tag, keys: [{name: a, key: x}]}}",
    "policy: {rewinds: refuse}",
    "modules: {a: {module: a-b}}", "modules: {a: {module: a.py}}", "modules: {a: {module: 1a}}",
    "modules: {a: {module: a, expects: [b-c]}}", "modules: {\"\": {module: a}}", "provided: [\"a b\"]",
    "git: {credentials: [{host: \"https://a.example.com\", tokenFile: t}]}", "git: {tls: [{host: a b, caFile: c}]}",
    "lock: {update: \"${\"}", "lock: {update: \"${1}\"}", "policy: {excludeNewer: 2026-13-01}",
    "policy: {excludeNewer: 0s}", "constraints: [x]", "constraints: urllib3<2", "include: other.yaml",
    "platform: linux", "platform: [x]", "platform: {python: \"3.12\"}",
    "platform: {target: x86_64-manylinux_2_28, python: \"3\"}", "platform: {target: x86_64-manylinux_2_28, abi: x}",
    "health: http://127.0.0.1", "health: {}", "health: {within: 1m}", "health: {exec: []}",
    "health: {exec: pg_isready}",
    "health: {exec: [\"pg_isready -q\"]}", "health: {exec: [~/check]}", "health: {http: ftp://a.example.com}",
    "health: {http: {status: 200}}", "health: {http: {url: \"http://a\", status: 99}}",
    "health: {http: {url: \"http://a\", state: 1}}",
    "health: {tcp: localhost}", "health: {tcp: 5432}", "health: {pidFile: ~/a.pid}",
    "health: {pidFile: a, successes: 0}",
    "health: {pidFile: a, within: 5}", "health: {pidFile: a, every: 0s}", "health: {pidfile: a}",
    "onChange: {exec: [a]}", "onChange: [a]", "onChange: [{}]", "onChange: [{timeout: 5s}]",
    "onChange: [{exec: [a], http: \"http://a\"}]", "onChange: [{signal: HUP}]",
    "onChange: [{signal: KILL, pidFile: a}]",
    "onChange: [{signal: SIGHUP, pidFile: a}]", "onChange: [{systemctl: reload}]",
    "onChange: [{systemctl: stop, unit: a}]",
    "onChange: [{systemctl: reload, unit: --all}]", "onChange: [{systemctl: reload, unit: \"a b\"}]",
    "onChange: [{exec: [a], unit: b}]", "onChange: [{exec: [a], timeout: soon}]", "onChange: [{http: nowhere}]",
    "onlyUsed: perhaps", "onFailure: ignore", "onFailure: true", "provided: [a..b]", "provided: [a-b]",
    "provided: [.a]", "provided: [a.]",
    "git: {credentials: [{host: \"*\", tokenFile: t}]}", "git: {credentials: [{host: \"*.com\", tokenFile: t}]}",
    "git: {credentials: [{host: \"*.com:443\", tokenFile: t}]}",
    "git: {credentials: [{host: \"github.*\", tokenFile: t}]}",
    "git: {credentials: [{host: \"*.a.*\", tokenFile: t}]}", "git: {tls: [{host: \"*.com\", caFile: c}]}",
    "git: {credentials: [{host: a.example.com, path: ../x, tokenFile: t}]}",
    "git: {credentials: [{host: a.example.com, path: a/., tokenFile: t}]}",
    "git: {credentials: [{host: a.example.com, path: \"a/*\", tokenFile: t}]}",
    "git: {tls: [{host: \"*.example.com\", verify: false}]}",
    "indexes: [{name: a, url: \"https://a.example.com/simple?x=1\"}]",
    "indexes: [{name: a, url: \"https://a.example.com/a b\"}]", "include: [\"https://example.com/a.yaml\"]",
    "include: [~/a.yaml]", "linking: reflink", "linking: yes", "linking: [copy]", "linking: {modes: copy}",
    "linking: {distributions: {numpy: soft}}", "linking: {distributions: {\"a b\": copy}}",
    "linking: {distributions: [numpy]}", "pythonPath: [~/a]", "pythonPath: [\"https://example.com/a\"]",
  ]

  private static let invalidHosts = [
    "rules: {}", "hooks: maybe", "variables: A", "variables: [{hosts: [a]}]", "variables: [{match: A, host: x}]",
    "keys: [{name: a}]", "keys: [{key: ssh-ed25519 A}]", "keys: [{name: a, key: ssh-ed25519 A, file: /k}]",
    "variables: [{match: A-B}]", "credentialFiles: [{match: a/b}]", "credentialFiles: [{match: /a/../b}]",
    "variables: [{match: A, hosts: [\"https://a.example.com\"]}]",
    "keys: [{name: a, key: nonsense}]", "policy: {pinned: always}", "policy: {builds: \"${A}\"}",
  ]

  private static func host(_ spec: String) -> String {
    "apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n  \(spec)\n"
  }

  @Test(.enabled(if: PythonTools.shared?.python != nil, "\(PythonTools.absence)"))
  func schemaAndReaderAgree() async throws {
    let frames = [
      "apiVersion: pinion/v2\nkind: ModuleSet\nmetadata: {name: a}\nspec: {}",
      "kind: ModuleSet\nmetadata: {name: a}\nspec: {}", "apiVersion: pinion/v1\nkind: ModuleSet\nspec: {}",
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: My_Set}\nspec: {}",
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: a}",
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: a, labels: {}}\nspec: {}",
      "apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: a}\nspec: {}\nstatus: {}",
    ]
    let good =
      Self.valid.map { ("moduleset.v1", moduleSet($0)) }
      + Self.valid.map { ("vcon-server.v1", "pinion:\n  name: a\n  \($0)\nlinks:\nimports: {a: b.c}\n") }
    let bad =
      (Self.invalid.map { moduleSet($0) } + frames).map { ("moduleset.v1", $0) }
      + Self.invalid.map { ("vcon-server.v1", "pinion:\n  \($0)\nlinks:\n") }
      + [
        "imports: {a: a-b}", "links: {\"\": {module: a}}", "links: {a: {module: a b}}", "links: {a: {pip_name: b}}",
        "links: [a]", "pinion: []", "links: {a: b}",
      ].map { ("vcon-server.v1", $0) }
    let hosts = Self.invalidHosts.map { ("host.v1", Self.host($0)) }
    let answers = try await complaints(good + bad + hosts)
    for (index, task) in (good + bad + hosts).enumerated() {
      let isGood = index < good.count
      #expect(answers[index].isEmpty == isGood, "the schema on:\n\(task.1)\n\(answers[index])")
      let fixture = try ManifestFixture(["m.yaml": task.1])
      fixture.variables = ["U": "s3cr3t"]
      if task.0 == "host.v1" {
        #expect(throws: Failure.self) { try fixture.takeHost("m.yaml") }
      } else {
        #expect(fixture.complaints("m.yaml").hasPrefix("loaded:") == isGood, "the reader on:\n\(task.1)")
      }
    }
  }
}
