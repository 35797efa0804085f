internal import Model

/// Connections that are open to whoever stands in between: credentials over plain http, and certificates that nobody checks.
enum InsecureTransport {
  /// A warning for each module, index and host of which that is so. Loopback is nobody's way for plain http.
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
    for probe in environment.health?.probes ?? [] {
      if case .http(let url, _, _) = probe, isExposed(url) {
        found.append(warning(url, at: environment.health?.location ?? environment.location))
      }
    }
    for hook in environment.onChange {
      if case .post(let url) = hook.action, isExposed(url) { found.append(warning(url, at: hook.location)) }
    }
    for tls in environment.gitTLS where tls.check == .nothing {
      found.append(
        Diagnostic(
          .insecureTransport, severity: .warning,
          "the certificate of \(tls.host.text) is not verified, and git takes whatever anybody in between sends",
          at: .source(tls.location, excerpt: nil),
          because:
            "`verify: false` is set: a token that goes there can be read, and what comes from there can be changed",
          hint: "name the authority that signed it: 'caFile: /path/to/authority.pem'"))
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
