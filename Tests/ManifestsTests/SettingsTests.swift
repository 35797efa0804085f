import Manifests
import Model
import Testing

@Suite struct SettingsTests {
  private func environment(_ spec: String, _ variables: [String: String] = [:]) throws -> DesiredEnvironment {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec)])
    fixture.variables = variables
    return try #require(try fixture.load().environments.first)
  }

  @Test func readsIndexes() throws {
    let environment = try environment(
      """
      indexes:
        - {name: main, url: https://packages.example.com/simple}
        - name: acme
          url: https://acme.example.com/simple
          packages: ["Acme_*", secret.tools]
          token: ${ACME_TOKEN}
        - {name: mirror, url: https://mirror.example.com, username: reader, passwordFile: secrets/mirror}
        - {name: artefacts, url: https://artefacts.example.com, username: robot, token: "${T}"}
        - {name: user, url: https://user.example.com, username: "${T}"}
      """, ["ACME_TOKEN": "acme-0123", "T": "t-0123"])
    let indexes = environment.indexes
    #expect(indexes.map(\.name) == ["main", "acme", "mirror", "artefacts", "user"])
    #expect(indexes[1].packages == [Glob("acme-*"), Glob("secret-tools")])
    #expect(indexes[1].location == SourceLocation(file: "pinion.yaml", line: 7, column: 7))
    #expect(indexes[0].credentials == nil)
    let variables = Variables(["ACME_TOKEN": "acme-0123", "T": "t-0123"])
    func resolved(_ index: Int) throws -> [String]? {
      let credentials = try indexes[index].credentials?.resolved(with: variables) { path in
        Array("from \(path.split(separator: "/").last ?? "")\n".utf8)
      }
      return credentials.map { [$0.username, $0.password] }
    }
    #expect(try resolved(1) == ["__token__", "acme-0123"])
    #expect(try resolved(2) == ["reader", "from mirror"])
    #expect(try resolved(3) == ["robot", "t-0123"])
    #expect(try resolved(4) == ["t-0123", ""])
    guard case .file(let path, _)? = indexes[2].credentials?.secret else {
      Issue.record("no file")
      return
    }
    #expect(path == "\(environment.directory)/secrets/mirror")
    func names(_ name: String) throws -> [String] {
      indexes.serving(try #require(PackageName(name))).map(\.name)
    }
    #expect(try names("acme-core") == ["acme"])
    #expect(try names("requests") == ["main", "mirror", "artefacts", "user"])
  }

  @Test func readsGitCredentials() throws {
    let environment = try environment(
      """
      git:
        credentials:
          - {host: GitHub.com, token: "${T}"}
          - {host: github.com, path: /acme/, tokenFile: /run/secrets/acme}
          - {host: "*.example.com", username: robot, password: "${P}"}
          - {host: git.example.com:8443, username: robot, passwordFile: p}
          - {host: github.com, sshKey: keys/id_ed25519, knownHosts: known_hosts, passphrase: "${P}"}
      """, ["T": "t-0123", "P": "p-0123"])
    #expect(
      environment.gitCredentials.map(\.host.text) == [
        "github.com", "github.com", "*.example.com", "git.example.com:8443", "github.com",
      ])
    let directory = environment.directory
    #expect(
      environment.gitCredentials[4].kind
        == .sshKey(
          .file(path: "\(directory)/keys/id_ed25519", SourceLocation(file: "pinion.yaml", line: 11, column: 36)),
          knownHosts: "\(directory)/known_hosts", passphrase: .template(Template([.variable("P", nil)]))))
    func line(_ scheme: String, _ host: String, _ path: String, port: Int? = nil) -> Int? {
      environment.gitCredentials.best(for: RemoteURL(scheme: scheme, host: host, port: port, path: path))?.location.line
    }
    #expect(line("https", "github.com", "/other/repo.git") == 7)
    #expect(line("https", "github.com", "/acme/repo.git") == 8)
    #expect(line("https", "github.com", "/acmeist/repo.git") == 7)
    #expect(line("https", "github.com", "/acme/../other/repo.git") == 7)
    #expect(line("https", "github.com", "/acme/%2e%2e/other/repo.git") == 7)
    #expect(line("ssh", "github.com", "/acme/repo.git") == 11)
    #expect(line("https", "git.example.com", "/a.git") == 9)
    #expect(line("https", "git.example.com", "/a.git", port: 8443) == 10)
    #expect(line("https", "github.com", "/a.git", port: 8443) == nil)
    #expect(line("https", "github.com.evil.example", "/a.git") == nil)
    #expect(line("https", "example.com", "/a.git") == nil)
    #expect(line("file", "", "/a.git") == nil)
    let token = try environment.gitCredentials[0].credentials(
      for: RemoteURL(scheme: "https", host: "github.com", path: "/a"), with: Variables(["T": "t-0123"])
    ) { _ in [] }
    #expect(token?.username == "x-access-token" && token?.password == "t-0123")
  }

  @Test func readsHowCertificatesAreChecked() throws {
    let environment = try environment(
      """
      git:
        tls:
          - {host: "*.Example.com", caFile: certs/acme.pem}
          - {host: git.example.com:8443, verify: false}
          - {host: git.example.com, caFile: "${CA}", verify: true}
      """, ["CA": "/etc/acme.pem"])
    let directory = environment.directory
    #expect(
      environment.gitTLS.map(\.check) == [
        .authorities("\(directory)/certs/acme.pem"), .nothing, .authorities("/etc/acme.pem"),
      ])
    func line(_ host: String, port: Int? = nil, scheme: String = "https") -> Int? {
      environment.gitTLS.best(for: RemoteURL(scheme: scheme, host: host, port: port, path: "/a.git"))?.location.line
    }
    #expect(line("git.example.com") == 9)
    #expect(line("git.example.com", port: 443) == 9)
    #expect(line("git.example.com", port: 8443) == 8)
    #expect(line("other.example.com") == 7)
    #expect(line("other.example.com", port: 8443) == nil)
    #expect(line("example.com") == nil)
    #expect(line("git.example.com", scheme: "http") == nil)
  }

  @Test func readsWhichSignaturesAreAskedFor() throws {
    let environment = try environment(
      """
      git:
        verify:
          mode: "${MODE:-commit}"
          keys: [{name: release, key: "ssh-ed25519 AAAA"}, {name: team, file: keys/team.asc}]
      policy: {rewinds: deny}
      """)
    #expect(environment.signatures.mode == .commit)
    #expect(environment.signatures.keys.map(\.name) == ["release", "team"])
    #expect(
      environment.signatures.keys.map(\.source) == [
        .text("ssh-ed25519 AAAA"), .file("\(environment.directory)/keys/team.asc"),
      ])
    #expect(environment.policy.rewinds == .deny && environment.policy.movedTags == .deny)
    #expect(try self.environment("git: {verify: {mode: none}}").signatures.mode == .none)
    // What nobody states: a tag is held fast, a branch is not.
    let silent = try self.environment("onlyUsed: false")
    #expect(try silent.onFailure == nil && self.environment("onFailure: keep-others").onFailure == .keepOthers)
    #expect(try self.environment("onFailure: fail").onFailure == .fail)
    #expect(silent.policy.rewinds == .warn && silent.policy.movedTags == .deny && silent.signatures == SignatureRule())
    let stated = try self.environment("policy: {rewinds: warn}")
    #expect(stated.policy.rewinds == .warn && stated.policy.movedTags == .warn)
  }

  @Test func aPlatformIsAWordOrAMapping() throws {
    let word = try #require(try environment("platform: x86_64-manylinux_2_28").platform)
    #expect(word.name == "x86_64-manylinux_2_28" && word.python == nil)
    #expect(word.description == PlatformDescription(name: "linux-x86_64", library: .glibc(major: 2, minor: 28)))
    let mapping = try #require(
      try environment("platform: {target: aarch64-unknown-linux-musl, python: 3.10}").platform)
    #expect(mapping.python == "3.10")
    #expect(mapping.description == PlatformDescription(name: "linux-aarch64", library: .musl(major: 1, minor: 2)))
  }

  private static let keyText =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nbGluZS1vZi1rZXk\n-----END OPENSSH PRIVATE KEY-----\n"

  /// The whole value decides: a variable with a key in it is the key, one with a path the path.
  @Test(arguments: [("${KEY}", keyText), ("${KEY}", "/keys/id"), ("${KEY}", ""), ("/keys/${NAME}", "")])
  func aKeyIsAFileOrAText(written: String, value: String) throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": moduleSet("git: {credentials: [{host: github.com, sshKey: \"\(written)\"}]}")
    ])
    fixture.variables = ["KEY": value, "NAME": "id"].filter { !$0.value.isEmpty }
    let loaded = try fixture.load()
    guard case .sshKey(let key, _, _)? = loaded.environments.first?.gitCredentials.first?.kind else {
      Issue.record("no key")
      return
    }
    if value.hasPrefix("/") || written.hasPrefix("/") {
      guard case .file("/keys/id", _) = key else {
        Issue.record("\(key)")
        return
      }
    } else {
      #expect(key == .template(Template([.variable("KEY", nil)])))
      #expect(loaded.warnings.map(\.code) == (value.isEmpty ? [.variableUnset] : []))
    }
  }

  @Test func linkingIsAWordOrAMapping() throws {
    #expect(try environment("onlyUsed: false").links == LinkSettings())
    #expect(try environment("linking: copy").links == LinkSettings(mode: .copy))
    let links = try environment("linking: {mode: \"${M:-hardlink}\", distributions: {Zope.Interface: symlink}}").links
    let name = try #require(PackageName("zope-interface"))
    #expect(links == LinkSettings(mode: .hardlink, distributions: [name: .symlink]))
    let other = try #require(PackageName("other"))
    #expect(links.mode(of: name) == .symlink && links.mode(of: other) == .hardlink)
  }

  @Test func variablesComeToBooleansToo() throws {
    let spec = "blockInstalls: \"${B}\"\nonlyUsed: \"${C:-no}\"\nverification: {env: {A: \"${A:-}\", B: \"\"}}"
    let found = try environment(spec, ["B": "true"])
    #expect(found.blockInstalls && !found.onlyUsed)
    #expect(found.verification.env == ["A": "", "B": ""])
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet("blockInstalls: \"${B}\"")])
    fixture.variables = ["B": "perhaps"]
    #expect(fixture.complaints().hasPrefix("error manifestInvalid: `spec.blockInstalls` cannot be 'perhaps'"))
  }

  @Test(arguments: [
    ">=3.11", "3.12", "3.12.1", ">=3.11,<3.14", "~=3.12", "python3", "python3.13t", "pypy3.10", "/usr/bin/python3",
    "bin/python", "./my venv/bin/python",
  ])
  func interpretersThatCanBeAskedFor(text: String) throws {
    #expect(try environment("python: \"\(text)\"").python == text)
  }

  @Test func aDollarInADefaultIsWrittenTwice() throws {
    #expect(try environment("pythonPath: [\"/a${Y:-x$$y$${}b\"]").pythonPath == ["/ax$y${b"])
  }

  @Test func readsConstraintsAndOverrides() throws {
    let environment = try environment(
      """
      constraints: ["urllib3<2", "Acme_Core==${V} ; python_version < '3.13'"]
      overrides: [x==1, bare, "x==2 ; os_name == 'nt'"]
      """, ["V": "1.5"])
    #expect(
      environment.constraints.map(\.description) == [
        "urllib3<2", "acme-core==1.5 ; python_version < \"3.13\"",
      ])
    #expect(environment.overrides.map(\.description) == ["x==1", "bare", "x==2 ; os_name == \"nt\""])
    #expect(environment.constraints[1].location == SourceLocation(file: "pinion.yaml", line: 5, column: 30))
  }

  @Test func readsPolicies() throws {
    let policy = try environment(
      """
      policy:
        pinned: off
        sources:
          allow: ["acme-*", "https://packages.example.com/*"]
          deny: [left-pad, "git+ssh://*"]
        impliedPackages: allow
        builds: deny
        excludeNewer: 7d
        downgrade: deny
        pth: deny
        collisions: {default: warn, packages: {Acme_Core: error}}
        record: warn
        unpacked: {size: 512MiB, ratio: 50}
        buildLimits: {memory: 2GiB, deadline: 10m}
      """
    ).policy
    let acme = try #require(PackageName("acme-core"))
    #expect(policy.pth == .deny && policy.collisions == RuleByName(.warn, named: [acme: .error]))
    #expect(policy.record == RuleByName(.warn) && policy.unpacked == UnpackLimits(size: 512 << 20, ratio: 50))
    #expect(policy.places[.record]?.line == 16)
    #expect(policy.buildLimits == BuildLimits(memory: 2 << 30, deadline: 600))
    #expect(policy.pinned == .off && policy.builds == .deny && policy.downgrade == .deny)
    #expect(policy.impliedPackages == .allow)
    #expect(policy.excludeNewer == ExcludeNewer(age: 7 * 86_400))
    #expect(policy.sources.layers.first?.allow.map(\.text) == ["acme-*", "https://packages.example.com/*"])
    #expect(policy.sources.layers.first?.deny.map(\.text) == ["left-pad", "git+ssh://*"])
    #expect(policy.places[.builds] == SourceLocation(file: "pinion.yaml", line: 11, column: 13))
    #expect(policy.places[.pinned] == SourceLocation(file: "pinion.yaml", line: 6, column: 13))
    let dated = try environment("policy: {excludeNewer: 2026-01-31, pinned: require}").policy
    #expect(dated.excludeNewer == ExcludeNewer(moment: UTCTime.seconds("2026-02-01T00:00:00Z")))
    #expect(dated.excludeNewer?.description == "2026-01-31")
    #expect(dated.pinned == .require)
  }

  @Test func defaultsDependOnTheKind() throws {
    let fixture = try ManifestFixture(["config.yml": "links:\n"])
    let server = try #require(try fixture.load().environments.first).policy
    #expect(server.pinned == .warn && server.impliedPackages == .warn)
    let set = try environment("modules: {}").policy
    #expect(set.pinned == .off && set.impliedPackages == .deny)
    #expect(set.pth == .warn && set.collisions == RuleByName(.error) && set.record == RuleByName(.error))
    #expect(set.unpacked.largestSize == 8 << 30 && set.unpacked.largestRatio == 200)
    #expect(set.buildLimits.mostMemory == 4 << 30 && set.buildLimits.longest == 1_800)
    #expect(try environment("policy: {builds: isolated}").policy.builds == .isolated)
    #expect(set.builds == .allow && set.downgrade == .allow && set.sources.layers.isEmpty && set.excludeNewer == nil)
  }

  @Test func unsetAndWrittenOutSecretsAreWarnings() throws {
    let spec = """
      indexes: [{name: a, url: https://a.example.com, token: "${NOWHERE}"}]
      git:
        credentials:
          - host: git.example.com
            token: glpat-written-out
      """
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec)])
    let loaded = try fixture.load()
    let text = loaded.warnings.map(fixture.rendered).joined(separator: "\n")
    #expect(
      text == """
        warning variableUnset: the variable NOWHERE is not set: it is needed as soon as the server is asked
          at pinion.yaml:5:59
          |   indexes: [{name: a, url: https://a.example.com, token: ****
          hint: set it first: export NOWHERE=…
        warning literalSecret: a credential is written out in `spec.git.credentials[].token`
          at pinion.yaml:9:16
          |         token: ****
          hint: put it into a variable, 'token: "${TOKEN}"', or into a file, 'tokenFile: /run/secrets/token'
        """)
    #expect(fixture.secrets.redact("it is glpat-written-out") == "it is ****")
  }

  /// A secret does not fall into pieces where `$$` stands, and is one also beside a word for a password, and in `env`.
  @Test func everySecretIsKnownAsAWhole() throws {
    let spec = """
      indexes:
        - {name: a, url: "https://$$T0KEN$$x@a.example.com"}
        - {name: b, url: https://b.example.com, token: "ab$$cd"}
        - {name: c, url: https://c.example.com, username: t0ken-of-c, password: x-oauth-basic}
      verification: {env: {API_TOKEN: written-out, LOG_LEVEL: debug, TOKENIZER: plain}}
      """
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec)])
    let loaded = try fixture.load()
    for secret in ["$T0KEN$x", "ab$cd", "t0ken-of-c", "written-out"] {
      #expect(fixture.secrets.redact(secret) == "****")
    }
    #expect(fixture.secrets.redact("T0KEN x-oauth-basic debug") == "T0KEN x-oauth-basic debug")
    #expect(
      loaded.warnings.map(\.message) == [
        "a credential is written out in this URL", "a credential is written out in `spec.indexes[].token`",
        "a credential is written out in `spec.indexes[].username`",
        "a secret is written out in `spec.verification.env.API_TOKEN`",
      ])
  }

  @Test(arguments: [
    ("empty\n", "the credential file /f holds more than one line of text"), ("", "the credential file /f is empty"),
    ("\n\r\n", "the credential file /f is empty"),
  ])
  func credentialFilesHoldOneLine(content: String, message: String) throws {
    let secret = SecretValue.file(path: "/f", SourceLocation(file: "m.yaml", line: 1, column: 1))
    let bytes = content == "empty\n" ? "a\nb" : content
    let failure = try #require(throws: Failure.self) {
      _ = try secret.resolved(with: Variables([:])) { _ in Array(bytes.utf8) }
    }
    #expect(failure.diagnostics.first?.message == message)
    #expect(try secret.resolved(with: Variables([:])) { _ in Array("tok en\r\n".utf8) } == "tok en")
  }
}
