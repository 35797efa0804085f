#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Which HTTP proxy stands between this host and another, as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` for both, and
/// `NO_PROXY` say, in lower case or upper case; where both are set, lower case rules.
///
/// There is no standard: this is what curl, pip and uv agree on (curl(1), "ENVIRONMENT"; requests and reqwest, which pip
/// and uv are built on). Loopback is no exception there, and is none here: `NO_PROXY` names it where it is one.
public struct ProxySettings: Sendable {
  private let https: String?
  private let http: String?
  private let exceptions: [Exception]

  /// Nothing goes through a proxy.
  public static let none = ProxySettings(variables: [:])

  /// Reads the variables. An empty value counts as unset.
  public init(variables: [String: String]) {
    func value(_ name: String) -> String? {
      [variables[name], variables[name.uppercased()]].lazy.compactMap { $0 }.first { !$0.isEmpty }
    }
    https = value("https_proxy") ?? value("all_proxy")
    // A CGI program has the request's header `Proxy:` in that variable (httpoxy): it is not believed there.
    let isCGI = variables["REQUEST_METHOD"] != nil && variables["http_proxy"] == nil
    http = (isCGI ? nil : value("http_proxy")) ?? value("all_proxy")
    exceptions = (value("no_proxy") ?? "").split { $0 == "," || $0.isWhitespace }.compactMap { Exception(String($0)) }
  }

  /// The proxies' passwords and tokens, for whoever takes secrets out of texts. A user name beside a password is none, and
  /// hiding it would hide every word that it is part of.
  public var secrets: [String] {
    [https, http].compactMap { $0.flatMap { try? Proxy($0).credentials } }.map {
      $0.password.isEmpty ? $0.username : $0.password
    }
  }

  /// The proxy for a request; nil where it goes straight to the server.
  ///
  /// - Parameters:
  ///   - scheme: `http` or `https`; others never go through a proxy.
  ///   - host: with brackets where it is an IPv6 address.
  ///
  /// Throws `usage` when the variable holds no address of a proxy that can be used.
  public func proxy(scheme: String, host: String, port: Int?) throws(Failure) -> Proxy? {
    let isSecure = scheme == "https"
    guard isSecure || scheme == "http", let text = isSecure ? https : http else { return nil }
    let port = port ?? (isSecure ? 443 : 80)
    guard !exceptions.contains(where: { $0.holds(host: host, port: port) }) else { return nil }
    do { return try Proxy(text) } catch {
      throw Failure(
        .usage, "the proxy for \(scheme) is no http://host:port", because: error.reason,
        hint: "mend \(isSecure ? "HTTPS_PROXY" : "HTTP_PROXY") or ALL_PROXY, or name \(host) in NO_PROXY")
    }
  }

  /// Whether `NO_PROXY` says that a host is reached straight.
  public func goesStraight(host: String, port: Int) -> Bool { exceptions.contains { $0.holds(host: host, port: port) } }

  /// A proxy's address.
  public struct Proxy: Sendable, Hashable, CustomStringConvertible {
    /// Its host, with brackets if it is an IPv6 address.
    public let host: String
    /// Its port.
    public let port: Int
    /// What it is shown, in the clear.
    public let credentials: Credentials?

    /// Never shows credentials.
    public var description: String { "http://\(host):\(port)" }

    /// By address and credentials.
    public static func == (one: Proxy, other: Proxy) -> Bool { one.key == other.key }

    /// By address and credentials.
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }

    private var key: [String] { [description, credentials?.username ?? "", credentials?.password ?? ""] }

    struct Problem: Error {
      var reason: String
    }

