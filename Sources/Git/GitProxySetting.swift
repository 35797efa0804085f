internal import GitWire
internal import Model
internal import Platform

/// The setting `http.proxy` of the user's git, which is not obeyed: it is a proxy all the same, and what it stands before is not to
/// be reached around it.
struct GitProxySetting {
  /// The file that has it; nil where none has.
  private let path: String?

  /// Looks into git's settings of the user and the system, without the files that they include. Source: git-config(1), "FILES".
  init(_ variables: Variables) {
    let home = variables["HOME"]
    var files = variables["GIT_CONFIG_GLOBAL"].map { [$0] } ?? []
    if files.isEmpty {
      if let settings = variables["XDG_CONFIG_HOME"] ?? home.map({ "\($0)/.config" }) {
        files.append("\(settings)/git/config")
      }
      if let home { files.append("\(home)/.gitconfig") }
    }
    if (variables["GIT_CONFIG_NOSYSTEM"] ?? "").isEmpty {
      files.append(variables["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig")
    }
    path = files.first(where: Self.hasProxy)
  }

  private static func hasProxy(_ path: String) -> Bool {
    guard let bytes = try? CredentialFile.read(path), let text = try? ConfigText(bytes) else { return false }
    return text.entries.contains { $0.section == "http" && $0.key == "proxy" && !($0.value ?? "").isEmpty }
  }

  /// Throws `gitUnreachable` where the setting would have git go through a proxy, and no variable says that none is needed.
  func refuse(_ url: RemoteURL, _ proxies: ProxySettings) throws(Failure) {
    guard let path, !proxies.goesStraight(host: url.host, port: url.port ?? (url.scheme == "https" ? 443 : 80)) else {
      return
    }
    throw Failure(
      .gitUnreachable, "git's own setting http.proxy is not obeyed", at: .url(url.description),
      because: "it stands in \(path)",
      hint: "say the same in HTTPS_PROXY, or name \(url.host) in NO_PROXY if it is to be asked straight")
  }
}
