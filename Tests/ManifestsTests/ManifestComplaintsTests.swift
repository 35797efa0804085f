import Glibc
import Manifests
import Model
import TestSupport
import Testing

/// Complaints about manifests as files and as a whole, on record in `Snapshots/manifest-*.txt`; those about
/// requirements and settings have records of their own.
@Suite struct ManifestComplaintsTests {
  /// Files, and which of them is loaded.
  struct Case {
    var title: String
    var files: [(name: String, text: String)]
    var path: String?
    var host: String?

    init(_ title: String, _ files: [(String, String)], path: String? = nil, host: String? = nil) {
      self.title = title
      self.files = files
      self.path = path
      self.host = host
    }

    /// One ModuleSet; its text is the title.
    static func spec(_ spec: String, host: String? = nil) -> Case {
      Case(spec, [("pinion.yaml", moduleSet(spec))], host: host)
    }

    /// One file; its text is the title.
    static func text(_ text: String, _ name: String = "pinion.yaml") -> Case { Case(text, [(name, text)]) }
  }

  static let documents: [Case] = [
    .text(""), .text("kind: ModuleSet"), .text("apiVersion: pinion/v1"), .text("just: text"), .text("- a list"),
    .text("link: {a: {module: a}}"), .text("linkz:\n  a: {module: a}\n"),
    .text("apiVersion: pinion/v1\nkind: ModulSet\nmetadata: {name: a}\nspec:"),
    .text("apiVersion: pinion/v2\nkind: ModuleSet\nmetadata: {}\nspec:"),
    .text("apiVersion: pinion/v1\nkind: ModuleSet\nmetadata: {name: My Set}"),
    .text("apiVersion: 1\nkind: [ModuleSet]\nmetadata: {nam: a}\nspec: [a]"),
    .text("apiVersion:\nkind: ModuleSet\nmetadata: {name: a}\nspec:"),
    .text("apiVersion: pinion/v1\nkind: HostPolicy\nspec: {}"),
    Case("a directory without files", [("manifests/README", "")]),
    Case("a directory without manifests", [("manifests/a.yaml", "just: text"), ("manifests/b.yml", "")]),
    Case(
      "a directory with other documents",
      [("manifests/a.yaml", "just: text"), ("manifests/b.yml", ""), ("manifests/c.yaml", moduleSet("modules:"))]),
    Case("no manifest at all", []),
    Case("a file that is not there", [], path: "absent.yaml"),
    Case("a URL", [], path: "https://git.example.com/o/r.git"),
    Case("two of one name", [("manifests/a.yaml", moduleSet("")), ("manifests/b.yaml", moduleSet(""))]),
    Case(
      "two with one lockfile",
      [
        ("manifests/a.yaml", moduleSet("lockfile: pylock.toml", name: "a")),
        ("manifests/b.yaml", moduleSet("lockfile: pylock.toml", name: "b")),
      ]),
  ]

