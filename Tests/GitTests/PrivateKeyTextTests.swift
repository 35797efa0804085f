import GitWire
import Platform
import TestSupport
import Testing

@Suite struct PrivateKeyTextTests {
  @Test(arguments: [
    ("ed25519", "ssh-ed25519"), ("ecdsa", "ecdsa-sha2-nistp256"), ("rsa", "ssh-rsa"),
  ])
  func readsWhatSSHKeygenWrites(_ kind: String, _ algorithm: String) async throws {
    try await TemporaryDirectory.with { directory in
      for passphrase in ["", "a passphrase"] {
        let path = "\(directory)/\(kind)\(passphrase.count)"
        let line = try await SSHServer.makeKey(path, kind: kind, passphrase: passphrase)
        let key = try #require(PrivateKeyText(String(decoding: try Files.read(path), as: UTF8.self)))
        #expect(key.algorithm == algorithm)
        #expect(key.isLocked == !passphrase.isEmpty)
        #expect(key.publicKey.map(SSHText.base64) == line.split(separator: " ").map(String.init)[1])
      }
    }
  }

  @Test(arguments: [
    ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n", "ssh-rsa", true),
    ("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", "ssh-rsa", false),
    ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n", nil, false),
    ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", nil, true),
    ("words before\r\n-----BEGIN PRIVATE KEY-----\r\nAAAA\r\n", nil, false),
  ])
  func readsOlderForms(_ text: String, _ algorithm: String?, _ isLocked: Bool) throws {
    let key = try #require(PrivateKeyText(text))
    #expect(key.algorithm == algorithm && key.isLocked == isLocked && key.publicKey == nil)
  }

  @Test(arguments: [
    "", "words", "ssh-ed25519 AAAA me@here", "-----BEGIN PUBLIC KEY-----\nAAAA\n",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA/////w==\n-----END OPENSSH PRIVATE KEY-----\n",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n%%%\n-----END OPENSSH PRIVATE KEY-----\n",
  ])
  func readsNoKey(_ text: String) {
    #expect(PrivateKeyText(text) == nil)
  }
}
