/// A package index (simple repository API, PEP 503 and PEP 691).
public struct PackageIndex: Sendable, Hashable {
  /// The name that settings and messages use.
  public var name: String
  /// The root of the simple API, user info apart.
  public var url: RemoteURL
  /// Patterns of names that come from this index and from no other. Empty: any name may come from it.
  public var packages: [Glob]
  /// Who asks, where that is not in the URL.
  public var credentials: SecretUse?
  /// Where the manifest declares it; nil when pip's or uv's settings do.
  public var location: SourceLocation?

  /// Creates an index.
  public init(
    name: String, url: RemoteURL, packages: [Glob] = [], credentials: SecretUse? = nil, location: SourceLocation? = nil
  ) {
    self.name = name
    self.url = url
    self.packages = packages
    self.credentials = credentials
    self.location = location
  }
}

extension [PackageIndex] {
  /// The indexes that may serve a name, in their order: those that claim it, else those that claim nothing.
  ///
  /// An index with `packages` serves only these names, so that nobody can put a package of the same name elsewhere
  /// in its place, and so that it is never asked about anything else.
  public func serving(_ name: PackageName) -> [PackageIndex] {
    let claiming = filter { $0.packages.contains { $0.matches(name) } }
    return claiming.isEmpty ? filter(\.packages.isEmpty) : claiming
  }
}