  static let yaml: [Case] = [
    .text("a: [b"), .text("a: {b"), .text("a: b: c"), .text("a: \"b"), .text("a:\n\t- b"), .text("a: %b"),
    .text("a: *b"), .text("a: &b [*b]"), .text("a: * b"), .text("a: \"\\q\""), .text("a: !x!y z"), .text("a\nb: c"),
    .text("a:\n- b\nc"), .text("links:\n  <<: a"), .text("links:\n  <<: [{a: b}, 1]"), .text("a: \u{1}"),
    Case("nested too deep", [("pinion.yaml", "a: " + String(repeating: "[", count: 101))]),
    Case(
      "an alias bomb",
      [
        (
          "pinion.yaml",
          "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            + (1...6).map { "a\($0): &a\($0) [*a\($0 - 1),*a\($0 - 1),*a\($0 - 1),*a\($0 - 1),*a\($0 - 1)]\n" }.joined()
            + "b: [*a6,*a6]\n"
        )
      ]),
    .text("links:\n  a: [b\n"), .text("links:\n  a: {b\n\n# c\n"), .text("links:\n  a: \"b\n"),
    Case(
      "directives without end",
      [("pinion.yaml", (0...100).map { "%TAG !a\($0)! tag:a,\($0):\n" }.joined() + "---\na: b\n")]),
    Case("documents without end", [("pinion.yaml", String(repeating: "--- a\n", count: 1_001))]),
    Case("a very long tag", [("pinion.yaml", "links: !" + String(repeating: "x", count: 10_000) + " a\n")]),
    .text("links:\n  a: {modul: a, pip_nme: x}\n  a: {module: a}\n"),
    .text("links: {a: {}}\nlinks: {a: {module: a}}\n"),
    .spec("modules: {a: {modul: a}, a: {module: a}, \"\": {module: b}}"),
    .text("links:\n  a: {module: a}\n  a: {module: b}\n"), .text("links:\n  [a]: {module: a}\n"),
    .spec("python: >=3.11"), .spec("python: |3.11"),
    .spec("modules: {a: {module: a, pip_name: git+https://${U}@example.org/r.git}}"),
    .spec("modules: {a: {module: a, pip_name: ${X}}}"), .spec("provided: [${X}]"),
    .spec("modules:\n  a: {module: a, pip_name: foo[bar]>=1,<2}"),
    .text("a: b\n...\nc: d\n"), .text("%YAML 3.0\n---\na: b\n"), .text("%FOO\n---\na: b\n"),
    .text("%YAML x\n---\n"), .text("a: - b"), .text("a: [b,,c]"), .text("a: >0\n  b"), .text("a: 'b\n---\nc'"),
    .text("a: \"\\uD800\""), .text("a: \"\\xZZ\""), .text("a: !<b c"), .text("a: !b%ZZ c"), .text("a: |\n \t\n\tb\nc"),
    .spec("modules: {a: {module: a, module: b}, b: {modul: c}, a: {module: a}}\nmodules: {}"),
    .spec("policy: {pined: warn}\nindexes: [{name: a}]\npolicy: {}\nindexes: []"),
    .text(moduleSet("modules: {a: {modul: b}}\npython: yes") + "spec: {}\n"),
    .text("pinion: {nam: x, base: ~/x, base: /y}\npinion: {modules: {a: {modul: b}}, modules: {}}\nlinks:\n"),
    .spec("modules:\n  a: &a {module: a}\n  b: {<<: *a, modle: x}\n  c: {<<: foo}\n  d: {modul: a, <<: [*a, 1]}"),
    .spec("modules:\n  a: {module: *b, pip_name: x}\n  b: {<<: *c, modul: d}\n  e: &e {<<: *e}\n  f: {modul: a}"),
    Case("a merge in a host's file", [("pinion.yaml", moduleSet(""))], host: "policy: {<<: x, pined: warn}"),
  ]

