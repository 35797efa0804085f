/// How the certificate of a git host is checked where the system's authorities do not decide: an entry of `spec.git.tls`.
public struct GitTLS: Sendable, Hashable {
  /// What decides.
  public enum Check: Sendable, Hashable {
    /// The certificate authorities in this PEM file, and no others; absolute.
    case authorities(String)
    /// Nothing: any certificate is taken.
    case nothing
  }

  /// The hosts that it holds for, in lower case, with `:port` where that is not https's own. One host alone where nothing decides.
  public var host: Glob
  /// What decides.
  public var check: Check
  /// Where the manifest declares it.
  public var location: SourceLocation

  /// Creates an entry.
  public init(host: Glob, check: Check, location: SourceLocation) {
    self.host = Glob(host.text.lowercased())
    self.check = check
    self.location = location
  }

  /// Whether it holds for a repository.
  public func applies(to url: RemoteURL) -> Bool { url.scheme == "https" && url.isAt(host) }
}

extension [GitTLS] {
  /// The entry for a repository: a host without a wildcard goes first, then the order.
  public func best(for url: RemoteURL) -> GitTLS? {
    let fitting = filter { $0.applies(to: url) }
    return fitting.first { !$0.host.isOpen } ?? fitting.first
  }
}

extension RemoteURL {
  /// Whether its host, with its port where that is not the scheme's own, fits a pattern.
  public func isAt(_ pattern: Glob) -> Bool {
    let standard = scheme == "https" ? 443 : scheme == "http" ? 80 : 22
    let port = port ?? standard
    return port == standard && pattern.matches(host, separator: "/")
      || pattern.matches("\(host):\(port)", separator: "/")
  }
}

extension Glob {
  /// Whether it fits more than one text.
  public var isOpen: Bool { text.contains("*") || text.contains("?") }
}
