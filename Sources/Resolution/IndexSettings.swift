internal import FoundationEssentials
public import Model
internal import Platform

/// Which package indexes are asked, and in which order, when a manifest names none: what pip and uv are set to.
///
/// Order of precedence: `UV_DEFAULT_INDEX`/`UV_INDEX_URL` with `UV_INDEX`/`UV_EXTRA_INDEX_URL`, `PIP_INDEX_URL` with
/// `PIP_EXTRA_INDEX_URL`, uv's `uv.toml`, pip's `pip.conf` (user before site), and last what uv itself says its default
/// is: no index's address is compiled in. Source: the two tools' documentation of their settings.
public struct IndexSettings: Sendable {
  private let variables: [String: String]
  private let secrets: SecretRegistry

  /// Takes the variables to read.
  public init(variables: [String: String], secrets: SecretRegistry) {
    self.variables = variables
    self.secrets = secrets
  }

  /// The indexes that are configured outside the manifest; empty when nothing configures one.
  public func configured() throws(Failure) -> [PackageIndex] {
    let uvDefault = variables["UV_DEFAULT_INDEX"] ?? variables["UV_INDEX_URL"]
    let uvExtra = variables["UV_INDEX"] ?? variables["UV_EXTRA_INDEX_URL"]
    if uvDefault != nil || uvExtra != nil { return try indexes(uvDefault, uvExtra) }
    let pip = (variables["PIP_INDEX_URL"], variables["PIP_EXTRA_INDEX_URL"])
    if pip.0 != nil || pip.1 != nil { return try indexes(pip.0, pip.1) }
    for path in uvFiles() {
      guard let bytes = try Files.readIfPresent(path) else { continue }
      let found = try uvSettings(String(decoding: bytes, as: UTF8.self))
      if !found.isEmpty { return found }
    }
    for path in pipFiles() {
      guard let bytes = try Files.readIfPresent(path) else { continue }
      let settings = IndexSettings.pipSettings(String(decoding: bytes, as: UTF8.self))
      if settings.index != nil || settings.extra != nil { return try indexes(settings.index, settings.extra) }
    }
    return []
  }

  /// What uv, or the interpreter's own pip, would ask when nothing is configured; empty when neither is there to say.
  public func builtIn(searchPath: [String], interpreter: Interpreter) async throws -> [PackageIndex] {
    var answer: String?
    if let uv = searchPath.map({ "\($0)/uv" }).first(where: Files.isExecutable) {
      answer = try await Uv.builtInIndex(uv)
    }
    if answer == nil {
      let result = try await ChildProcess.run(
        interpreter.executable, ["-I", "-c", IndexSettings.pipProgram], environment: ["LANG": "C.UTF-8"], deadline: 30)
      answer = result.status == 0 ? Substring(result.output).trimmed : nil
    }
    return try answer.map { [PackageIndex(name: "default", url: try parse($0))] } ?? []
  }

  /// Prints the default index of pip, or of the pip that the interpreter would install (ensurepip).
  private static let pipProgram = """
    import sys
    try:
        import pip
    except ImportError:
        import ensurepip, glob, os
        sys.path[:0] = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
    from pip._internal.models.index import PyPI
    print(PyPI.simple_url)
    """

