internal import Model

/// Credentials that would go over plain http to another machine: everybody on the way can read them.
enum InsecureTransport {
  /// A warning for each module and index of which that is so. Loopback is nobody's way.
  static func warnings(_ environment: DesiredEnvironment) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for module in environment.modules {
      guard case .requirement(let requirement) = module.requirement else { continue }
      let credential = if case .git(let git) = requirement { git.source.credential } else { GitCredential?.none }
      for url in requirement.urls where isExposed(url, hasCredentials: credential != nil) {
        found.append(warning(url, at: module.location))
      }
    }
    for index in environment.indexes where isExposed(index.url, hasCredentials: index.credentials != nil) {
      found.append(warning(index.url, at: index.location ?? environment.location))
    }
    return found
  }

  private static func isExposed(_ url: RemoteURL, hasCredentials: Bool = false) -> Bool {
    url.scheme == "http" && (url.userInfo != nil || hasCredentials) && !url.isLoopback
  }

  private static func warning(_ url: RemoteURL, at location: SourceLocation) -> Diagnostic {
    Diagnostic(
      .insecureTransport, severity: .warning, "credentials for \(url.host) go over plain http",
      at: .source(location, excerpt: nil), because: "everybody between here and there can read them",
      hint: "use https")
  }
}
