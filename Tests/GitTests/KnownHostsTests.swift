import GitWire
import Testing

@Suite struct KnownHostsTests {
  private static let key = KnownHosts.Key(algorithm: "ssh-ed25519", base64: "AAAAgood")

  private func verdict(_ text: String, _ host: String = "git.example.org") -> KnownHosts.Verdict {
    var known = KnownHosts()
    known.add(text, file: "hosts")
    // Stands in for the hash, which is libssh2's work.
    return known.verdict(on: Self.key, of: host) { field, name in field == "|1|salt|\(name)" }
  }

  @Test(arguments: [
    ("git.example.org ssh-ed25519 AAAAgood", "git.example.org"),
    ("# a comment\n\nother,git.example.org\tssh-ed25519 \tAAAAgood me@here\r\n", "git.example.org"),
    ("GIT.example.org ssh-ed25519 AAAAgood", "git.example.org"),
    ("*.example.org ssh-ed25519 AAAAgood", "git.example.org"),
    ("gi?.example.org ssh-ed25519 AAAAgood", "git.example.org"),
    ("[git.example.org]:2222 ssh-ed25519 AAAAgood", "[git.example.org]:2222"),
    // The port's own entry rules; without one, that of the host does.
    ("git.example.org ssh-ed25519 AAAAgood", "[git.example.org]:2222"),
    ("git.example.org ssh-ed25519 AAAAbad\n[git.example.org]:2222 ssh-ed25519 AAAAgood", "[git.example.org]:2222"),
    ("|1|salt|git.example.org ssh-ed25519 AAAAgood", "git.example.org"),
    ("git.example.org ssh-rsa AAAArsa\ngit.example.org ssh-ed25519 AAAAgood", "git.example.org"),
    ("git.example.org ssh-ed25519 AAAAbad\ngit.example.org ssh-ed25519 AAAAgood", "git.example.org"),
    ("[::1]:2222 ssh-ed25519 AAAAgood", "[::1]:2222"),
  ])
  func knows(_ text: String, _ host: String) {
    #expect(verdict(text, host) == .known)
  }

  @Test(arguments: [
    "", "nonsense", "git.example.org ssh-ed25519", "sub.git.example.org ssh-ed25519 AAAAgood",
    "git.example.org.evil.example ssh-ed25519 AAAAgood", "*.example.org,!git.example.org ssh-ed25519 AAAAgood",
    "[git.example.org]:2222 ssh-ed25519 AAAAgood", "|1|salt|other ssh-ed25519 AAAAgood",
    "@cert-authority * ssh-ed25519 AAAAgood", "@other git.example.org ssh-ed25519 AAAAgood",
    "#git.example.org ssh-ed25519 AAAAgood",
  ])
  func doesNotKnow(_ text: String) {
    #expect(verdict(text) == .unknown(others: []))
  }

  @Test func tellsOtherKeysAndOtherKindsApart() {
    #expect(verdict("git.example.org ssh-rsa AAAArsa") == .unknown(others: ["ssh-rsa"]))
    #expect(
      verdict("\n*.example.org ssh-ed25519 AAAAone\ngit.example.org ssh-ed25519 AAAAtwo")
        == .changed(places: ["hosts:2", "hosts:3"]))
  }

  @Test(arguments: ["git.example.org", "*", "*.example.org", "|1|salt|git.example.org"])
  func aRevokedKeyIsNeverKnown(_ hosts: String) {
    let text = "git.example.org ssh-ed25519 AAAAgood\n@revoked \(hosts) ssh-ed25519 AAAAgood"
    #expect(verdict(text) == .revoked(place: "hosts:2"))
    #expect(verdict(text, "[git.example.org]:2222") == .revoked(place: "hosts:2"))
    #expect(verdict("git.example.org ssh-ed25519 AAAAgood\n@revoked \(hosts) ssh-ed25519 AAAAbad") == .known)
  }

  @Test func namesTheKindsThatAreKnown() {
    var known = KnownHosts()
    known.add("a ssh-rsa A\n@revoked a ssh-dss B\nb ecdsa-sha2-nistp256 C\na,b ssh-ed25519 D\na ssh-rsa E", file: "f")
    #expect(known.algorithms(of: "a") { _, _ in false } == ["ssh-rsa", "ssh-ed25519"])
    #expect(known.algorithms(of: "[b]:23") { _, _ in false } == ["ecdsa-sha2-nistp256", "ssh-ed25519"])
    #expect(known.algorithms(of: "c") { _, _ in false } == [])
  }

  @Test(arguments: [
    ("/link.git", "'/link.git'"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(x)!", "'$(x)'\\!''"), ("", "''"),
  ])
  func quotesForAShell(_ text: String, _ quoted: String) {
    #expect(SSHText.quoted(text) == quoted)
  }

  @Test func writesFingerprintsAsSSHDoes() {
    #expect(
      SSHText.fingerprint(sha256: [UInt8](repeating: 0, count: 32)) == "SHA256:" + String(repeating: "A", count: 43))
  }
}