  static let entries: [Case] = [
    .text("links:\n  a:\n  b: my_link.main\n  c: my link\n  d: [x]\n  e: {}\n", "config.yml"),
    .text("imports:\n  a: my-link\n  b: my_link.py\n", "config.yml"),
    .text("links:\n  a: {module: a, pip-name: a}\n", "config.yml"),
    .text("imports: {e: \"\"}\n", "config.yml"),
    .text("link: {}\nimports: {a: {module: a, expect: [b]}}\n", "config.yml"),
    .text("links:\n  a: {module: links.deepgram_link}\n", "config.yml"),
    .text("links: [a]\nstorages: x\n", "config.yml"),
    .text("pinion: {modules: {a: {module: a}}, nam: b}\nlinks:\n", "config.yml"),
    .spec("modules: {a: {module: \"\"}, b: {module: 1}, c: {module: }, d: {module: true}, e: {module: [x]}}"),
    .spec("modules: {a: {module: my_link.py}, b: {module: my-link}, c: {module: \"a:run\"}, d: {module: .a}}"),
    .spec("modules: {a: {module: a/b.py}, b: {module: a..b}, c: {module: \"git+https://example.org/r.git\"}}"),
    .spec("modules: {a: {module: a, expects: [run, not-a-name], verification: {mode: no, deadline: 0s}}}"),
    .spec("modules: {a: {module: a, expects: run, verification: yes}}"),
    .spec("modules: {a: {modul: a}, b: a}"), .spec("modules: {a: {module: \"${X\"}, b: {module: \"${ABSENT}\"}}"),
    .spec("modules: {a: {module: a, pip_name: \"${ABSENT}\"}}"),
    .spec("modules: {a: {module: a, pip_name: \"git+https://${ABSENT}@example.org/r.git\"}}"),
    .spec("modules: {a: {module: a, pip_name: \"git+https://t0ken@example.org/r.git\"}}"),
    .spec("modules: {a: {module: a, pip_name: \"git+http://${U}@example.org/r.git\"}}"),
    .spec("modules: {a: {module: a, pip_name: ./absent}, b: {module: b, pip_name: ./absent.whl}}"),
    .spec("modules: {a: {module: a, pip_name: ./pinion.yaml}, b: {module: b, pip_name: ./absent-1.zip}}"),
    .spec("modules: {a: {module: a, pip_name: ./absent}}"),
    .spec("modules: {a: {module: a, pip_name: \"git+https://example.org/r.git -i https://i.example.com\"}}"),
    Case(
      "a directory with an archive's name",
      [("pinion.yaml", moduleSet("modules: {a: {module: a, pip_name: ./a-1.zip}}")), ("a-1.zip/README", "")]),
    Case(
      "what moves",
      [
        (
          "pinion.yaml",
          moduleSet(
            """
            policy: {pinned: require, builds: deny}
            modules:
              a: {module: a, pip_name: "git+https://example.org/a.git@semver:>=1,<2"}
              b: {module: b, pip_name: "git+https://example.org/b.git"}
              c: {module: c, pip_name: "c==1 --no-binary :all:"}
            """)
        )
      ]),
    Case("options of pip", [("config.yml", "links:\n" + options)]),
    .spec("modules: {a: {module: a, pip_name: \"git+https://example.org/r.git@semver:()\"}}"),
    .spec("indexes: [{name: a, url: \"http://p.example.com/simple\", token: \"${U}\"}]"),
    .spec("indexes: [{name: a, url: \"https://p.example.com/simple\", token: \"${ABSENT}\"}]"),
    .spec("indexes: [{name: a, url: \"https://p.example.com/simple\", token: \"t0ken\"}]"),
    .spec(
      "indexes: [{name: acme, url: \"https://acme.example.com/simple\", packages: [\"acme-*\"]}]\nmodules: {a: {module: a, pip_name: \"acme-core -i https://other.example.com/simple\"}}"
    ),
    .spec("git: {verify: {mode: commit, keys: [release, second-key], nope: 1}}"),
    .spec(
      "git:\n  credentials:\n  - host: github.com\n    sshKey: |\n      -----BEGIN X-----\n      s3cr3t\n      -----END X-----"
    ),
    .spec("modules: {a: {module: a, pip_name: \"git+https://t0ken@git.example.org:8443/r.git@v1.0\"}}"),
    .spec("git: {verify: {mode: commit, keys: [{name: release, file: k, nope: 1}]}}"),
    .spec("git: {verify: {mode: commit, keys: [{name: release, key: private-half}]}}"),
    .spec("verification: {env: {API_TOKEN: t0ken-value}}"),
    .spec("lockfile: lock.toml"), .spec("lockfile: pylock.a.b.toml"), .spec("provided: [\"a b\"]"),
    .spec("provided: links"), .spec("python:"), .spec("python: \"\""), .spec("blockInstalls: maybe"),
    .spec("verification: on"), .spec("verification: sometimes"), .spec("verification: {env: {\"1A\": b, C: [d]}}"),
    .spec("verification: {deadline: \"\"}"), .spec("verification: {deadline: 3 weeks}"),
    .spec("verification: {deadline: 3}"), .spec("verification: {deadline: 3y}"),
    .spec("verification: {deadline: 1s1m}"),
    .spec("verification: {deadline: 0s}"), .spec("lock: {update: allways}"), .spec("pyhton: \"3.12\""),
    .spec(
      "policy: {pinned: warn}\ngit: {credentials: [{host: github.com, tokenFile: /etc/t}]}",
      host: "policy: {pinned: require}\ncredentialFiles: [{match: /etc/t, hosts: [example.org]}]"),
  ]

  /// One link for each thing to do instead.
  private static let options = [
    "no-index", "requirement", "constraint", "require-hashes", "prefer-binary", "no-build-isolation", "target",
    "upgrade",
    "force-reinstall", "platform", "uploaded-prior-to", "proxy", "dry-run", "report", "config-settings", "trusted-host",
    "no-clean",
  ].map { "  \($0): {module: a, pip_name: \"x --\($0)\"}\n" }.joined()

