internal import GitWire
internal import Model
internal import Platform

extension GitClient {
  /// Has something asked of a repository's server, with what is declared for it.
  ///
  /// A server that wants credentials where none are declared gets what the user has set up for it: `~/.netrc`, and then git's
  /// credential helpers. Throws `GitFault` and the like, and what `RepositoryAccess` throws.
  func ask(_ repository: Repository, _ operation: (GitRemote) -> GitOperation) async throws -> GitOutcome {
    if isOffline, repository.url.scheme != "file" { throw complaints(repository).notAsked() }
    let access = try access(to: repository)
    let helper = try self.helper(for: repository)
    guard access.mayAskUser else { return try await helper.perform(operation(access.remote)) }
    // A name without a password says for whom a credential is to be looked for; where there is none, it may be a token.
    if let username = access.plainUsername, let found = try await user.find(for: repository.url, username: username) {
      return try await helper.perform(operation(access.remote.asked(by: found.credentials)))
    }
    if let known = user.known(for: repository.url) {
      return try await helper.perform(operation(access.remote.asked(by: known.credentials)))
    }
    do {
      return try await helper.perform(operation(access.remote))
    } catch let fault as GitFault where fault.kind == .credentialsWanted {
      guard let found = try await user.find(for: repository.url) else { throw fault }
      return try await helper.perform(operation(access.remote.asked(by: found.credentials)))
    }
  }

  /// The helper that trusts the right authorities. Throws `io` when their file is not there.
  private func helper(for repository: Repository) throws -> Helper {
    guard case .authorities(let path)? = repository.tls?.check else { return helpers.standard }
    guard Files.exists(path), !Files.isDirectory(path) else {
      throw Failure(
        .io, "the file of certificate authorities is not there", at: .path(path),
        hint: "check `caFile` in `spec.git.tls`\(repository.tls.map { " (\($0.location))" } ?? "")")
    }
    return helpers[authorities: path]
  }
}

extension GitRemote {
  /// The same, asked by somebody.
  fileprivate func asked(by credentials: Credentials) -> GitRemote {
    var copy = self
    copy.credentials = GitCredentials(username: credentials.username, password: credentials.password)
    return copy
  }
}
