import GitWire
import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Git

@Suite("Git over ssh", .enabled(if: SSHServer.isAvailable, Comment(rawValue: SSHServer.absence)))
struct SSHTests {
  private static let passphrase = "pass-4f6e91bb02"

  @Test(arguments: ["ed25519", "ecdsa"])
  func aDeclaredKeyAsksFetchesAndExports(_ kind: String) async throws {
    try await SSHFixture.with { ssh in
      let key = "\(ssh.fixture.directory)/keys/\(kind)"
      try ssh.server.authorize(try await SSHServer.makeKey(key, kind: kind))
      try await ssh.fixture.withClient(ssh.variables) { client in
        let source = ssh.source(credential: ssh.credential(key))
        let commit = try #require(try await client.commits(for: [source])[source]?.commit)
        let directory = try ssh.fixture.emptyDirectory()
        try await client.export(source, commit: commit, to: directory)
        #expect(String(decoding: try Files.read("\(directory)/README.md"), as: UTF8.self) == "One\n")
        // What changed since is fetched as well.
        let next = try await ssh.fixture.repository.commit(["README.md": "Two\n"])
        let second = try ssh.fixture.emptyDirectory("second")
        try await client.export(source, commit: next, to: second)
        #expect(String(decoding: try Files.read("\(second)/README.md"), as: UTF8.self) == "Two\n")
      }
      #expect(ssh.log.hasPrefix("git-upload-pack /link.git\n"))
    }
  }

  @Test func aLargeRepositoryArrivesWhole() async throws {
    try await SSHFixture.with { ssh in
      var generator = SystemRandomNumberGenerator()
      let noise = (0..<400_000).map { _ in String(generator.next(), radix: 36) }.joined(separator: "\n")
      let commit = try await ssh.fixture.repository.commit(["noise": .file(noise)])
      try await ssh.fixture.withClient(ssh.variables) { client in
        let directory = try ssh.fixture.emptyDirectory()
        try await client.export(ssh.source(credential: ssh.credential()), commit: commit, to: directory)
        #expect(try Files.read("\(directory)/noise").count == noise.utf8.count)
      }
    }
  }

  @Test func aLockedKeyTakesItsPassphrase() async throws {
    try await SSHFixture.with { ssh in
      let key = "\(ssh.fixture.directory)/keys/locked"
      try ssh.server.authorize(try await SSHServer.makeKey(key, passphrase: Self.passphrase))
      let file = "\(ssh.fixture.directory)/passphrase"
      try Files.write("\(Self.passphrase)\n", to: file)
      let place = SourceLocation(file: "pinion.yaml", line: 7, column: 9)
      let variable = SecretValue.template(.variable("PASS"))
      for secret in [variable, .file(path: file, place)] {
        let source = ssh.source(credential: ssh.credential(key, passphrase: secret))
        try await ssh.succeeds(source, ["PASS": Self.passphrase])
      }
      #expect(ssh.fixture.secrets.redact(Self.passphrase) == "****")
      let wrong = try await ssh.refusal(
        ssh.source(credential: ssh.credential(key, passphrase: variable)), ["PASS": "wrong-pass-77"])
      #expect(wrong.code == .gitRefused && wrong.message == "the SSH key's passphrase is wrong")
      #expect(wrong.hint == "check ${PASS}")
      #expect(!"\(wrong)".contains("wrong-pass-77"))
      let absent = try await ssh.refusal(ssh.source(credential: ssh.credential(key)))
      #expect(absent.message == "the SSH key needs a passphrase")
      #expect(absent.cause == key)
      #expect(absent.hint?.contains("ssh-add \(key)") == true)
    }
  }

  @Test func theAgentsKeysAreOffered() async throws {
    try await SSHFixture.with { ssh in
      let agent = try await SSHAgent.start(socket: "\(ssh.fixture.directory)/agent")
      defer { agent.stop() }
      let variables = ["SSH_AUTH_SOCK": agent.socket]
      let none = try await ssh.refusal(ssh.source(), variables)
      #expect(none.message == "the SSH server asks for a key, and there is none to offer")
      #expect(none.cause?.hasPrefix("the agent holds no key") == true)
      _ = try await SSHServer.makeKey("\(ssh.fixture.directory)/keys/other")
      try await agent.add("\(ssh.fixture.directory)/keys/other")
      let other = try await ssh.refusal(ssh.source(), variables)
      #expect(other.message == "the SSH server took none of the keys")
      #expect(other.cause?.contains("ssh-ed25519 of the agent (test-ed25519)") == true)
      try await agent.add(ssh.good)
      try await ssh.succeeds(ssh.source(), variables)
    }
  }

