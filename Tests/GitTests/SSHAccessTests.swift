import GitWire
import Model
import Testing

@testable import Git

@Suite struct SSHAccessTests {
  private func wire(
    _ url: RemoteURL, _ credential: GitCredential? = nil, _ variables: [String: String] = ["HOME": "/home/me"]
  ) throws -> GitSSH {
    try SSHAccess(
      Repository(url, credential: credential), variables: Variables(variables), secrets: SecretRegistry()
    ).wire
  }

  private func url(_ path: String, host: String = "git.example.org", port: Int? = nil, user: String? = nil) -> RemoteURL
  {
    RemoteURL(
      scheme: "ssh", host: host, port: port, path: path,
      userInfo: user.map { UserInfo(username: Template(literal: $0)) })
  }

  @Test func withoutADeclarationItIsAsWithSSH() throws {
    let variables = ["HOME": "/home/me", "SSH_AUTH_SOCK": "/run/agent"]
    let found = try wire(url("/team/link.git"), nil, variables)
    #expect(found.username == "git" && found.port == 22 && found.path == "/team/link.git")
    #expect(found.knownHosts == ["/home/me/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"])
    #expect(!found.areKnownHostsDeclared && found.key == nil && found.agent == "/run/agent")
    #expect(found.defaultKeys == ["id_ed25519", "id_ecdsa", "id_rsa"].map { "/home/me/.ssh/\($0)" })
    #expect(found.knownHostName == "git.example.org")
    let homeless = try wire(url("/x", user: "me"), nil, [:])
    #expect(homeless.username == "me" && homeless.defaultKeys == [] && homeless.agent == nil)
    #expect(homeless.knownHosts == ["/etc/ssh/ssh_known_hosts"])
  }

  @Test func aDeclaredKeyStandsAlone() throws {
    let place = SourceLocation(file: "pinion.yaml", line: 1, column: 1)
    let credential = GitCredential(
      host: Glob("git.example.org"), pathPrefix: "",
      kind: .sshKey(
        .file(path: "/keys/a", place), knownHosts: "/keys/hosts", passphrase: .template(.variable("P"))),
      location: place)
    let found = try wire(url("/x"), credential, ["HOME": "/home/me", "P": "pass-77aa"])
    #expect(found.key?.path == "/keys/a" && found.key?.passphrase == "pass-77aa")
    #expect(found.defaultKeys == [] && found.knownHosts == ["/keys/hosts"] && found.areKnownHostsDeclared)
    #expect(!"\(found) \(String(describing: found.key))".contains("pass-77aa"))
    #expect(throws: Failure.unsetVariable("P", at: nil)) { try wire(url("/x"), credential) }
  }

  @Test func aKeyMayComeAsText() throws {
    let place = SourceLocation(file: "pinion.yaml", line: 1, column: 1)
    let credential = GitCredential(
      host: Glob("git.example.org"), pathPrefix: "",
      kind: .sshKey(.template(.variable("DEPLOY_KEY")), knownHosts: nil, passphrase: nil), location: place)
    let text = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LWxpbmU\n-----END OPENSSH PRIVATE KEY-----\n"
    let found = try wire(url("/x"), credential, ["DEPLOY_KEY": text])
    #expect(found.key?.text == text && found.key?.path == "${DEPLOY_KEY}" && found.defaultKeys == [])
    #expect(!"\(found) \(String(describing: found.key)) \(credential.origin)".contains("c2VjcmV0LWxpbmU"))
    #expect(throws: Failure.unsetVariable("DEPLOY_KEY", at: nil)) { try wire(url("/x"), credential) }
  }

  @Test(arguments: [
    ("/~/link.git", "~/link.git"), ("/~me/link.git", "~me/link.git"), ("/a%20b.git", "/a b.git"), ("/it's", "/it's"),
  ])
  func sendsPathsAsGitDoes(_ path: String, _ sent: String) throws {
    #expect(try wire(url(path)).path == sent)
  }

  @Test(arguments: ["/a%0ab", "/a%00b", "/a%zz"])
  func refusesPathsThatAreNone(_ path: String) {
    #expect(throws: Failure.self) { try wire(url(path)) }
  }

  @Test func anAddressHasNoBracketsSaveInKnownHosts() throws {
    let found = try wire(url("/x", host: "[::1]", port: 2222))
    #expect(found.host == "::1" && found.knownHostName == "[::1]:2222")
  }

  @Test func commandsThatAreProposedCanBeCopied() throws {
    let credential = GitCredential(
      host: Glob("git.example.org"), pathPrefix: "",
      kind: .sshKey(
        .file(path: "/my keys/it's", SourceLocation(file: "pinion.yaml", line: 1, column: 1)),
        knownHosts: "/my keys/hosts",
        passphrase: nil), location: SourceLocation(file: "pinion.yaml", line: 1, column: 1))
    func hint(_ kind: GitFault.Kind) throws -> String {
      let repository = Repository(url("/x", port: 2222), credential: credential)
      let failure = GitComplaints(repository).failure(for: GitFault(kind, "why")) as? Failure
      let complaint = try #require(failure?.diagnostics.first)
      #expect(complaint.code == .gitRefused && complaint.cause == "why" && !complaint.isRetryable)
      return try #require(complaint.hint)
    }
    #expect(try hint(.hostUnknown).hasSuffix("ssh-keyscan -p 2222 git.example.org >> '/my keys/hosts'"))
    #expect(try hint(.hostChanged).hasSuffix("ssh-keygen -R '[git.example.org]:2222' -f '/my keys/hosts'"))
    #expect(try hint(.passphraseWanted).hasSuffix("ssh-add '/my keys/it'\\''s'"))
    #expect(try hint(.keyExposed).hasPrefix("chmod 600 '/my keys/it'\\''s';"))
    #expect(try hint(.credentialsWanted).contains("{host: \"git.example.org:2222\", sshKey: /path/to/key}"))
  }
}
