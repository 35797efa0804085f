import Manifests
import Model
import TestSupport
import Testing

/// Every complaint about settings, on record in `Snapshots/settings-complaints.txt`: what is written, and what is said of it.
@Suite struct SettingsComplaintsTests {
  static let specs = [
    "indexes: https://example.com", "indexes: [{name: a}]", "indexes: [{url: https://a.example.com}]",
    "indexes: [{name: a, url: ftp://a.example.com}]", "indexes: [{name: a, url: \"https://a.example.com/ x\"}]",
    "indexes: [{name: a, url: https://a.example.com, pakages: [x]}]",
    "indexes: [{name: a, url: https://a.example.com, packages: []}]",
    "indexes: [{name: a, url: https://a.example.com, packages: [\"a b\", \"https://x\"]}]",
    "indexes: [{name: a, url: https://a.example.com}, {name: a, url: https://b.example.com}]",
    "indexes: [{name: a, url: \"https://${U}:${U}@a.example.com\", token: \"${U}\"}]",
    "indexes: [{name: a, url: https://a.example.com, password: \"${U}\"}]",
    "indexes: [{name: a, url: https://a.example.com, username: x, password: \"${U}\", token: \"${U}\"}]",
    "indexes: [{name: a, url: https://a.example.com, token: \"${U}\", tokenFile: /run/t}]",
    "indexes: [{name: a, url: https://a.example.com, token: [1]}]",
    "indexes: [{name: a, url: https://a.example.com, token: \"${U\"}]",
    "git: [x]", "git: {credential: []}", "git: {credentials: {}}",
    "git: {credentials: [{token: \"${U}\"}]}", "git: {credentials: [{host: github.com}]}",
    "git: {credentials: [{host: \"https://github.com/acme\", token: \"${U}\"}]}",
    "git: {credentials: [{host: \"github.*\", token: \"${U}\"}]}",
    "git: {credentials: [{host: \"*\", token: \"${U}\"}]}",
    "git: {credentials: [{host: \"git hub\", token: \"${U}\"}]}",
    "git: {credentials: [{host: \"github.com:x\", token: \"${U}\"}]}",
    "git: {credentials: [{host: github.com, path: \"acme/*\", token: \"${U}\"}]}",
    "git: {credentials: [{host: github.com, password: \"${U}\"}]}",
    "git: {credentials: [{host: github.com, token: \"${U}\", sshKey: /k}]}",
    "git: {credentials: [{host: github.com, sshKey: /k, username: git}]}",
    "git: {credentials: [{host: github.com, token: \"${U}\", knownHosts: /k}]}",
    "git: {credentials: [{host: github.com, token: \"${U}\"}, {host: GitHub.com, tokenFile: /t}]}",
    "platform: x86_64-manylinux_2_29", "platform: windows", "platform: [x]", "platform: {python: \"3.12\"}",
    "platform: {target: x86_64-manylinux_2_28, python: 3.12.1}",
    "platform: {target: aarch64-unknown-linux-gnu, py: 3.12}",
    "git: {tls: {}}", "git: {tls: [{caFile: /ca.pem}]}", "git: {tls: [{host: github.com}]}",
    "git: {tls: [{host: github.com, verify: true}]}", "git: {tls: [{host: \"*.example.com\", verify: false}]}",
    "git: {tls: [{host: github.com, caFile: /ca.pem, verify: false}]}",
    "git: {tls: [{host: github.com, verify: maybe}]}",
    "git: {tls: [{host: a.example.com, caFile: /a}, {host: A.example.com, caFile: /b}]}",
    "git: {verify: [x]}", "git: {verify: {}}", "git: {verify: {mode: signed}}", "git: {verify: {mode: commit}}",
    "git: {verify: {mode: tag, keys: []}}", "git: {verify: {mode: tag, keys: [release]}}",
    "git: {verify: {mode: tag, keys: release}}", "git: {verify: {mode: tag, keys: [{name: a}]}}",
    "git: {verify: {mode: tag, keys: [{name: a, key: nonsense}]}}", "policy: {rewinds: refuse}",
    "linking: reflink", "linking: [copy]", "linking: {modes: copy}", "linking: {distributions: {\"a b\": copy}}",
    "linking: {distributions: {a-b: copy, A_b: hardlink}}", "linking: {distributions: {numpy: soft}}",
    "constraints: urllib3<2", "constraints: [\"urllib3\"]", "constraints: [\"urllib3[socks]<2\"]",
    "constraints: [\"urllib3 @ https://user:hidden@example.org/x.whl\"]", "constraints: [\"urllib3=2\"]",
    "overrides: [a==1, \"A==2\"]", "overrides: [\"-e .\"]",
    "policy: [pinned]", "policy: {pined: require}", "policy: {pinned: always}", "policy: {pinned: yes}",
    "policy: {impliedPackages: denied}", "policy: {builds: never}", "policy: {downgrade: warn}",
    "policy: {excludeNewer: 7}", "policy: {excludeNewer: 2026-02-30}", "policy: {excludeNewer: 0s}",
    "policy: {excludeNewer: soon}", "policy: {excludeNewer: 100ms}",
    "policy: {pth: off}", "policy: {collisions: deny}", "policy: {collisions: [a]}", "policy: {record: {all: warn}}",
    "policy: {record: {default: no, packages: {a: maybe, \"a b\": warn}}}", "policy: {record: {packages: [a]}}",
    "policy: {record: {packages: {a-b: warn, A_B: warn}}}", "policy: {unpacked: 8GiB}", "policy: {unpacked: {max: 1}}",
    "policy: {unpacked: {size: 8, ratio: 0}}", "policy: {unpacked: {size: 1.5GiB, ratio: 1.5}}",
    "policy: {sources: [x]}", "policy: {sources: {alow: [x]}}", "policy: {sources: {allow: []}}",
    "policy: {sources: {allow: [github.com/acme/*]}}", "policy: {sources: {deny: [\"a b\"]}}",
    "policy: {sources: {deny: [\"ftp://example.com/*\"]}}",
    "policy: {sources: {allow: [\"https://user:hidden@example.com/*\"]}}",
    "indexes: [{name: a, url: \"https://a.example.com/simple?x=1\"}]",
    "indexes: [{name: a, url: https://a.example.com, tokne: hidden-value}]",
    "indexes: [{name: a, url: \"https://a.example.com/${API_TOKEN}/simple\"}]",
    "git: {credentials: [{host: \"hidden@github.com\", token: \"${U}\"}]}",
    "git: {credentials: [{host: \"*.com\", token: \"${U}\"}]}",
    "git: {credentials: [{host: github.com, tokenFile: \"${K}\"}]}",
    "git: {credentials: [{host: github.com, sshKey: /k, knownHosts: \"${K}\"}]}",
    "audit: [x]", "audit: {databse: x}", "audit: {ignore: {}}", "audit: {ignore: [CVE-1]}",
    "audit: {ignore: [{id: CVE-1}]}",
    "audit: {ignore: [{id: \"\", reason: \"\", until: \"\"}]}",
    "audit: {ignore: [{id: CVE-1, reason: r, until: soon}]}",
    "audit: {ignore: [{id: A, reason: r, until: 2027-01-31}, {id: A, reason: r, until: 2027-01-31}]}",
    "python: \">=abc\"", "python: \"not a python !!\"", "python: https://example.com/python", "python: ~/python",
    "base: https://example.com/venv", "base: ~/venv", "blockInstalls: \"${L}\"",
    "include: [\"conf[ab].yaml\"]", "include: [\"{a,b}.yaml\"]",
    "include: other.yaml", "include: [missing.yaml]", "include: [\"conf.d/*.yaml\"]",
    "include: [\"https://example.org/x\"]",
    "constraints: [\"git+https://example.org/r.git\", \"https://example.org/x.zip\", ./p]",
    "overrides: [\"git+https://example.org/r.git\", /srv/p, \"file:///srv/p\"]",
    "policy: {impliedPackages: off, builds: no, pinned: true, downgrade: 1}", "lock: {update: no}",
    "pythonPath: [~/app, \"https://example.com/app\"]", "lockfile: ~/pylock.toml",
    "lockfile: https://example.com/pylock.toml",
    "audit: {database: ~/osv}", "provided: [\"a..b\", a-b, .a, a.]",
    "git: {credentials: [{host: github.com, sshKey: ~/.ssh/id, knownHosts: ~/.ssh/known_hosts}]}",
    "git: {tls: [{host: github.com, caFile: ~/ca.pem}]}",
    "git: {credentials: [{host: github.com, username: x, passwordFile: ~/p}]}",
    "indexes: [{name: a, url: https://a.example.com, tokenFile: ~/t}]",
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
    "health: {tcp: \"a.example.com:0\"}", "health: {http: \"http://a.example.com/${NOWHERE}\"}",
    "health: {exec: [a, 5]}",
    "include: [~/x.yaml]",
    "include: [.]", "include: [pinion.yaml]", "include: [\"${NOWHERE}/x.yaml\"]",
  ]

  @Test func areOnRecord() throws {
    var record = ""
    for spec in Self.specs {
      let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec)])
      fixture.variables = ["U": "s3cr3t", "API_TOKEN": "s3cr3t", "L": "perhaps", "K": "-----BEGIN X-----\nhidden\n"]
      let said = fixture.complaints()
      #expect(!said.hasPrefix("loaded:"), "'\(spec)' was read")
      #expect(!said.contains("hidden") && !said.contains("s3cr3t"))
      record += "# \(spec)\n\(said)\n\n"
    }
    let snapshot = Snapshot("settings-complaints", beside: #filePath)
    #expect(try snapshot.text(orRecord: record) == record)
  }
}
