extension SourceRules {
  /// Why something may not be used, and where the rules that refuse it are stated.
  public enum Refusal: Sendable, Hashable {
    /// A pattern of `deny` fits.
    case denied(by: SourcePattern, in: SourceLocation? = nil)
    /// No pattern of `allow` fits, of those that are about such things.
    case notAllowed(among: [SourcePattern], in: SourceLocation? = nil)

    /// Where the rules are stated.
    public var location: SourceLocation? {
      switch self {
      case .denied(_, let location), .notAllowed(_, let location): location
      }
    }
  }

  /// Why a distribution of that name may not be used; nil when it may.
  public func refusal(of name: PackageName) -> Refusal? {
    refusal(restrictedBy: \.isName) { pattern, _ in Glob(pattern.text).matches(name) }
  }

  /// Why a URL may not be used; nil when it may. `isGit` says that a repository is there: patterns that begin with `git+`
  /// are about those alone.
  public func refusal(of url: String, isGit: Bool) -> Refusal? {
    let candidate = ComparableURL(url)
    return refusal(restrictedBy: { !$0.isName && (isGit || !$0.isGit) }) { pattern, isDenying in
      candidate.matches(pattern.urlText, generously: isDenying)
    }
  }

  /// Why nothing of the URL may be used, looking at `deny` alone. For the files that an index leads to, which stand where
  /// their index says.
  public func denial(of url: String) -> Refusal? {
    let candidate = ComparableURL(url)
    for layer in layers {
      for pattern in layer.deny where !pattern.isName && !pattern.isGit {
        if candidate.matches(pattern.urlText, generously: true) { return .denied(by: pattern, in: layer.location) }
      }
    }
    return nil
  }

  private func refusal(
    restrictedBy concerns: (SourcePattern) -> Bool, _ fits: (SourcePattern, _ isDenying: Bool) -> Bool
  ) -> Refusal? {
    for layer in layers {
      if let pattern = layer.deny.first(where: { concerns($0) && fits($0, true) }) {
        return .denied(by: pattern, in: layer.location)
      }
    }
    for layer in layers {
      let allowed = layer.allow.filter(concerns)
      if !allowed.isEmpty, !allowed.contains(where: { fits($0, false) }) {
        return .notAllowed(among: allowed, in: layer.location)
      }
    }
    return nil
  }
}

extension SourcePattern {
  /// Whether it is about package names.
  public var isName: Bool { !text.contains("://") }
  /// Whether it is about git repositories alone.
  public var isGit: Bool { text.hasPrefix("git+") }
  /// The pattern without `git+`.
  var urlText: String { isGit ? String(text.dropFirst("git+".count)) : text }
}

/// A URL taken apart for comparison: what leads to the same place looks the same.
struct ComparableURL: Sendable, Hashable {
  private var scheme: String
  private var host: String
  private var port: String
  private var path: String
  /// Whether its path says something that servers may take in different ways. Such a URL is never allowed by a pattern.
  private var isAmbiguous: Bool

  init(_ text: String) {
    let separator = text.firstRange(of: "://")
    scheme = (separator.map { text[..<$0.lowerBound] } ?? "").lowercased()
    let rest = separator.map { text[$0.upperBound...] } ?? text[...]
    var authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    path = String(rest[authority.endIndex...].prefix { $0 != "#" })
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    (host, port) = Self.split(authority.lowercased())
    if port == Self.standardPort(of: scheme) { port = "" }
    let decoded = path.percentDecoded ?? path
    let segments = decoded.split(separator: "/", omittingEmptySubsequences: false)
    isAmbiguous =
      segments.contains { $0 == "." || $0 == ".." } || path.lowercased().contains("%2f") || decoded.contains("\\")
      || path.percentDecoded == nil || segments.dropFirst().dropLast().contains("")
    path = Self.resolved(decoded)
    if path.hasSuffix(".git") { path.removeLast(4) }
  }

  /// Whether a pattern fits. In the host `*` stays within the host. `generously` is for what is forbidden: any port,
  /// any case, and any spelling count.
  func matches(_ pattern: String, generously: Bool) -> Bool {
    guard let separator = pattern.firstRange(of: "://") else { return false }
    let wanted = pattern[..<separator.lowerBound].lowercased()
    guard Glob(wanted).matches(scheme) else { return false }
    let rest = pattern[separator.upperBound...]
    let authority = rest.prefix { $0 != "/" }
    let (wantedHost, wantedPort) = Self.split(authority.lowercased())
    guard Glob(wantedHost).matches(host) else { return false }
    let samePort =
      wantedPort == port || wantedPort == Self.standardPort(of: scheme) && port.isEmpty || wantedPort == "*"
    guard samePort || (generously && wantedPort.isEmpty), generously || !isAmbiguous else { return false }
    var wantedPath = rest[authority.endIndex...].split(separator: "/").joined(separator: "/")
    if wantedPath.hasSuffix(".git") { wantedPath.removeLast(4) }
    // `https://host/simple/*` is meant to hold for `https://host/simple`, too.
    return [path, path + "/"].contains { candidate in
      generously
        ? Glob(wantedPath.lowercased()).matches(candidate.lowercased()) : Glob(wantedPath).matches(candidate)
    }
  }

  /// Without empty segments and `.`, and with every `..` carried out.
  private static func resolved(_ path: String) -> String {
    var segments: [Substring] = []
    for segment in path.split(separator: "/") where segment != "." {
      if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
    }
    return segments.joined(separator: "/")
  }

  private static func split(_ authority: String) -> (host: String, port: String) {
    guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return (rooted(authority), "") }
    return (rooted(authority[..<colon]), String(authority[authority.index(after: colon)...]))
  }

  /// Without the dot of the root at its end, with which a name is the same host's (RFC 3986, 3.2.2).
  private static func rooted(_ host: some StringProtocol) -> String {
    var host = String(host)
    while host.hasSuffix(".") { host.removeLast() }
    return host
  }

  private static func standardPort(of scheme: String) -> String {
    ["https": "443", "http": "80", "ssh": "22"][scheme] ?? "-"
  }
}
