internal import Model

extension DesiredEnvironment {
  /// Gives every git module the entries of `spec.git.credentials` and `spec.git.tls` that are meant for its repository.
  ///
  /// A URL with user info of its own says already who asks. To ssh a user is a name, and identifies nobody.
  mutating func attachGitCredentials() {
    for index in modules.indices {
      guard case .requirement(.git(var requirement)) = modules[index].requirement else { continue }
      let url = requirement.source.url
      requirement.source.tls = gitTLS.best(for: url)
      if url.userInfo == nil || url.scheme == "ssh" {
        requirement.source.credential = gitCredentials.best(for: url)
      }
      modules[index].requirement = .requirement(.git(requirement))
    }
  }
}
