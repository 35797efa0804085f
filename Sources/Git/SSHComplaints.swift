internal import GitWire
internal import Model

/// Puts into words what went wrong between here and an ssh server, and what to do about it. Pure.
struct SSHComplaints {
  private let repository: Repository

  /// About a repository.
  init(_ repository: Repository) {
    self.repository = repository
  }

  private var url: RemoteURL { repository.url }
  private var place: Place { .url(url.description) }
  private var host: String { SSHAccess.plainHost(url.host) }
  private var port: Int { url.port ?? 22 }
  private var knownHosts: String { repository.credential?.knownHosts.map(Self.word) ?? "~/.ssh/known_hosts" }

  /// The failure behind a fault of the helper's that ssh alone knows.
  func failure(for fault: GitFault) -> Failure {
    switch fault.kind {
    case .hostUnknown:
      refusal(
        "the SSH server's host key is not known", fault,
        "compare the fingerprint with the one that the server's keeper publishes; if they are the same, add the key: "
          + "ssh-keyscan \(port == 22 ? "" : "-p \(port) ")\(host) >> \(knownHosts)")
    case .hostChanged:
      refusal(
        "the SSH server's host key is not the one that is known", fault,
        "somebody may stand between here and the server: ask its keeper whether the key was changed, and only then "
          + "remove the old one: ssh-keygen -R '\(port == 22 ? host : "[\(host)]:\(port)")' -f \(knownHosts)")
    case .hostRevoked:
      refusal(
        "the SSH server's host key is marked as revoked", fault,
        "do not use this server until its keeper has given it another key")
    case .knownHostsUnreadable:
      refusal("the file of known SSH hosts cannot be read", fault, "check `knownHosts` in `spec.git.credentials`")
    case .keyUnreadable:
      refusal(
        "the SSH key cannot be read", fault,
        "check `sshKey` in `spec.git.credentials`, and that this user may read the file")
    case .keyExposed:
      refusal(
        "the SSH key may be read by others than its owner", fault,
        "chmod 600 \(keyPath); and if others could have read it, make another key")
    case .passphraseWanted:
      refusal(
        "the SSH key needs a passphrase", fault,
        "write 'passphrase: \"${PASSPHRASE}\"' or 'passphraseFile: …' beside `sshKey`, or give the key to the agent: "
          + "ssh-add \(keyPath)")
    case .passphraseWrong:
      refusal(
        "the SSH key's passphrase is wrong", fault,
        repository.credential?.passphrase.map { "check \($0)" } ?? "check `passphrase`")
    case .keyUnusable:
      refusal("the SSH key is not understood", fault, "make an ed25519 key: ssh-keygen -t ed25519")
    case .credentialsWanted:
      refusal(
        "the SSH server asks for a key, and there is none to offer", fault,
        "declare one, 'spec.git.credentials: [{host: \"\(url.host)\(url.port.map { ":\($0)" } ?? "")\", sshKey: /path/to/key}]', or give one to an agent: "
          + "ssh-add")
    default:
      refusal(
        "the SSH server took none of the keys", fault,
        "is the key's public half registered with the server for this repository"
          + (repository.credential.map { ", and is \($0.origin) the right key" } ?? "") + "?")
    }
  }

  private var keyPath: String {
    if case .sshKey(.file(let path, _), _, _) = repository.credential?.kind {
      Self.word(path)
    } else {
      "~/.ssh/id_ed25519"
    }
  }

  /// A path as a word of a command that can be copied.
  private static func word(_ path: String) -> String {
    path.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "/._-+@:".utf8.contains(byte)
    } ? path : SSHText.quoted(path)
  }

  private func refusal(_ message: String, _ fault: GitFault, _ hint: String) -> Failure {
    Failure(.gitRefused, message, at: place, because: fault.message, hint: hint)
  }
}