  @Test func theAgentUnlocksADeclaredKeyAndOffersNoOther() async throws {
    try await SSHFixture.with { ssh in
      let agent = try await SSHAgent.start(socket: "\(ssh.fixture.directory)/agent")
      defer { agent.stop() }
      // The agent's key would be let in, but it is not the one that is declared.
      try await agent.add(ssh.good)
      let key = "\(ssh.fixture.directory)/keys/locked"
      try ssh.server.authorize(try await SSHServer.makeKey(key))
      try await agent.add(key)
      _ = try await ssh.fixture.output(
        of: "ssh-keygen", ["-q", "-p", "-P", "", "-N", Self.passphrase, "-f", key])
      let variables = ["SSH_AUTH_SOCK": agent.socket]
      try await ssh.succeeds(ssh.source(credential: ssh.credential(key)), variables)
      let stranger = "\(ssh.fixture.directory)/keys/stranger"
      _ = try await SSHServer.makeKey(stranger)
      let refused = try await ssh.refusal(ssh.source(credential: ssh.credential(stranger)), variables)
      #expect(refused.message == "the SSH server took none of the keys")
      #expect(refused.cause == "\(SSHServer.username) was offered to the server with ssh-ed25519 \(stranger)")
      #expect(refused.hint?.contains("\(stranger) (pinion.yaml:7:9)") == true)
    }
  }

  @Test func anAgentThatIsGoneIsNamed() async throws {
    try await SSHFixture.with { ssh in
      let gone = try await ssh.refusal(ssh.source(), ["SSH_AUTH_SOCK": "\(ssh.fixture.directory)/gone"])
      #expect(gone.cause?.contains("the agent at \(ssh.fixture.directory)/gone does not answer") == true)
    }
  }

  @Test func theDefaultKeysAreOfferedAndLockedOnesPassedOver() async throws {
    try await SSHFixture.with { ssh in
      let locked = "\(ssh.home)/.ssh/id_ed25519"
      try ssh.server.authorize(try await SSHServer.makeKey(locked, passphrase: Self.passphrase))
      let refused = try await ssh.refusal(ssh.source())
      #expect(refused.cause?.contains("\(locked) was passed over: it needs a passphrase") == true)
      try ssh.server.authorize(try await SSHServer.makeKey("\(ssh.home)/.ssh/id_ecdsa", kind: "ecdsa"))
      try await ssh.succeeds(ssh.source())
    }
  }

  @Test func aKeyThatCannotBeUsedIsNamed() async throws {
    try await SSHFixture.with { ssh in
      let absent = try await ssh.refusal(ssh.source(credential: ssh.credential("/nowhere/key")))
      #expect(absent.message == "the SSH key cannot be read")
      #expect(absent.cause == "/nowhere/key: there is no such file")
      let text = "\(ssh.fixture.directory)/keys/text"
      try Files.write("no key\n", to: text, mode: 0o600)
      let garbage = try await ssh.refusal(ssh.source(credential: ssh.credential(text)))
      #expect(garbage.message == "the SSH key is not understood")
      chmod(ssh.good, 0o644)
      let exposed = try await ssh.refusal(ssh.source(credential: ssh.credential()))
      #expect(exposed.message == "the SSH key may be read by others than its owner")
      #expect(exposed.hint?.hasPrefix("chmod 600 \(ssh.good)") == true)
      #expect(ssh.log == "")
    }
  }

