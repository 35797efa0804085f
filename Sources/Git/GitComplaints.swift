internal import GitWire
internal import Model

/// Puts into words what went wrong with a repository, and what to do about it. Pure.
struct GitComplaints {
  /// The repository.
  private let repository: Repository
  /// The proxy that the settings name for it, whether or not it is used.
  let proxy: String?

  /// Where the user's own credential for it was found, if it was looked for.
  private let userOrigin: String?

  /// About a repository, and the proxy that stands before it.
  init(_ repository: Repository, proxy: String? = nil, userOrigin: String? = nil) {
    self.repository = repository
    self.proxy = proxy
    self.userOrigin = userOrigin
  }

  private var url: RemoteURL { repository.url }
  private var place: Place { .url(url.description) }

  /// The failure behind an error of the helper's; errors that are failures already stay as they are.
  func failure(for error: any Error) -> any Error {
    switch error {
    case let fault as GitFault: failure(for: fault)
    case HelperProcess.Loss.timedOut(let seconds):
      Failure(
        .gitUnreachable, "git's helper did not answer within \(Self.text(seconds)) s", at: place,
        because: withProxy("it was ended; a host's name that is looked up for so long can be the reason"),
        hint: reachHint, retryable: true)
    case HelperProcess.Loss.ended(let status):
      Failure(
        .gitFailed, "git's helper ended while it read the repository", at: place, because: Self.text(status: status),
        hint: "the server's answers may be broken; if it goes on, report it with the server's name and version",
        retryable: true)
    default: error
    }
  }

  private func failure(for fault: GitFault) -> Failure {
    switch fault.kind {
    case .hostUnknown, .hostChanged, .hostRevoked, .knownHostsUnreadable, .keyUnreadable, .keyExposed,
      .passphraseWanted,
      .passphraseWrong, .keyUnusable, .keyRefused:
      SSHComplaints(repository).failure(for: fault)
    case .credentialsWanted where url.scheme == "ssh": SSHComplaints(repository).failure(for: fault)
    case .connectTimeout, .silent, .stalled, .slow, .hungUp, .unavailable, .tooMuch, .overdue, .redirectLoop,
      .nameUnknown:
      TransferComplaints(place, because: withProxy(fault.message), reachHint: reachHint).failure(for: fault.kind)
    case .untrusted:
      Failure(
        .gitUnreachable, "the git server's certificate is not trusted", at: place, because: fault.message,
        hint:
          "if it comes from an authority of your own, name that authority's certificate: 'spec.git.tls: "
          + "[{host: \(url.host)\(url.port.map { ":\($0)" } ?? ""), caFile: /path/to/authority.pem}]', or set SSL_CERT_FILE"
      )
    case .unreachable:
      Failure(
        .gitUnreachable, "the git server cannot be reached", at: place, because: withProxy(fault.message),
        hint: reachHint, retryable: true)
    case .proxyRefused:
      Failure(
        .gitUnreachable, "the proxy did not let git through", at: place, because: withProxy(fault.message),
        hint: "check user name and password in HTTPS_PROXY, and whether the proxy permits CONNECT to this host")
    case .credentialsWanted:
      Failure(
        .gitRefused, "the git server asks for credentials, and there are none for it", at: place,
        because: fault.message,
        hint: "if the repository is private, write \(withToken) and set TOKEN, or declare a credential in "
          + "`spec.git.credentials`; if not, check its name, since servers also ask when there is no such repository")
    case .refused:
      Failure(
        .gitRefused, "the git server refused access", at: place, because: fault.message,
        hint: refusalHint)
    case .redirected:
      Failure(
        .gitRefused, "the git server sends on to another origin, where credentials do not follow", at: place,
        because: fault.message, hint: "write the URL that it sends on to, if you trust that server with the token")
    case .sentOn:
      Failure(
        .gitRefused, "the git server sends on to another address, which is not followed here", at: place,
        because: fault.message + "\n"
          + (proxy == nil
            ? "what `git.tls` says holds for this host alone"
            : "redirects are not followed behind a proxy"),
        hint: "write the URL that it sends on to")
    case .absent:
      Failure(
        .gitFailed, "there is no such repository", at: place, because: fault.message,
        hint: url.scheme == "file"
          ? "check the path"
          : "check the URL; many servers also say this when \(url.scheme == "ssh" ? "the key" : "the token") may not see the repository"
      )
    case .unfit:
      Failure(.gitFailed, "the repository cannot be used", at: place, because: fault.message)
    case .pointers:
      Failure(
        .gitFailed, "files of the repository stand elsewhere, in Git LFS, and cannot be fetched", at: place,
        because: fault.message, hint: "name a wheel of it, or have these files kept in git itself")
    case .mirrorBroken, .failed:
      Failure(
        .gitFailed, "the repository could not be read", at: place, because: fault.message,
        hint: url.scheme == "file" ? nil : "is that the URL of a git repository, as git clone takes it?")
    }
  }

