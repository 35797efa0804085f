internal import Model

extension DesiredEnvironment {
  /// Gives every git module the entries of `spec.git.credentials` and `spec.git.tls` that are meant for its repository, and the
  /// rules for those that it leads to.
  ///
  /// A URL with user info of its own says already who asks. To ssh a user is a name, and identifies nobody.
  mutating func attachGitCredentials() {
    let rules = GitRules(self)
    for index in modules.indices {
      guard case .requirement(.git(var requirement)) = modules[index].requirement else { continue }
      let url = requirement.source.url
      requirement.source.rules = rules
      requirement.source.tls = rules.tls.best(for: url)
      if url.userInfo == nil || url.scheme == "ssh" { requirement.source.credential = rules.credentials.best(for: url) }
      modules[index].requirement = .requirement(.git(requirement))
    }
  }
}