  @Test func anRSAKeyWorksOrItsRefusalIsExplained() async throws {
    try await SSHFixture.with { ssh in
      let key = "\(ssh.fixture.directory)/keys/rsa"
      try ssh.server.authorize(try await SSHServer.makeKey(key, kind: "rsa"))
      try await ssh.fixture.withClient(ssh.variables) { client in
        do {
          // libssh2 1.11 and later sign with SHA-2.
          let found = try await client.commits(for: [ssh.source(credential: ssh.credential(key))])
          #expect(found.count == 1)
        } catch let failure as Failure {
          #expect(failure.diagnostics.first?.message == "the SSH server took none of the keys")
          #expect(failure.diagnostics.first?.cause?.contains("use an ed25519 key") == true)
        }
      }
    }
  }

  // MARK: Host keys

  @Test func anUnknownHostIsRefusedWithItsFingerprint() async throws {
    try await SSHFixture.with { ssh in
      try ssh.writeKnownHosts("other.example.org ssh-ed25519 AAAA\n")
      let unknown = try await ssh.refusal(ssh.source(credential: ssh.credential()))
      #expect(unknown.code == .gitRefused && !unknown.isRetryable)
      #expect(unknown.message == "the SSH server's host key is not known")
      let fingerprint = try await ssh.server.fingerprint()
      #expect(fingerprint.hasPrefix("SHA256:"))
      #expect(unknown.cause?.contains("ssh-ed25519 \(fingerprint)") == true)
      #expect(unknown.cause?.contains("\(ssh.home)/.ssh/known_hosts") == true)
      #expect(unknown.hint?.contains("ssh-keyscan -p \(ssh.server.port) 127.0.0.1 >> ~/.ssh/known_hosts") == true)
      try Files.remove("\(ssh.home)/.ssh/known_hosts")
      let absent = try await ssh.refusal(ssh.source(credential: ssh.credential()))
      #expect(absent.message == "the SSH server's host key is not known")
      #expect(ssh.log == "")
    }
  }

  @Test func whatSSHKeyscanSaysMakesTheHostKnown() async throws {
    try await SSHFixture.with(hostKeys: ["ed25519", "ecdsa", "rsa"]) { ssh in
      for kinds in ["ed25519", "ecdsa", "ed25519,ecdsa,rsa"] {
        let scan = try await ChildProcess.run(
          "/usr/bin/env", ["ssh-keyscan", "-t", kinds, "-p", "\(ssh.server.port)", "127.0.0.1"],
          environment: ["PATH": "/usr/bin:/bin"], deadline: 60)
        #expect(!scan.output.isEmpty)
        try ssh.writeKnownHosts(scan.output)
        try await ssh.succeeds(ssh.source(credential: ssh.credential()))
        // The same, with its names hashed.
        let file = "\(ssh.home)/.ssh/known_hosts"
        let (status, said) = try await ssh.fixture.output(of: "ssh-keygen", ["-H", "-f", file])
        #expect(status == 0, "\(said)")
        #expect(String(decoding: try Files.read(file), as: UTF8.self).hasPrefix("|1|"))
        try await ssh.succeeds(ssh.source(credential: ssh.credential()))
      }
    }
  }

  @Test func aChangedHostKeyIsRefused() async throws {
    try await SSHFixture.with { ssh in
      _ = try await SSHServer.makeKey("\(ssh.fixture.directory)/keys/before")
      let before = String(decoding: try Files.read("\(ssh.fixture.directory)/keys/before.pub"), as: UTF8.self)
      try ssh.writeKnownHosts("\n[127.0.0.1]:\(ssh.server.port) \(before)")
      let changed = try await ssh.refusal(ssh.source(credential: ssh.credential()))
      #expect(changed.message == "the SSH server's host key is not the one that is known")
      let fingerprint = try await ssh.server.fingerprint()
      #expect(changed.cause?.contains(fingerprint) == true)
      #expect(changed.cause?.contains("\(ssh.home)/.ssh/known_hosts:2") == true)
      #expect(changed.hint?.contains("ssh-keygen -R '[127.0.0.1]:\(ssh.server.port)'") == true)
      try ssh.writeKnownHosts(try ssh.server.knownHost() + "@revoked * " + ssh.server.knownHost(name: "").dropFirst())
      let revoked = try await ssh.refusal(ssh.source(credential: ssh.credential()))
      #expect(revoked.message == "the SSH server's host key is marked as revoked")
      #expect(ssh.log == "")
    }
  }

