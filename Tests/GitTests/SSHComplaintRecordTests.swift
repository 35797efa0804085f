import GitWire
import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Git

/// What is said of ssh servers, keys and known hosts, as users see it. The servers are real.
@Suite("Complaints about ssh", .enabled(if: SSHServer.isAvailable, Comment(rawValue: SSHServer.absence)))
struct SSHComplaintRecordTests {
  @Test func keysAndHosts() async throws {
    try await SSHFixture.with { ssh in
      let directory = ssh.fixture.directory
      var record = ComplaintRecord()
      func add(_ title: String, _ source: GitSource, _ variables: [String: String] = [:]) async throws {
        record.add(title, [try await ssh.refusal(source, variables)])
      }
      let host = try ssh.server.knownHost()
      let fingerprint = try await ssh.server.fingerprint()

      try await add("a key that is absent", ssh.source(credential: ssh.credential("/nowhere/key")))
      try Files.write("no key\n", to: "\(directory)/keys/text", mode: 0o600)
      try await add("a file without a key", ssh.source(credential: ssh.credential("\(directory)/keys/text")))
      _ = try await SSHServer.makeKey("\(directory)/keys/stranger")
      try await add("a key that is refused", ssh.source(credential: ssh.credential("\(directory)/keys/stranger")))
      let locked = "\(directory)/keys/locked"
      _ = try await SSHServer.makeKey(locked, passphrase: "pass-4f6e91bb02")
      try await add("a locked key", ssh.source(credential: ssh.credential(locked)))
      try await add(
        "a wrong passphrase",
        ssh.source(credential: ssh.credential(locked, passphrase: .template(.variable("PASS")))), ["PASS": "wrong"])
      let file = "\(directory)/passphrase"
      let place = SourceLocation(file: "pinion.yaml", line: 7, column: 9)
      try await add(
        "a passphrase's file that is absent",
        ssh.source(credential: ssh.credential(locked, passphrase: .file(path: file, place))))
      chmod(ssh.good, 0o644)
      try await add("a key that others may read", ssh.source(credential: ssh.credential()))
      chmod(ssh.good, 0o600)

      var odd = ssh.source(credential: ssh.credential())
      odd.url.path = "/a%0Ab.git"
      try await add("a path with a control character", odd)
      try await add("a repository that is absent", ssh.source("absent.git", credential: ssh.credential()))
      try await add("a repository that is forbidden", ssh.source("forbidden.git", credential: ssh.credential()))
      let web = try GitServer.start(root: ssh.fixture.root)
      defer { web.stop() }
      var foreign = ssh.source(credential: ssh.credential())
      foreign.url.port = web.port
      try await add("a server that does not speak ssh", foreign)

      try await add(
        "declared hosts that are absent", ssh.source(credential: ssh.credential(knownHosts: "\(directory)/hosts")))
      try ssh.writeKnownHosts("")
      try await add("a host that is not known", ssh.source(credential: ssh.credential()))
      let before = try await SSHServer.makeKey("\(directory)/keys/before")
      try ssh.writeKnownHosts("[127.0.0.1]:\(ssh.server.port) \(before)\n")
      try await add("a host with another key", ssh.source(credential: ssh.credential()))
      try ssh.writeKnownHosts(host + "@revoked * " + ssh.server.knownHost(name: "").dropFirst())
      try await add("a host whose key is revoked", ssh.source(credential: ssh.credential()))
      let user = SSHServer.username
      #expect(
        try record.isOnRecord(
          as: "ssh", beside: #filePath,
          replacing: [
            (directory, "DIR"), (fingerprint, "FINGERPRINT"), ("\(user) was", "USER was"), ("\(user)@", "USER@"),
            (" \(user) ", " USER "), (":\(ssh.server.port)", ":PORT"), ("-p \(ssh.server.port)", "-p PORT"),
            (":\(web.port)", ":PORT"),
          ]))
    }
  }
}
