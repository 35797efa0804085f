import Model
import Testing

@testable import Manifests

@Suite struct SecretTests {
  @Test func aWrittenOutTokenIsAWarning() throws {
    let fixture = try ManifestFixture(["config.yml": link("git+https://ghp_s3cret@github.com/org/r.git@v1")])
    let loaded = try fixture.load()
    #expect(
      loaded.warnings.map(fixture.rendered) == [
        """
        warning literalSecret: a credential is written out in this URL
          at config.yml:4:27
          |     pip_name: git+https://****@github.com/org/r.git@v1
          hint: put it into a variable: git+https://${GITHUB_TOKEN}@github.com/…
        """
      ])
    #expect(fixture.secrets.redact("a ghp_s3cret b") == "a **** b")
    let requirement = try #require(loaded.environments.first?.modules.first?.requirement.read)
    #expect(requirement.git?.description == "git+https://github.com/org/r.git@v1")
  }

  @Test(arguments: [
    ("git+https://me:pa55word@example.com/r", ["pa55word"], "git+https://USER:${TOKEN}@example.com/…"),
    ("git+https://me:p%4055word@example.com/r", ["p@55word", "p%4055word"], "git+https://USER:${TOKEN}@example.com/…"),
  ])
  func everyFormIsRegistered(pipName: String, secrets: [String], advice: String) throws {
    let fixture = try ManifestFixture(["config.yml": link(pipName)])
    let loaded = try fixture.load()
    #expect(loaded.warnings.first?.hint == "put it into a variable: \(advice)")
    for secret in secrets { #expect(fixture.secrets.redact(secret) == "****") }
  }

  /// Every place of a URL with a credential: one warning for each, which shows how to write it, and no word of it anywhere.
  @Test(arguments: [
    ("git+https://S3CRETS@example.com/r@v1", ["git+https://${TOKEN}@example.com/…"]),
    ("https://S3CRETS@example.com/x-1.0.zip", ["https://${TOKEN}@example.com/…"]),
    ("x @ https://me:S3CRETS@example.com/x-1.0.zip", ["https://USER:${TOKEN}@example.com/…"]),
    ("x --index-url https://me:S3CRETS@example.com/simple", ["https://USER:${TOKEN}@example.com/…"]),
    (
      "x --extra-index-url=https://S3CRETS@one.example.com/ -fhttps://me:S3CRETS@two.example.com/",
      ["https://${TOKEN}@one.example.com/…", "https://USER:${TOKEN}@two.example.com/…"]
    ),
    ("x -i 'https://S3CRETS@example.com/simple'", ["https://${TOKEN}@example.com/…"]),
    ("x ${OPTION}", []), ("${REPOSITORY}", []),
  ])
  func everyFormWarnsOfALiteral(pipName: String, advice: [String]) throws {
    let fixture = try ManifestFixture(["config.yml": link("\"\(pipName)\"")])
    fixture.variables = [
      "OPTION": "--index-url https://S3CRETS@example.com/", "REPOSITORY": "git+https://me:S3CRETS@example.com/r",
    ]
    let loaded = try fixture.load()
    #expect(loaded.warnings.map(\.hint) == advice.map { "put it into a variable: \($0)" })
    #expect(loaded.warnings.allSatisfy { $0.code == .literalSecret })
    #expect(!String(reflecting: loaded.warnings).contains("S3CRETS"))
    #expect(fixture.secrets.redact("S3CRETS") == "****")
    let module = try #require(loaded.environments.first?.modules.first)
    #expect(try module.requirementText()?.contains("S3CRETS") == false)
    let inputs = try ResolutionInputs(try #require(loaded.environments.first))
    #expect(!inputs.lines.joined().contains("S3CRETS"))
    let urls = try #require(module.requirement.read).urls
    #expect(urls.allSatisfy { $0.userInfo != nil })
  }

  @Test func credentialsOverPlainHTTPAreNoticedEverywhere() throws {
    let text = """
      links:
        a: {module: a, pip_name: "https://${T}@example.com/x-1.0.zip"}
        b: {module: b, pip_name: "http://${T}@example.com/x-1.0.zip"}
        c: {module: c, pip_name: "x --index-url http://${T}@i.example.com/ --find-links http://127.0.0.1/"}
        d: {module: d, pip_name: "y --index-url http://${T}@127.0.0.1/"}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    fixture.variables = ["T": "t0ken-value"]
    #expect(
      try fixture.load().warnings.map(\.message) == [
        "credentials for example.com go over plain http", "credentials for i.example.com go over plain http",
      ])
  }

  @Test(arguments: [
    "git+https://me:${TOKEN}@example.com/r", "git+https://${TOKEN}:x-oauth-basic@example.com/r",
    "git+https://git@example.com/r",
  ])
  func namesAreNoSecrets(pipName: String) throws {
    let fixture = try ManifestFixture(["config.yml": link(pipName)])
    fixture.variables = ["TOKEN": "value-of-token"]
    #expect(try fixture.load().warnings.isEmpty)
    #expect(fixture.secrets.redact("git x-oauth-basic") == "git x-oauth-basic")
  }

  @Test func unsetVariables() throws {
    let text = """
      links:
        a: {module: a.main, pip_name: "git+https://${GIT_TOKEN}@example.com/r.git"}
        b: {module: b.main, pip_name: "b-link==${B_VERSION}"}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    let loaded = try fixture.load()
    #expect(
      loaded.warnings.map(fixture.rendered) == [
        """
        warning variableUnset: the variable GIT_TOKEN is not set: it is needed as soon as the server is asked
          at config.yml:2:46
          |   a: {module: a.main, pip_name: "git+https://${GIT_TOKEN}@example.com/r.git"}
          hint: set it first: export GIT_TOKEN=…
        """,
        """
        warning variableUnset: the variable B_VERSION is not set: `links.b.pip_name` cannot be read without it
          at config.yml:3:42
          |   b: {module: b.main, pip_name: "b-link==${B_VERSION}"}
          hint: set it first: export B_VERSION=…
        """,
      ])
    let modules = try #require(loaded.environments.first?.modules)
    #expect(try modules[0].requirementText() == "git+https://example.com/r.git")
    let place = SourceLocation(file: "config.yml", line: 3, column: 42)
    #expect(modules[1].requirement == .unset([.variable("B_VERSION", place)]))
    #expect(throws: Failure.unsetVariable("B_VERSION", at: place)) { try modules[1].requirementText() }
  }

  /// Whatever goes wrong, no secret is in what is said.
  @Test(arguments: [
    link("git+https://S3CRET@example.com/r.git@a..b"), link("git+https://S3CRET@example.com:x/r"),
    link("git+https://me:S3/CRET@example.com/r"), link("\"git+https://me:S3/CRET@example.com/r"),
    link("git+ssh://me:S3CRET@example.com/r"), link("https://S3CRET@example.com/x.zap"),
    link("x --index-ur=https://S3CRET@example.com/"), link("x --index-url https://me:S3CRET@example.com:x/"),
    link("x==https://S3CRET@example.com/"), link("x @ https://S3CRET@example.com/"),
    link("a", module: "git+https://S3CRET@example.com/r.git"), link("git+https://${T:-S3CRET}@example.com:x/r"),
    link("x --index-url https://S3CRET@example.com/ --nope"), link("x --pre https://S3CRET@example.com/"),
    link("x --no-binary https://S3CRET@example.com/"), link("x --hash https://S3CRET@example.com/"),
    link("x --find-links ftp://S3CRET@example.com/"), link("x -ihttps://me:S3CRET@example.com:x/"),
    link("--index-url=https://S3CRET@example.com/"), link("https://S3CRET@example.com/x.zip#sha256=aa"),
    link("S3CRET@example.com:org/r.git"), link("git+me:S3CRET@example.com:org/r.git"), link("S3CRET@example.com/r"),
    link("x @ S3CRET@example.com/r"), link("x @ me:S3CRET@example.com"), link("'git+me:S3CRET@example.com:org/r.git'"),
    "links: {a: {module: a-b, pip_name: \"git+https://S3CRET@example.com/r\"}}",
    "ingress_auth:\n  a: \"S3CRET: x: y\n", "ingress_auth:\n  a:\n    - \"S3CRET\" b\n",
    "links:\n  a:\n    options:\n      x: S3CRET: y\n", "links:\n  a:\n    options: {api_key: S3CRET, x\n",
    "storages:\n  a:\n    options:\n      - S3CRET: y: z\n", "api_key: S3CRET: x\n", "accessToken: S3CRET: x\n",
    moduleSet("indexes: [{name: a, url: \"https://me:S3CRET@example.com:x/simple\"}]"),
    moduleSet("indexes: [{name: a, url: \"ftp://me:S3CRET@example.com/simple\"}]"),
    moduleSet("git: {credentials: [{host: \"S3CRET@h8.example.com\", tokenFile: /t}]}"),
    moduleSet("provided: [\"https://S3CRETS3CRETS3CRETS3CRETS3CRETS3CRETS3CRETS3CRETS3CRETS3CRETS3CRET@h/x\"]"),
    moduleSet("indexes: [{name: a, url: https://a.example.com, tokne: S3CRET, pat: [S3CRET]}]"),
    moduleSet("indexes:\n  - S3CRET"), moduleSet("indexes: S3CRET"), moduleSet("indexes: [\"https://h/x\", S3CRET]"),
    moduleSet("indexes: {name: a, url: \"https://h/x\", tokne: S3CRET}"),
    moduleSet("git: {credentials: {host: h.example.com, tokne: S3CRET}}"), moduleSet("indexes: [{S3CRET: x}]"),
    moduleSet("git:\n  credentials:\n    - S3CRET"), moduleSet("git: {credentials: [[S3CRET]]}"),
    moduleSet("git:\n  credentials:\n    - {S3CRET: x}"), link("git+git@https:S3CRET@example.com/r.git"),
    link("x @ https://example.com/x-1-py3-none-any.whl#token=S3CRET"), link("git+https://h/r#token=S3CRET"),
    moduleSet("git:\n  credentials:\n    - {host: a.example.com, tkn: S3CRET}"),
    moduleSet("git:\n  credentials:\n    - host: a.example.com\n      pasword: S3CRET"),
    moduleSet("git: {credentials: [{host: a.example.com, tokenFile: \"-----BEGIN X-----\\nS3CRET\"}]}"),
    moduleSet("git: {credentials: [{host: a.example.com, token: x, sshKey: \"-----BEGIN X-----\\nS3CRET\"}]}"),
    moduleSet("python: \"https://S3CRET@example.com/x\"\nbase: \"https://S3CRET@example.com/x\""),
    moduleSet(
      "git: {credentials: [{host: h.example.com, sshKey: \"-----BEGIN OPENSSH PRIVATE KEY-----\\nS3CRET\", nope: x}]}"),
    moduleSet("git:\n  credentials:\n    - host: h.example.com\n      token:S3CRET"),
    moduleSet("git:\n  credentials:\n    - host: h.example.com\n      token S3CRET"),
    moduleSet("git:\n  credentials:\n    - {host: h.example.com, token S3CRET}"),
    moduleSet("git:\n  credentials:\n    - {host: h.example.com, tokenp S3CRET}"),
    moduleSet("git:\n  credentials:\n    - {host: h.example.com, token: *S3CRET}"),
    moduleSet("git:\n  credentials:\n    - {host: h.example.com, token: !S3CRET}"),
    "ingress_auth:\n  a: *S3CRET\n", link("foo --token S3CRET"), link("foo --token=S3CRET"),
    link("foo --password S3CRET"),
    link("git+https://S3CRET @example.com/r.git"), link("git+https://example.com:S3CRET/r.git"),
    link("git+https://me:S3CRET second@example.com/r"), link("git+https://u%3AS3CRET%40example.com:x/r"),
    moduleSet("indexes: [{name: a, url: \"https://u:S3CRETexample.com/simple\"}]"),
    link("x --index-url https://u:S3CRETexample.com/simple"), moduleSet("verification: {envv: {FOO: S3CRET}}"),
    "links:\n  a: {module: a-b, optins: {api: S3CRET}}\n",
    "links:\n  a: {module: a-b, pip_name: ghp_S3CRETS3CRETS3CRET}\n",
    moduleSet("index: [{name: a, pw: S3CRET}]"),
    moduleSet("verification: {env: {TOKEN: [S3CRET]}}"), moduleSet("verification:\n  env:\n    A: [S3CRET]"),
  ])
  func neverShown(text: String) throws {
    let fixture = try ManifestFixture(["config.yml": text])
    do throws(Failure) {
      _ = try fixture.load("config.yml")
      Issue.record("this was read: \(text)")
    } catch {
      let said = String(reflecting: error.diagnostics)
      #expect(!said.contains("S3CRET") && !said.contains("S3/CRET") && !said.contains("CRET"))
    }
  }

  /// A secret that a variable brings to the wrong place is refused, and shown nowhere, in no case of letters.
  @Test(arguments: [
    link("https://example.com/x.zip?private_token=${API_TOKEN}"), link("https://example.com/${API_TOKEN}/x.zip"),
    link("git+https://${API_TOKEN}example.com/r.git"), link("x --find-links https://example.com/?k=${API_TOKEN}"),
    link("x -i https://example.com/${API_TOKEN}/simple"), link("x==${API_TOKEN}"),
    moduleSet("indexes: [{name: a, url: \"https://example.com/${API_TOKEN}/simple\"}]"),
    moduleSet("provided: [\"a b ${API_TOKEN}\"]"), moduleSet("base: \"https://${API_TOKEN}\""),
    moduleSet("git: {credentials: [{host: \"${API_TOKEN}.example.com!\", tokenFile: /t}]}"),
    moduleSet("git: {credentials: [{host: \"${VALUE}@example.com\", tokenFile: /t}]}"),
    moduleSet("git: {credentials: [{host: example.com, tokenFile: \"${KEY}\"}]}"),
  ])
  func variablesInTheWrongPlaceAreNotShown(text: String) throws {
    let fixture = try ManifestFixture(["config.yml": text])
    fixture.variables = [
      "API_TOKEN": "S3CRET-Value", "VALUE": "S3CRET-Value",
      "KEY": "-----BEGIN OPENSSH PRIVATE KEY-----\nS3CRET-Value\n",
    ]
    let said = fixture.complaints("config.yml")
    #expect(said.hasPrefix("error "), "this was read: \(text)")
    #expect(!said.lowercased().contains("s3cret"), "\(said)")
  }

  /// A complaint quotes words, cuts long ones, and suggests names: none of these may be a part of a secret.
  @Test(
    arguments: [
      link("foo ${API_TOKEN}"), link("foo=${API_TOKEN}"), link("foo ; ${API_TOKEN} == 'x'"),
      link("foo==1 --${API_TOKEN}"),
      link("a", module: "x.${API_TOKEN}").replacing(
        "links", with: "pinion: {modules: {m: {module: \"x-${API_TOKEN}\"}}}\nlinks"),
      moduleSet("verification: {deadline: \"${API_TOKEN}\"}"), moduleSet("policy: {excludeNewer: \"${API_TOKEN}\"}"),
      moduleSet("git: {credentials: [{host: \"https://${API_TOKEN}@example.com\", tokenFile: /t}]}"),
      moduleSet("constraints: [\"x ${API_TOKEN}\"]"), moduleSet("overrides: [\"x[${API_TOKEN}\"]"),
      moduleSet("python: \"${API_TOKEN}\""), moduleSet("provided: [\"a b ${API_TOKEN}\"]"),
    ],
    [
      "dGVzdCS3cr3tXX/YY9zzzz+QQ8wwww==", "ghp_S3cr3tXXAAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJYY9zzzz",
      "glpat-S3cr3tXX-YY9zzzz",
      "S3cr3tXX YY9zzzz", "S3cr3tXX'YY9zzzz", "S3CR3TXX_YY9ZZZZ",
    ])
  func partsOfVariablesAreNotShown(text: String, value: String) throws {
    let fixture = try ManifestFixture(["config.yml": text])
    fixture.variables = ["API_TOKEN": value]
    let said = fixture.complaints("config.yml").lowercased()
    for part in ["s3cr3t", "yy9z", "qq8w"] { #expect(!said.contains(part), "\(said)") }
  }

  /// `tokenFile: "${TOKEN}"` names a file that is not there; what says so shows no value.
  @Test(arguments: ["API_TOKEN", "GH"])
  func aTokenInPlaceOfItsFileIsNotShown(name: String) throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": moduleSet("git: {credentials: [{host: example.com, tokenFile: \"${\(name)}\"}]}")
    ])
    fixture.variables = [name: "ghp_S3CRET"]
    let credential = try #require(try fixture.load().environments.first?.gitCredentials.first)
    #expect(!fixture.secrets.redact("\(credential.kind)").contains("S3CRET"))
  }

  @Test(arguments: [
    ("GITHUB_TOKEN", true), ("API_KEY", true), ("KEY", true), ("DB_PASSWORD2", true), ("pat", true),
    ("TOKENIZER_VERSION", false), ("S3_KEY", false), ("SECRET_REPO", false), ("MONKEY", false), ("AUTHOR", false),
    ("PATH", false), ("ROOT", false),
  ])
  func namesOfSecrets(name: String, isSecret: Bool) {
    #expect(Excerpt.namesSecret(name) == isSecret)
  }

  /// A default is written out, whatever it stands for.
  @Test func aDefaultMayBeAURLWithACredential() throws {
    let text = """
      links:
        a: {module: a, pip_name: "${LINK:-git+ssh://git@example.com/r.git@v1}"}
        b: {module: b, pip_name: "${LINK:-git+https://me:S3CRETS@example.com/r.git}"}
      pinion: {indexes: [{name: a, url: "${IU:-https://u:S3CRETS@example.com/simple}"}]}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    let loaded = try fixture.load()
    #expect(
      loaded.warnings.map { "\($0.message): \($0.hint ?? "")" } == [
        "a credential is written out in this URL: put it into a variable: git+https://USER:${TOKEN}@example.com/…",
        "a credential is written out in this URL: put it into a variable: https://USER:${TOKEN}@example.com/…",
      ])
    #expect(fixture.secrets.redact("S3CRETS") == "****")
    let modules = try #require(loaded.environments.first?.modules)
    #expect(
      try modules.map { try $0.requirementText() } == [
        "git+ssh://git@example.com/r.git@v1", "git+https://example.com/r.git",
      ])
    fixture.variables = ["LINK": "git+https://other.example.com/r.git"]
    #expect(
      try fixture.load().environments.first?.modules[0].requirementText() == "git+https://other.example.com/r.git")
  }

  /// The line is the user's own; what Pinion says of it quotes nothing that may be a token in the wrong place.
  @Test(arguments: [
    "x --hash S3CRET:aa", "x --S3CRET@=1", "x -S3CRET", "x --S3CRET_x", "https://example.com/x.zip#me:S3CRET@h=1",
    "./x#S3CRET", "git+https://h/r#egg=S3CRET@x", "x --pre S3CRET", "x --no-binary S3CRET", "git+S3CRET",
    "git+S3CRET:x y",
    "git+https:/S3CRET@example.com/r", "x -i https://example.com/?token=S3CRET", "git+ssh://git@S3CRET:o/r",
    "https://example.com/x.zip?%74oken=S3CRET", "git+https://example.com/r?X-Amz-Signature=S3CRET",
    "x --hash sha256:S3CRET", "https://example.com/x.zip#sha256=S3CRET", "https://example.com/S3CRET", "x ${S3CRET-}",
  ])
  func neverQuoted(pipName: String) throws {
    let fixture = try ManifestFixture(["config.yml": link("'\(pipName)'")])
    do throws(Failure) {
      _ = try fixture.load()
      Issue.record("this was read: \(pipName)")
    } catch {
      for diagnostic in error.diagnostics {
        #expect(!"\(diagnostic.message) \(diagnostic.hint ?? "")".contains("S3CRET"))
      }
    }
  }

  /// A config that breaks off anywhere, or has a stray character anywhere, shows none of its values.
  @Test(arguments: ["", "\"", "{", ": : ", "\n\t- x"])
  func brokenConfigsKeepTheirSecrets(stray: String) throws {
    let secrets = [
      "customer-api-key", "support-api-key", "support-vendor", "sales-partner-key", "analytics-api-key",
      "your_api_key_here",
      "root:example", "some_secret", "your-openai-api-key",
    ]
    var complaints = 0
    for length in stride(from: 0, to: VConExample.text.utf8.count, by: 41) {
      let start = String(decoding: VConExample.text.utf8.prefix(length), as: UTF8.self)
      let rest = String(decoding: VConExample.text.utf8.dropFirst(length), as: UTF8.self)
      let fixture = try ManifestFixture(["config.yml": start + stray + (stray.isEmpty ? "" : rest)])
      do throws(Failure) {
        _ = try fixture.load()
      } catch {
        complaints += 1
        let said = String(reflecting: error.diagnostics)
        for secret in secrets where said.contains(secret) { Issue.record("'\(secret)' is shown in \(said)") }
      }
    }
    #expect(complaints > 20)
  }

  @Test func redactionIsDoneWhenEverySecretIsKnown() throws {
    let text = """
      links:
        a: {module: hunter22-x, pip_name: a}
        b: {module: b, pip_name: "git+https://me:hunter22@example.com/r"}
      """
    let fixture = try ManifestFixture(["config.yml": text])
    #expect(
      fixture.complaints() == """
        error manifestInvalid: '****-x' is no import path
          at config.yml:2:15
          |   a: {module: ****-x, pip_name: a}
          hint: an import path has '_' where '-' stands: write '****_x'
        """)
  }

  @Test(arguments: [
    ("x https://a:b@h/p@v1 y", "x https://****:****@h/p@v1 y"), ("https://h/p@v1", "https://h/p@v1"),
    ("git+https://${A}:${B}@h/p", "git+https://${A}:${B}@h/p"), ("https://${A:-b}@h", "https://****@h"),
    ("https://a:b/c@h/p", "https://****:****@h/p"), ("https://h:80/p@v", "https://h:80/p@v"),
    ("\"https://me:pass\\", "\"https://****"),
    ("pip_name: me:pass@host/x", "pip_name: ****@host/x"),
    ("'git+tok@h.example:o/r.git@v1'", "'git+****@h.example:o/r.git@v1'"),
    ("git+git@h:o/r.git@v1", "git+git@h:o/r.git@v1"), ("name@https://a:b@h/p", "name@https://****:****@h/p"),
    ("git+git@https:tok@h/o@v1", "git+****@v1"), ("https://h/x.zip#token=t&egg=a", "https://h/x.zip#token=****&egg=a"),
    ("name @ ./x", "name @ ./x"), ("a @v1.2 b@c", "a @v1.2 b@c"), ("name@./x", "name@./x"),
    ("https://[::1]:80/p@v and http://t@x", "https://[::1]:80/p@v and http://****@x"),
  ])
  func userInfoIsHidden(text: String, expected: String) {
    #expect(Excerpt.withoutUserInfo(text) == expected)
  }
}