  @Test func declaredKnownHostsRuleAlone() async throws {
    try await SSHFixture.with { ssh in
      let file = "\(ssh.fixture.directory)/hosts"
      let source = ssh.source(credential: ssh.credential(knownHosts: file))
      let absent = try await ssh.refusal(source)
      #expect(absent.message == "the file of known SSH hosts cannot be read")
      try Files.write("", to: file)
      let unknown = try await ssh.refusal(source)
      #expect(unknown.message == "the SSH server's host key is not known")
      #expect(unknown.hint?.hasSuffix(">> \(file)") == true)
      try Files.write(try ssh.server.knownHost(), to: file)
      try ssh.writeKnownHosts("")
      try await ssh.succeeds(source)
    }
  }

  // MARK: What servers say

  @Test func whatTheServerSaysIsPassedOn() async throws {
    try await SSHFixture.with { ssh in
      let absent = try await ssh.refusal(ssh.source("absent.git", credential: ssh.credential()))
      #expect(absent.code == .gitFailed && absent.message == "there is no such repository")
      #expect(absent.cause == "ERROR: Repository not found.")
      #expect(absent.hint?.contains("the key may not see the repository") == true)
      let forbidden = try await ssh.refusal(ssh.source("forbidden.git", credential: ssh.credential()))
      #expect(forbidden.code == .gitRefused && forbidden.message == "the git server refused access")
      #expect(forbidden.cause == "ERROR: Permission to /forbidden.git denied to this key.")
    }
  }

  @Test func withoutAUserNameItIsGit() async throws {
    try await SSHFixture.with { ssh in
      let refused = try await ssh.refusal(ssh.source(user: nil, credential: ssh.credential()))
      #expect(refused.cause?.hasPrefix("git was offered to the server with ssh-ed25519 \(ssh.good)") == true)
    }
  }

  @Test func aPortWhereNobodyListensOrNobodySpeaksSSHIsUnreachable() async throws {
    try await SSHFixture.with { ssh in
      let web = try GitServer.start(root: ssh.fixture.root)
      defer { web.stop() }
      var source = ssh.source(credential: ssh.credential())
      source.url.port = web.port
      let foreign = try await ssh.refusal(source)
      #expect(foreign.code == .gitUnreachable)
      #expect(foreign.cause?.hasPrefix("the server does not speak ssh") == true)
      ssh.server.stop()
      let gone = try await ssh.refusal(ssh.source(credential: ssh.credential()))
      #expect(gone.code == .gitUnreachable && gone.cause == "Connection refused")
    }
  }

  // MARK: Secrets

  @Test func noSecretIsInArgumentsNorInTheEnvironmentNorOnDisk() async throws {
    try await SSHFixture.with { ssh in
      let key = "\(ssh.fixture.directory)/keys/locked"
      try ssh.server.authorize(try await SSHServer.makeKey(key, passphrase: Self.passphrase))
      let silent = try await SSHServer.start(
        root: ssh.fixture.root, state: ssh.server.state, mode: .silent)
      defer { silent.stop() }
      try await ssh.fixture.withClient(ssh.variables.merging(["PASS": Self.passphrase]) { $1 }) { client in
        let source = ssh.source(
          credential: ssh.credential(key, passphrase: .template(.variable("PASS"))))
        let commit = try #require(try await client.commits(for: [source])[source]?.commit)
        try await client.export(source, commit: commit, to: try ssh.fixture.emptyDirectory())
        var pending = source
        pending.url.port = silent.port
        let request = Task { [pending] in try await client.commits(for: [pending]) }
        defer { request.cancel() }
        let pid = try #require(client.helperProcessIDs.first)
        let words = try await ssh.fixture.output(of: "ps", ["eww", "-o", "args=", "-p", "\(pid)"]).text
        #expect(words.contains("pinion-git") && !words.contains(Self.passphrase) && !words.contains("SSH_AUTH_SOCK"))
        let (status, found) = try await ssh.fixture.output(of: "grep", ["-ra", Self.passphrase, ssh.fixture.directory])
        #expect(status == 1 && found.isEmpty)
        let marker = "PRIVATE KEY"
        let (none, copies) = try await ssh.fixture.output(of: "grep", ["-rla", marker, ssh.fixture.mirrors])
        #expect(none == 1 && copies.isEmpty)
      }
    }
  }
}
