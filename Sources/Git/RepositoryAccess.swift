internal import GitWire
internal import Model
internal import Platform

/// One repository and what its server may be shown.
struct RepositoryAccess {
  /// The repository, credentials kept apart.
  let repository: Repository
  /// What the helper is told.
  let remote: GitRemote

  /// Fills in the credentials where a server could ask for them, and the proxy where one stands before it.
  ///
  /// Throws `variableUnset`, `requirementInvalid`, `io` for a credential file that cannot be read, `manifestInvalid` for one
  /// that holds no credential, `gitUnreachable` where a proxy stands before plain http, and `usage` when the proxy's setting is none.
  init(
    _ repository: Repository, variables: Variables, secrets: SecretRegistry, proxies: ProxySettings = .none
  ) throws(Failure) {
    self.repository = repository
    let url = repository.url
    switch url.scheme {
    case "file": remote = GitRemote(url: url.description)
    case "ssh":
      let ssh = try SSHAccess(repository, variables: variables, secrets: secrets)
      remote = GitRemote(url: url.description, ssh: ssh.wire)
    case "https", "http":
      let proxy = try Self.proxy(for: url, in: proxies)
      if proxy == nil { try GitProxySetting(variables).refuse(url, proxies) }
      let credentials = try Self.credentials(for: repository, variables, secrets)
      remote = GitRemote(
        url: url.description,
        credentials: credentials.map { GitCredentials(username: $0.username, password: $0.password) }, proxy: proxy,
        takesAnyCertificate: url.scheme == "https" && repository.tls?.check == .nothing,
        // What is said of a host's certificates holds for no other; and behind a proxy libgit2 asks the first server again.
        followsRedirects: repository.tls == nil && proxy == nil)
    default:
      throw Failure(
        .requirementInvalid, "git over \(url.scheme) is not supported", at: .url(url.description),
        hint: "write git+https://${TOKEN}@\(url.host)\(url.path)")
    }
  }

  /// Whether nothing says with what to ask: neither the URL nor the manifest.
  var mayAskUser: Bool {
    guard ["https", "http"].contains(repository.url.scheme) else { return false }
    return repository.url.userInfo == nil ? repository.credential == nil : plainUsername != nil
  }

  /// A user's name that stands in the URL without a password: written out, and in the form of a name.
  var plainUsername: String? {
    guard ["https", "http"].contains(repository.url.scheme), let userInfo = repository.url.userInfo,
      userInfo.password == nil
    else { return nil }
    return userInfo.username.plainLogin
  }

  /// What the URL says, else what is declared for it.
  private static func credentials(
    for repository: Repository, _ variables: Variables, _ secrets: SecretRegistry
  ) throws(Failure) -> Credentials? {
    if let userInfo = repository.url.userInfo {
      var credentials = try userInfo.resolved(with: variables)
      // A token that stands alone: the forges that want a certain name beside it get that.
      if userInfo.password == nil, userInfo.username.plainLogin == nil,
        let username = GitCredential.forgeUsername(repository.url.host)
      {
        credentials = Credentials(username: username, password: credentials.username)
      }
      secrets.add(credentials.password)
      // A user name beside a password is no secret, and hiding it would hide every word that it is part of.
      if credentials.password.isEmpty || !userInfo.username.variables.isEmpty { secrets.add(credentials.username) }
      return credentials
    }
    guard
      let credentials = try repository.credential?.credentials(
        for: repository.url, with: variables, reading: CredentialFile.read)
    else { return nil }
    secrets.add(credentials.password)
    return credentials
  }

  /// libgit2 goes through a proxy for https alone; going straight where one is set is not for us to decide.
  private static func proxy(for url: RemoteURL, in proxies: ProxySettings) throws(Failure) -> GitProxy? {
    guard let proxy = try proxies.proxy(scheme: url.scheme, host: url.host, port: url.port) else { return nil }
    guard url.scheme == "https" else {
      throw Failure(
        .gitUnreachable, "git does not go through a proxy for plain http", at: .url(url.description),
        because: "HTTP_PROXY names \(proxy)",
        hint: "write git+https://…, or name \(url.host) in NO_PROXY if it is to be asked straight")
    }
    return GitProxy(
      url: proxy.description,
      credentials: proxy.credentials.map { GitCredentials(username: $0.username, password: $0.password) })
  }
}

/// Files that hold a token, a password or a passphrase. They are read each time, so that they can be rotated.
enum CredentialFile {
  /// More than this is no credential.
  private static let limit = 64 << 10

  /// The file's bytes. Throws `io`.
  static func read(_ path: String) throws(Failure) -> [UInt8] {
    do throws(Files.BoundedReadProblem) {
      return try Files.read(path, atMost: limit)
    } catch {
      let reason =
        switch error {
        case .absent: "there is no such file"
        case .linkLoop: "symbolic links lead back to themselves"
        case .directory: "it is a directory"
        case .notAFile(let kind): "it is \(kind)"
        case .tooLarge: "it is larger than \(limit >> 10) KiB"
        case .failed(let failure): failure.diagnostics.first?.cause ?? "the system refused"
        }
      throw Failure(
        .io, "the credential file could not be read", at: .path(path), because: reason,
        hint: "check the path in `spec.git.credentials`, and that this user may read the file")
    }
  }
}
