internal import FoundationEssentials
public import Model
internal import Platform

/// Which package indexes are asked, and in which order, when a manifest names none: what pip and uv are set to.
///
/// One tool's settings count, never a mixture: uv's where one of its variables is set, else pip's where one of its is, else
/// uv's `uv.toml`, else pip's `pip.conf` (user before site). A variable stands for the same option of its own tool's file. Where
/// they name no default index, what uv or pip itself would ask is the last to be asked: no index's address is compiled in.
/// Source: the two tools' documentation of their settings.
public struct IndexSettings: Sendable {
  private let variables: [String: String]
  private let secrets: SecretRegistry

  /// Takes the variables to read.
  public init(variables: [String: String], secrets: SecretRegistry) {
    self.variables = variables
    self.secrets = secrets
  }

  /// What is configured outside the manifest.
  public struct Configured: Sendable, Equatable {
    /// The indexes, in the order in which they are asked.
    public var indexes: [PackageIndex]
    /// Whether the default index is among them; if not, the tools' own is to be asked last.
    public var hasDefault: Bool
    /// Pages and directories that are looked through as well: `find-links`.
    public var links: [RemoteURL] = []
  }

  private struct Setting {
    var main: String?
    var extra: String?
    var links: String?
    var noIndex: String?
    var isEmpty: Bool { main == nil && extra == nil && links == nil && noIndex == nil }

    /// Whether no index is to be asked at all.
    var hasNoIndex: Bool { ["1", "true", "yes", "on"].contains(noIndex?.lowercased() ?? "") }

    /// What this leaves open, taken from another.
    func completed(by other: Setting) -> Setting {
      Setting(
        main: main ?? other.main, extra: extra ?? other.extra, links: links ?? other.links,
        noIndex: noIndex ?? other.noIndex)
    }
  }

  /// The indexes that are configured outside the manifest. Throws `indexUnreachable` for one that is no URL.
  public func configured() throws(Failure) -> Configured {
    let uv = Setting(
      main: value("UV_DEFAULT_INDEX", "UV_INDEX_URL"), extra: value("UV_INDEX", "UV_EXTRA_INDEX_URL"),
      links: value("UV_FIND_LINKS"), noIndex: value("UV_NO_INDEX"))
    if !uv.isEmpty { return try uvOrder(uv.completed(by: uvFile())) }
    let pip = Setting(
      main: value("PIP_INDEX_URL"), extra: value("PIP_EXTRA_INDEX_URL"), links: value("PIP_FIND_LINKS"),
      noIndex: value("PIP_NO_INDEX"))
    if !pip.isEmpty { return try pipOrder(pip.completed(by: pipFile())) }
    let file = try uvFile()
    return try file.isEmpty ? pipOrder(pipFile()) : uvOrder(file)
  }

  /// The first of these variables that has a value.
  private func value(_ names: String...) -> String? {
    names.lazy.compactMap { variables[$0] }.first { !$0.isEmpty }
  }

  /// uv asks its further indexes first, so that nobody puts a package of the same name into the default one.
  private func uvOrder(_ setting: Setting) throws(Failure) -> Configured {
    if setting.hasNoIndex { return Configured(indexes: [], hasDefault: true, links: try links(setting)) }
    return Configured(
      indexes: try extra(setting) + main(setting), hasDefault: setting.main != nil, links: try links(setting))
  }

  /// pip takes the newest version of all indexes, whichever it is on. Here the first index that has a name answers for it: the one
  /// that was named as the index, or, where none was, those that were named besides.
  private func pipOrder(_ setting: Setting) throws(Failure) -> Configured {
    if setting.hasNoIndex { return Configured(indexes: [], hasDefault: true, links: try links(setting)) }
    return Configured(
      indexes: try main(setting) + extra(setting), hasDefault: setting.main != nil, links: try links(setting))
  }

  private func uvFile() throws(Failure) -> Setting {
    for path in uvFiles() {
      guard let bytes = try Files.readIfPresent(path) else { continue }
      let found = try uvSettings(String(decoding: bytes, as: UTF8.self), path)
      if !found.isEmpty { return found }
    }
    return Setting()
  }

