internal import GitWire
internal import Model

/// How a repository is reached over ssh: who asks, with which keys, and which host keys are trusted.
///
/// A declared key is the only one that is offered. Without one it is as with ssh(1): the agent's keys, then the default keys
/// of the user. `~/.ssh/config` is not read.
struct SSHAccess {
  /// What the helper is told.
  let wire: GitSSH

  /// Throws `requirementInvalid` for a path that cannot be sent, and what resolving the passphrase throws.
  init(_ repository: Repository, variables: Variables, secrets: SecretRegistry) throws(Failure) {
    let url = repository.url
    let home = variables["HOME"].flatMap { $0.hasPrefix("/") ? "\($0)/.ssh" : nil }
    var key: GitSSH.Key?
    if case .sshKey(let source, _, let secret) = repository.credential?.kind {
      let passphrase = try secret.map { secret throws(Failure) in
        try secret.resolved(with: variables, reading: CredentialFile.read)
      }
      if let passphrase { secrets.add(passphrase) }
      switch source {
      case .file(let path, _): key = GitSSH.Key(path: path, passphrase: passphrase)
      case .template(let template):
        let text = try template.resolved(with: variables)
        secrets.add(text)
        // The key as such, however it is broken into lines.
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("-----") { secrets.add(String(line)) }
        key = GitSSH.Key(path: template.description, text: text, passphrase: passphrase)
      }
    }
    let declared = repository.credential?.knownHosts
    wire = GitSSH(
      host: Self.plainHost(url.host), port: url.port ?? 22, path: try Self.path(of: url),
      username: try url.userInfo?.username.resolved(with: variables) ?? "git",
      knownHosts: declared.map { [$0] } ?? Self.knownHosts(home), areKnownHostsDeclared: declared != nil,
      key: key, agent: variables["SSH_AUTH_SOCK"],
      defaultKeys: key == nil ? home.map { home in Self.defaultNames.map { "\(home)/\($0)" } } ?? [] : [])
  }

  /// What ssh-keygen(1) calls them. RSA comes last, since few servers take what libssh2 1.10 makes of it.
  private static let defaultNames = ["id_ed25519", "id_ecdsa", "id_rsa"]

  /// Where ssh(1) looks for host keys.
  static func knownHosts(_ home: String?) -> [String] {
    (home.map { ["\($0)/known_hosts"] } ?? []) + ["/etc/ssh/ssh_known_hosts"]
  }

  /// Without the brackets of an IPv6 address.
  static func plainHost(_ host: String) -> String {
    host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
  }

  /// The path as git sends it: decoded, and `/~user/repo.git` from that user's home. Source: git's connect.c.
  private static func path(of url: RemoteURL) throws(Failure) -> String {
    guard let path = url.path.percentDecoded, !path.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
      throw Failure(
        .requirementInvalid, "the path of the repository cannot be sent to a server", at: .url(url.description),
        because: "a '%' in it begins no escape, or stands for a control character", hint: "write '%25' for '%'")
    }
    return path.hasPrefix("/~") ? String(path.dropFirst()) : path
  }
}
