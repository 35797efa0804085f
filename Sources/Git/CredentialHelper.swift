internal import Model
internal import Platform

/// Asks git's own credential helpers, as the user has configured them, by way of `git credential fill`.
///
/// Nobody is prompted, and nothing is stored or erased. Source: git-credential(1), gitcredentials(7).
struct CredentialHelper {
  /// The directories in which git is looked for; absolute.
  let searchPath: [String]
  /// Pinion's variables, of which git gets those that say where the user's settings and keys are.
  let variables: Variables

  /// What helpers need to find what they keep. No token is among them: one that is given in a variable is a manifest's to use.
  private static let passedOn = [
    "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "PATH", "USER", "LOGNAME", "DBUS_SESSION_BUS_ADDRESS", "GNUPGHOME",
    "PASSWORD_STORE_DIR", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
  ]

  /// User name and password for a repository; nil where no helper knows any, or git is not there.
  func credentials(for url: RemoteURL, username: String?) async throws -> Credentials? {
    guard let git = searchPath.map({ "\($0)/git" }).first(where: Files.isExecutable),
      let question = Self.question(url, username: username)
    else { return nil }
    var environment = [
      "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/false", "GCM_INTERACTIVE": "never", "LC_ALL": "C",
    ]
    for name in Self.passedOn { environment[name] = variables[name] }
    // At the root no repository's settings apply.
    let result = try await ChildProcess.run(
      git, ["credential", "fill"], environment: environment, workingDirectory: "/", input: question, deadline: 30)
    return result.status == 0 ? Self.credentials(in: result.output) : nil
  }

  /// The question; nil for a URL that cannot be said in it.
  static func question(_ url: RemoteURL, username: String?) -> String? {
    let host = url.host + (url.port.map { ":\($0)" } ?? "")
    let path = String(url.path.drop { $0 == "/" })
    var lines = ["protocol=\(url.scheme)", "host=\(host)", "path=\(path.percentDecoded ?? path)"]
    if let username { lines.append("username=\(username)") }
    guard !lines.contains(where: { $0.unicodeScalars.contains { $0.value < 0x20 } }) else { return nil }
    return lines.joined(separator: "\n") + "\n\n"
  }

  /// The answer.
  static func credentials(in output: String) -> Credentials? {
    var values: [Substring: Substring] = [:]
    for line in output.split(whereSeparator: \.isNewline) {
      guard let equals = line.firstIndex(of: "=") else { continue }
      values[line[..<equals]] = line[line.index(after: equals)...]
    }
    guard let password = values["password"], !password.isEmpty else { return nil }
    return Credentials(username: String(values["username"] ?? ""), password: String(password))
  }
}