  static let includes: [Case] = [
    Case(
      "a circle",
      [("pinion.yaml", moduleSet("include: [b.yaml]")), ("b.yaml", moduleSet("include: [pinion.yaml]", name: "b"))]),
    Case(
      "thirty-four in a row",
      [("pinion.yaml", moduleSet("include: [f1.yaml]"))]
        + (1...34).map { ("f\($0).yaml", moduleSet("include: [f\($0 + 1).yaml]", name: "f\($0)")) }
        + [("f35.yaml", moduleSet("", name: "f35"))]),
    Case(
      "one module twice",
      [
        ("pinion.yaml", moduleSet("include: [b.yaml]\nmodules: {a: {module: a}}")),
        ("b.yaml", moduleSet("modules: {a: {module: a}}", name: "b")),
      ]),
    Case(
      "files that disagree",
      [
        ("pinion.yaml", moduleSet("include: [b.yaml, c.yaml]")),
        (
          "b.yaml",
          moduleSet("python: \"3.11\"\noverrides: [a==1]\nindexes: [{name: i, url: https://i.example.com}]", name: "b")
        ),
        (
          "c.yaml",
          moduleSet("python: \"3.12\"\noverrides: [a==2]\nindexes: [{name: i, url: https://j.example.com}]", name: "c")
        ),
      ]),
    Case(
      "files that disagree about git",
      [
        ("pinion.yaml", moduleSet("include: [b.yaml, c.yaml]")),
        (
          "b.yaml",
          moduleSet("git: {tls: [{host: a.example.com, caFile: /b.pem}], verify: {mode: none}}", name: "b")
        ),
        (
          "c.yaml",
          moduleSet(
            "git:\n  tls: [{host: a.example.com, caFile: /c.pem}]\n"
              + "  verify: {mode: commit, keys: [{name: k, file: /k.pub}]}", name: "c")
        ),
      ]),
    Case(
      "certificates that nobody looks at",
      [("pinion.yaml", moduleSet("git: {tls: [{host: a.example.com, verify: false}]}"))]),
    Case("paths that a shell would expand", [("pinion.yaml", moduleSet("include: [~/x.yaml, \"~/*.yaml\"]"))]),
    Case("an absent file", [("pinion.yaml", moduleSet("include: [absent.yaml, \"conf/*.yaml\"]"))]),
  ]

  /// What is said: errors, else warnings and notes.
  private func said(_ fixture: ManifestFixture, _ path: String?) -> [Diagnostic] {
    do throws(Failure) {
      let loaded = try fixture.load(path)
      return loaded.warnings + loaded.environments.flatMap { $0.policy.breaches(of: $0) }
    } catch {
      return error.diagnostics
    }
  }

  private func add(_ entry: Case, to record: inout ComplaintRecord) throws {
    let fixture = try ManifestFixture(Dictionary(uniqueKeysWithValues: entry.files))
    fixture.variables = ["U": "s3cr3t"]
    if let host = entry.host {
      try fixture.write(Array(("apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n" + indented(host)).utf8), "host.yaml")
      do throws(Failure) { try fixture.takeHost("host.yaml") } catch {
        return record.add(entry.title, error.diagnostics)
      }
    }
    let diagnostics = said(fixture, entry.path).map { diagnostic in
      var shown = diagnostic
      shown.message = shown.message.replacing(fixture.directory, with: "DIR")
      if case .path(let path) = shown.place { shown.place = .path(path.replacing(fixture.directory, with: "DIR")) }
      return shown
    }
    #expect(!diagnostics.isEmpty, "nothing was said of '\(entry.title)'")
    let before = record.text.count
    record.add(entry.title, diagnostics)
    #expect(!record.text.dropFirst(before + entry.title.count * 2).contains("s3cr3t"))
  }

  private func indented(_ text: String) -> String { text.split(separator: "\n").map { "  \($0)\n" }.joined() }