  /// There is no such branch, tag or commit.
  func absent(_ reference: String?, near: [String], in references: RemoteReferences) -> Failure {
    let suggestion = near.map { "'\($0)'" }.joined(separator: ", ")
    return Failure(
      .gitReferenceAbsent,
      reference.map { "there is no branch, tag or commit '\($0)' in the repository" }
        ?? "the repository's HEAD names no branch that exists",
      at: place, because: ReferenceResolver.census(of: references),
      hint: near.isEmpty
        ? "git ls-remote \(url) shows what there is"
        : reference == nil ? "name a branch or tag, for instance \(suggestion)" : "did you mean \(suggestion)?")
  }

  /// No tag's version is in the range. `newest` are the newest that there are.
  func outOfRange(_ range: VersionSpecifiers, newest: [String], in references: RemoteReferences) -> Failure {
    Failure(
      .gitReferenceAbsent, "no tag of the repository is a version in the range \(range)", at: place,
      because: newest.isEmpty
        ? "none of its tags is a version; \(ReferenceResolver.census(of: references))"
        : "the newest are \(newest.joined(separator: ", "))",
      hint: "write another range, or a branch; pre-releases count only in a range that names one")
  }

  /// A branch and a tag have one name.
  func ambiguous(_ reference: String) -> Failure {
    Failure(
      .gitReferenceAbsent, "'\(reference)' is both a branch and a tag in the repository", at: place,
      hint: "write @refs/heads/\(reference) for the branch, or @refs/tags/\(reference) for the tag")
  }

  /// Several commits begin like that.
  func ambiguousCommit(_ prefix: String) -> Failure {
    Failure(
      .gitReferenceAbsent, "more than one commit of the repository begins with '\(prefix)'", at: place,
      hint: "write more of the commit's id, best all 40 characters")
  }

  /// The server is not to be asked.
  func notAsked() -> Failure {
    Failure(
      .gitUnreachable, "the repository would have to be asked, and no server is", at: place,
      because: "--offline was given, or PINION_OFFLINE is set",
      hint: "run the same command once without it: what it needs is kept")
  }

  /// There are no commits.
  func empty() -> Failure {
    Failure(.gitReferenceAbsent, "the repository is empty", at: place, hint: "push a commit to it first")
  }

  /// A commit that was locked is gone.
  func commitAbsent(_ commit: String) -> Failure {
    Failure(
      .gitReferenceAbsent, "the commit \(commit) is not in the repository, or no branch or tag leads to it", at: place,
      hint: "if its branch was rewritten, lock again: pinion lock --upgrade")
  }

  private var refusalHint: String {
    if url.scheme == "ssh" { return "may the key that logged in read this repository?" }
    if let userOrigin {
      return "the credential came from \(userOrigin): is it still valid, and may it read this repository?"
    }
    let origin = url.userInfo.map { "\($0.password ?? $0.username)" } ?? repository.credential?.origin
    return origin.map { "check the token: is \($0) still valid, and may it read this repository?" }
      ?? "if the repository is private, write \(withToken) and set TOKEN"
  }

  private var withToken: String { "git+\(url.scheme)://${TOKEN}@\(url.description.dropFirst(url.scheme.count + 3))" }

  private var reachHint: String {
    "is the host right, and reachable from here?"
      + (proxy == nil ? "" : " Check HTTPS_PROXY, or name the host in NO_PROXY if it needs no proxy")
  }

  /// What was said, and through which proxy.
  private func withProxy(_ message: String) -> String {
    guard let proxy, url.scheme == "https" else { return message }
    return (message.isEmpty ? "" : message + "\n") + "asked through the proxy \(proxy)"
  }

  private static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
  }

  private static func text(status: Int32) -> String {
    status & 0x7F == 0 ? "it ended with status \(status >> 8 & 0xFF)" : "it was ended by signal \(status & 0x7F)"
  }
}
