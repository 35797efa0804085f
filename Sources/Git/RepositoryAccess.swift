internal import GitWire
internal import Model

/// One repository and what its server may be shown.
struct RepositoryAccess {
  /// The repository, user info kept apart.
  let url: RemoteURL
  /// What the helper is told.
  let remote: GitRemote

  /// Fills in the credentials where a server could ask for them, and the proxy where one stands before it.
  ///
  /// Throws `variableUnset`, `requirementInvalid`, and `usage` when the proxy's setting is none.
  init(
    _ url: RemoteURL, variables: Variables, secrets: SecretRegistry, proxies: ProxySettings = .none
  ) throws(Failure) {
    self.url = url
    guard ["https", "http", "file"].contains(url.scheme) else {
      throw Failure(
        .requirementInvalid, "git over \(url.scheme) is not supported", at: .url(url.description),
        hint: "write git+https://${TOKEN}@\(url.host)\(url.path)")
    }
    let proxy = try Self.proxy(for: url, in: proxies)
    guard url.scheme != "file", let userInfo = url.userInfo else {
      remote = GitRemote(url: url.description, proxy: proxy)
      return
    }
    let credentials = try userInfo.resolved(with: variables)
    secrets.add(credentials.password)
    // A user name beside a password is no secret, and hiding it would hide every word that it is part of.
    if credentials.password.isEmpty || !userInfo.username.variables.isEmpty { secrets.add(credentials.username) }
    remote = GitRemote(
      url: url.description,
      credentials: GitCredentials(username: credentials.username, password: credentials.password), proxy: proxy)
  }

  /// libgit2 goes through a proxy for https alone.
  private static func proxy(for url: RemoteURL, in proxies: ProxySettings) throws(Failure) -> GitProxy? {
    guard url.scheme == "https",
      let proxy = try proxies.proxy(scheme: url.scheme, host: url.host, port: url.port)
    else { return nil }
    return GitProxy(
      url: proxy.description,
      credentials: proxy.credentials.map { GitCredentials(username: $0.username, password: $0.password) })
  }
}