  private func pipFile() throws(Failure) -> Setting {
    var setting = Setting()
    for path in pipFiles() {
      guard let bytes = try Files.readIfPresent(path) else { continue }
      let found = IndexSettings.pipSettings(String(decoding: bytes, as: UTF8.self))
      setting = setting.completed(
        by: Setting(main: found.index, extra: found.extra, links: found.links, noIndex: found.noIndex))
    }
    return setting
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

  private func main(_ setting: Setting) throws(Failure) -> [PackageIndex] {
    guard let text = setting.main else { return [] }
    return [try index(text, name: "default")]
  }

  private func extra(_ setting: Setting) throws(Failure) -> [PackageIndex] {
    var found: [PackageIndex] = []
    for text in (setting.extra ?? "").split(whereSeparator: \.isWhitespace).map(String.init) {
      found.append(try index(text, name: "extra-\(found.count + 1)"))
    }
    return found
  }

  /// `find-links`: URLs of pages, and paths or `file` URLs of directories and pages.
  private func links(_ setting: Setting) throws(Failure) -> [RemoteURL] {
    var found: [RemoteURL] = []
    for text in (setting.links ?? "").split(whereSeparator: { $0.isWhitespace || $0 == "," }).map(String.init) {
      if text.hasPrefix("http://") || text.hasPrefix("https://") {
        found.append(try parse(text))
      } else {
        let path = text.hasPrefix("file://") ? String(text.dropFirst("file://".count)).percentDecoded ?? "" : text
        // What a relative path starts from is the tool's business: there it means the directory it is run in.
        guard path.hasPrefix("/") else { continue }
        found.append(RemoteURL(scheme: "file", host: "", path: path.absolutePath(from: "/").percentEncodedPath))
      }
    }
    return found
  }

  /// `URL`, or uv's form `name=URL`.
  private func index(_ text: String, name: String) throws(Failure) -> PackageIndex {
    let hasName = text.firstIndex(of: "=").map { !text[..<$0].contains(":") } ?? false
    let parts = hasName ? text.split(separator: "=", maxSplits: 1).map(String.init) : []
    return PackageIndex(name: parts.count == 2 ? parts[0] : name, url: try parse(parts.last ?? text))
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

  private func uvSettings(_ text: String, _ path: String) throws(Failure) -> Setting {
    let table: [String: TOMLValue]
    do throws(TOMLDocument.Problem) { table = try TOMLDocument.parse(text) } catch {
      // To go on would be to ask another index than the one that is written there.
      throw Failure(
        .indexUnreachable, "uv's settings cannot be read, which may name the package index",
        at: .source(SourceLocation(file: path, line: error.line, column: error.column), excerpt: nil),
        because: error.message, hint: "mend the file, or name the index in the manifest under spec.indexes")
    }
    var main = table["index-url"]?.string
    var others = table["extra-index-url"]?.array?.compactMap(\.string) ?? []
    for entry in table["index"]?.array?.compactMap(\.table) ?? [] {
      guard let url = entry["url"]?.string else { continue }
      if entry["default"]?.bool == true { main = url } else { others.append(url) }
    }
    let links = table["find-links"]?.array?.compactMap(\.string) ?? []
    return Setting(
      main: main, extra: others.isEmpty ? nil : others.joined(separator: " "),
      links: links.isEmpty ? nil : links.joined(separator: " "),
      noIndex: table["no-index"]?.bool.map { $0 ? "true" : "false" })
  }

  private func pipFiles() -> [String] {
    let home = variables["HOME"] ?? ""
    let user = variables["XDG_CONFIG_HOME"] ?? "\(home)/.config"
    return [variables["PIP_CONFIG_FILE"], "\(user)/pip/pip.conf", "\(home)/.pip/pip.conf", "/etc/pip.conf"]
      .compactMap { $0 }
  }

  /// What a pip.conf's `[global]` and `[install]` (the latter wins) say of indexes.
  static func pipSettings(_ text: String) -> (index: String?, extra: String?, links: String?, noIndex: String?) {
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
    return (value("index-url"), value("extra-index-url"), value("find-links"), value("no-index"))
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
