internal import GitWire
internal import Model

/// One repository and what its server may be shown.
struct RepositoryAccess {
  /// The repository, user info kept apart.
  let url: RemoteURL
  /// What the helper is told.
  let remote: GitRemote

  /// Fills in the credentials where a server could ask for them. Throws `variableUnset`, `requirementInvalid`.
  init(_ url: RemoteURL, variables: Variables, secrets: SecretRegistry) throws(Failure) {
    self.url = url
    guard ["https", "http", "file"].contains(url.scheme) else {
      throw Failure(
        .requirementInvalid, "git over \(url.scheme) is not supported", at: .url(url.description),
        hint: "write git+https://${TOKEN}@\(url.host)\(url.path)")
    }
    guard url.scheme != "file", let userInfo = url.userInfo else {
      remote = GitRemote(url: url.description)
      return
    }
    let credentials = try userInfo.resolved(with: variables)
    secrets.add(credentials.password)
    // A user name beside a password is no secret, and hiding it would hide every word that it is part of.
    if credentials.password.isEmpty || !userInfo.username.variables.isEmpty { secrets.add(credentials.username) }
    remote = GitRemote(
      url: url.description,
      credentials: GitCredentials(username: credentials.username, password: credentials.password))
  }
}