    /// `http://user:password@host:3128`, where all but the host may be missing.
    init(_ text: String) throws(Problem) {
      var rest = text[...]
      if let separator = text.firstRange(of: "://") {
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" else {
          throw Problem(reason: "proxies that are spoken to by \(scheme) are not supported")
        }
        rest = text[separator.upperBound...]
      }
      var authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      if let at = authority.lastIndex(of: "@") {
        let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
          .map { String($0).percentDecoded ?? String($0) }
        credentials = Credentials(username: parts[0], password: parts.count > 1 ? parts[1] : "")
        authority = authority[authority.index(after: at)...]
      } else {
        credentials = nil
      }
      guard let (host, port) = HostText.split(authority), !host.isEmpty else {
        throw Problem(reason: "it has no readable host and port")
      }
      self.host = host
      self.port = port ?? 80
    }
  }

  /// One entry of `NO_PROXY`.
  private enum Exception {
    case everything
    /// The domain and all below it; a leading dot changes nothing.
    case domain(String, port: Int?)
    /// An address, or a range of them in CIDR notation.
    case addresses(IPAddress, length: Int, port: Int?)

    init?(_ text: String) {
      if text == "*" {
        self = .everything
        return
      }
      if let slash = text.firstIndex(of: "/") {
        guard let address = IPAddress(String(text[..<slash])), let length = Int(text[text.index(after: slash)...]),
          (0...address.bytes.count * 8).contains(length)
        else { return nil }
        self = .addresses(address, length: length, port: nil)
        return
      }
      if let address = IPAddress(text) {
        self = .addresses(address, length: address.bytes.count * 8, port: nil)
        return
      }
      guard let (host, port) = HostText.split(text[...]) else { return nil }
      if let address = IPAddress(host) {
        self = .addresses(address, length: address.bytes.count * 8, port: port)
      } else {
        var name = host[...]
        if name.hasPrefix("*.") { name = name.dropFirst() }
        if name.hasPrefix(".") { name = name.dropFirst() }
        guard !name.isEmpty else { return nil }
        self = .domain(String(name), port: port)
      }
    }

    func holds(host: String, port: Int) -> Bool {
      let host = host.lowercased()
      switch self {
      case .everything: return true
      case .domain(let domain, let only):
        return (only == nil || only == port) && (host == domain || host.hasSuffix(".\(domain)"))
      case .addresses(let address, let length, let only):
        guard only == nil || only == port, let found = IPAddress(host) else { return false }
        return found.begins(with: address, bits: length)
      }
    }
  }
}

/// `host:port`, with brackets around IPv6 addresses.
private enum HostText {
  /// Host, in lower case, and port; nil when the port is none.
  static func split(_ text: Substring) -> (host: String, port: Int?)? {
    let colon = text.hasPrefix("[") ? text.firstIndex(of: "]").map(text.index(after:)) : text.lastIndex(of: ":")
    guard let colon, colon < text.endIndex else { return (text.lowercased(), nil) }
    let digits = text[text.index(after: colon)...]
    guard text[colon] == ":", digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    guard !digits.isEmpty else { return (text[..<colon].lowercased(), nil) }
    guard let port = Int(digits), (1...65_535).contains(port) else { return nil }
    return (text[..<colon].lowercased(), port)
  }
}

/// An address of IPv4 or IPv6, as its bytes.
private struct IPAddress {
  let bytes: [UInt8]

  /// Reads `127.0.0.1`, `::1` or `[::1]`; nil for names.
  init?(_ text: String) {
    let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, bare, &four) == 1 {
      bytes = withUnsafeBytes(of: &four) { Array($0) }
    } else if inet_pton(AF_INET6, bare, &six) == 1 {
      bytes = withUnsafeBytes(of: &six) { Array($0) }
    } else {
      return nil
    }
  }

  /// Whether its first bits are those of another.
  func begins(with other: IPAddress, bits: Int) -> Bool {
    guard bytes.count == other.bytes.count else { return false }
    return bytes.indices.allSatisfy { index in
      let count = min(max(bits - index * 8, 0), 8)
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> count)
      return bytes[index] & mask == other.bytes[index] & mask
    }
  }
}
