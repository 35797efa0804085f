internal import Model
internal import Platform
internal import Synchronization

/// What the user has set up for git servers outside of manifests: `~/.netrc`, and then git's credential helpers.
///
/// It is looked for only when a server has asked, so that a public repository costs nothing. What is found is kept for the
/// process's time, since one run may ask a server often.
final class UserCredentials: Sendable {
  /// A credential, and the words for where it comes from.
  struct Found: Sendable {
    let credentials: Credentials
    let origin: String
  }

  private let variables: Variables
  private let helper: CredentialHelper
  private let secrets: SecretRegistry
  /// What came of each search, also where nothing did.
  private let found = Mutex<[RemoteURL: Found?]>([:])

  /// Looks at nothing yet.
  init(variables: Variables, searchPath: [String], secrets: SecretRegistry) {
    self.variables = variables
    self.secrets = secrets
    helper = CredentialHelper(searchPath: searchPath, variables: variables)
  }

  /// What was found for a repository before.
  func known(for url: RemoteURL) -> Found? { found.withLock { $0[url] ?? nil } }

  /// Looks for a credential, for that user where one is named. Throws `io` for a netrc file that is there and cannot be read.
  func find(for url: RemoteURL, username: String? = nil) async throws -> Found? {
    if let known = found.withLock({ $0[url] }) { return known }
    let new = try await look(for: url, username)
    if let new { secrets.add(new.credentials.password) }
    found.withLock { $0[url] = .some(new) }
    return new
  }

  private func look(for url: RemoteURL, _ username: String?) async throws -> Found? {
    if let path = variables["NETRC"] ?? variables["HOME"].map({ "\($0)/.netrc" }), Files.exists(path) {
      let netrc = Netrc(String(decoding: try CredentialFile.read(path), as: UTF8.self))
      if let entry = netrc.entry(host: url.host, login: username), let password = entry.password {
        return Found(
          credentials: Credentials(username: entry.login ?? username ?? "", password: password), origin: path)
      }
    }
    return try await helper.credentials(for: url, username: username).map {
      Found(credentials: $0, origin: "git's credential helper")
    }
  }
}