  @Test(arguments: ["manifest-documents", "manifest-yaml", "manifest-entries", "manifest-includes"])
  func areOnRecord(name: String) throws {
    let cases = [
      "manifest-documents": Self.documents, "manifest-yaml": Self.yaml, "manifest-entries": Self.entries,
      "manifest-includes": Self.includes,
    ]
    var record = ComplaintRecord()
    for entry in try #require(cases[name]) { try add(entry, to: &record) }
    if name == "manifest-yaml" {
      // Whatever libyaml complains of has a way out.
      let said = record.text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.hasPrefix(" ") }
      #expect(said.count == record.text.split(separator: "\n").count { $0.hasPrefix("  try: ") })
    }
    #expect(try record.isOnRecord(as: name, beside: #filePath))
  }

  /// What is no readable file.
  @Test func filesAreOnRecord() throws {
    let fixture = try ManifestFixture(["directory/a.txt": ""])
    try #require(mkfifo("\(fixture.directory)/pipe.yaml", 0o600) == 0)
    try #require(symlink("loop.yaml", "\(fixture.directory)/loop.yaml") == 0)
    try fixture.write([UInt8](repeating: UInt8(ascii: "\n"), count: 16 * 1024 * 1024 + 1), "large.yaml")
    try fixture.write(Array("a: b\nc: ".utf8) + [0xE9, UInt8(ascii: "\n")], "latin.yaml")
    try fixture.write(Array("apiVersion: pinion/v1\nkind: HostPolicy\nspec: {}\n".utf8), "host.yaml")
    try fixture.write([], "empty.yaml")
    try fixture.write(Array("apiVersion: pinion/v1\nkind: HostPolicy\nspec: {}\n---\na: \"${B}\"\n".utf8), "two.yaml")
    var record = ComplaintRecord()
    for name in ["directory", "pipe.yaml", "loop.yaml", "large.yaml", "latin.yaml", "host.yaml", "/dev/null"] {
      record.add("-f \(name)", said(fixture, name))
    }
    let text = moduleSet("include: [pipe.yaml, loop.yaml, large.yaml, latin.yaml]\nmodules: {a: {modul: b}}")
    try fixture.write(Array(text.utf8), "including.yaml")
    record.add("include of the same", said(fixture, "including.yaml"))
    let socket = try listener(at: "\(fixture.directory)/socket.yaml")
    defer { close(socket) }
    for name in ["directory", "pipe.yaml", "socket.yaml", "absent.yaml", "empty.yaml", "latin.yaml", "two.yaml"] {
      try record.add("--host-policy \(name)") { try fixture.takeHost(name) }
    }
    #expect(try record.isOnRecord(as: "manifest-files", beside: #filePath))
  }

  private func listener(at path: String) throws -> Int32 {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    return descriptor
  }

  /// As many warnings as anybody reads.
  @Test(.timeLimit(.minutes(3))) func thereIsALastWarning() throws {
    let entries = (0..<3_000).map {
      "  a\($0): {module: a, pip_name: \"git+https://t0ken\($0)@example.org/r.git@v1.0\"}\n"
    }
    let fixture = try ManifestFixture(["config.yml": "links:\n" + entries.joined()])
    let warnings = try fixture.load().warnings
    #expect(warnings.count == 501)
    #expect(!String(reflecting: warnings).contains("t0ken"))
    var record = ComplaintRecord()
    record.add("the last of many warnings", warnings.suffix(1))
    #expect(try record.isOnRecord(as: "manifest-many-warnings", beside: #filePath))
  }

  /// A pattern that would take all files of a machine.
  @Test func aPatternThatFitsTooMuch() throws {
    var files = ["pinion.yaml": moduleSet("include: [\"conf/*\"]")]
    for number in 0...1_000 { files["conf/\(number).yaml"] = "" }
    let fixture = try ManifestFixture(files)
    var record = ComplaintRecord()
    record.add("1,001 files", said(fixture, nil))
    #expect(try record.isOnRecord(as: "manifest-globs", beside: #filePath))
  }

  /// A hostile text does not fill the screen for ever.
  @Test func thereIsALastOne() throws {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet((0..<600).map { "x\($0): 1\n" }.joined())])
    let complaints = said(fixture, nil)
    #expect(complaints.count == 501)
    var record = ComplaintRecord()
    record.add("the last of many", complaints.suffix(1))
    #expect(try record.isOnRecord(as: "manifest-many", beside: #filePath))
  }
}