  private func indexes(_ main: String?, _ extra: String?) throws(Failure) -> [PackageIndex] {
    var found: [PackageIndex] = []
    let urls = [main].compactMap { $0 } + (extra ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    for (number, text) in urls.enumerated() where !text.isEmpty {
      // uv's form `name=URL`.
      let hasName = text.firstIndex(of: "=").map { !text[..<$0].contains(":") } ?? false
      let parts = hasName ? text.split(separator: "=", maxSplits: 1).map(String.init) : []
      let url = try parse(parts.last ?? text)
      found.append(
        PackageIndex(name: parts.count == 2 ? parts[0] : number == 0 ? "default" : "extra-\(number)", url: url))
    }
    return found
  }

  /// Reads an index URL from a setting, its user info apart and known as a secret.
  public func parse(_ text: String) throws(Failure) -> RemoteURL {
    guard let url = IndexSettings.split(text, secrets: secrets) else {
      throw Failure(
        .indexUnreachable, "the package index that pip's or uv's settings name is no http or https URL",
        hint: "write it as https://host/simple, or name the index in the manifest under spec.indexes")
    }
    return url
  }

  static func split(_ text: String, secrets: SecretRegistry) -> RemoteURL? {
    guard let colon = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<colon.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let rest = text[colon.upperBound...]
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash]
    var userInfo: UserInfo?
    if let at = authority.lastIndex(of: "@") {
      let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        .map { String($0).percentDecoded ?? String($0) }
      parts.forEach(secrets.add)
      userInfo = UserInfo(
        username: Template(literal: parts[0]), password: parts.count > 1 ? Template(literal: parts[1]) : nil)
      authority = authority[authority.index(after: at)...]
    }
    var host = String(authority).lowercased()
    var port: Int?
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
      port = Int(host[host.index(after: colon)...])
      guard port != nil else { return nil }
      host = String(host[..<colon])
    }
    guard !host.isEmpty else { return nil }
    var path = String(rest[slash...])
    while path.hasSuffix("/") { path.removeLast() }
    return RemoteURL(scheme: scheme, host: host, port: port, path: path, userInfo: userInfo)
  }

  private func uvFiles() -> [String] {
    let home = variables["HOME"] ?? ""
    let user = variables["XDG_CONFIG_HOME"] ?? "\(home)/.config"
    return [variables["UV_CONFIG_FILE"], "\(user)/uv/uv.toml", "/etc/uv/uv.toml"].compactMap { $0 }
  }

  private func uvSettings(_ text: String) throws(Failure) -> [PackageIndex] {
    guard let table = try? TOMLDocument.parse(text) else { return [] }
    var main = table["index-url"]?.string
    var others = table["extra-index-url"]?.array?.compactMap(\.string) ?? []
    for entry in table["index"]?.array?.compactMap(\.table) ?? [] {
      guard let url = entry["url"]?.string else { continue }
      if entry["default"]?.bool == true { main = url } else { others.append(url) }
    }
    return try indexes(main, others.joined(separator: " "))
  }

  private func pipFiles() -> [String] {
    let home = variables["HOME"] ?? ""
    let user = variables["XDG_CONFIG_HOME"] ?? "\(home)/.config"
    return [variables["PIP_CONFIG_FILE"], "\(user)/pip/pip.conf", "\(home)/.pip/pip.conf", "/etc/pip.conf"]
      .compactMap { $0 }
  }

  /// `index-url` and `extra-index-url` of a pip.conf's `[global]` and `[install]` (the latter wins).
  static func pipSettings(_ text: String) -> (index: String?, extra: String?) {
    var section = ""
    var values: [String: String] = [:]
    var lastKey: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      let trimmed = line.trimmed
      if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
      if trimmed.hasPrefix("[") {
        section = String(trimmed.dropFirst().prefix { $0 != "]" })
        lastKey = nil
      } else if line.first?.isWhitespace == true, let key = lastKey {
        values[key, default: ""] += " " + trimmed
      } else if let equals = trimmed.firstIndex(where: { $0 == "=" || $0 == ":" }) {
        let key = section + "." + Substring(trimmed[..<equals]).trimmed.lowercased()
        values[key] = Substring(trimmed[trimmed.index(after: equals)...]).trimmed
        lastKey = key
      }
    }
    func value(_ name: String) -> String? {
      (values["install.\(name)"] ?? values["global.\(name)"]).flatMap { $0.isEmpty ? nil : $0 }
    }
    return (value("index-url"), value("extra-index-url"))
  }
}

extension Substring {
  /// Without white space at both ends.
  var trimmed: String {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
