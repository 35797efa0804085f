internal import Model

/// A repository, and who asks for it: what is asked about once, however many sources lie in it.
struct Repository: Hashable {
  /// Where it is.
  let url: RemoteURL
  /// The declared credential for it, if any.
  let credential: GitCredential?
  /// How its server's certificate is checked, where the system's authorities do not decide.
  let tls: GitTLS?

  /// A repository whose URL says all.
  init(_ url: RemoteURL, credential: GitCredential? = nil, tls: GitTLS? = nil) {
    self.url = url
    self.credential = credential
    self.tls = tls
  }

  /// The repository that a source lies in.
  init(_ source: GitSource) {
    self.init(source.url, credential: source.credential, tls: source.tls)
  }
}

extension GitCredential {
  /// Where its secret comes from, for messages: `${TOKEN}`, the file, the key, and where it is declared.
  var origin: String {
    switch kind {
    case .token(let secret), .password(_, let secret): "\(secret) (\(location))"
    case .sshKey(let source, _, _): "\(source) (\(location))"
    }
  }

  /// The passphrase of a key.
  var passphrase: SecretValue? { if case .sshKey(_, _, let passphrase) = kind { passphrase } else { nil } }

  /// The known hosts that it names.
  var knownHosts: String? { if case .sshKey(_, let knownHosts, _) = kind { knownHosts } else { nil } }
}

extension GitSource {
  /// The full names that its reference may stand for, which means a commit; none where it says that commit, a range or nothing.
  func possibleNames(at commit: String) -> [String] {
    guard let reference, reference != "HEAD", !commit.hasPrefix(reference.lowercased()) else { return [] }
    return ["refs/tags/\(reference)", "refs/heads/\(reference)", "refs/\(reference)", reference]
  }

  /// The same, and `HEAD` where nothing is said: by which names a commit is looked for on the server.
  func namesToFetch(at commit: String) -> [String] {
    range == nil && (reference == nil || reference == "HEAD") ? ["HEAD"] : possibleNames(at: commit)
  }
}
