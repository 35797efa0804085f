public import Model
internal import Platform

/// Which credentials go to which server: those of an index to its own origin, those of an archive's URL to that URL, and
/// nowhere else.
public struct IndexCredentials: Sendable {
  private let indexes: [PackageIndex]
  private let routes: IndexRoutes?
  private let archives: [RemoteURL]
  private let variables: Variables

  /// Takes the indexes, the archives that requirements name, and the variables that their credentials may need.
  public init(indexes: [PackageIndex], archives: [RemoteURL] = [], variables: Variables) {
    self.indexes = indexes
    self.archives = archives
    self.variables = variables
    routes = nil
  }

  /// Takes all indexes and pages of the routes, the archives that requirements name, and the variables.
  public init(routes: IndexRoutes, archives: [RemoteURL] = [], variables: Variables) {
    self.routes = routes
    self.archives = archives
    self.variables = variables
    indexes = routes.all
  }

  /// What is sent along with a request for a URL. Throws `variableUnset` when a needed variable has no value, and `io` for a
  /// credential file that cannot be read.
  ///
  /// - Parameters:
  ///   - url: what is asked for.
  ///   - name: the distribution whose file it is; nil where that is not known.
  ///   - index: the index whose page named the file, without user info; empty where that is not known.
  public func credentials(
    for url: String, of name: PackageName? = nil, from index: String = ""
  ) throws(Failure) -> Credentials? {
    if let archive = archives.first(where: { $0.userInfo != nil && $0.description == url }) {
      return try archive.userInfo?.resolved(with: variables)
    }
    guard let target = IndexSettings.split(url, secrets: SecretRegistry()) else { return nil }
    // The index that named the file knows who may have it. Of several on one server each has its own credentials.
    let own = name.flatMap { routes?.asked(for: $0) } ?? []
    for candidates in [own, indexes] {
      let sameOrigin = candidates.filter { $0.url.origin == target.origin }
      if let named = sameOrigin.first(where: { $0.url.description == index }) { return try credentials(of: named) }
      if let nearest = sameOrigin.max(by: { Self.shared($0.url, target) < Self.shared($1.url, target) }) {
        return try credentials(of: nearest)
      }
    }
    return nil
  }

  /// How many components the paths of two URLs have in common from the beginning on.
  private static func shared(_ one: RemoteURL, _ other: RemoteURL) -> Int {
    zip(one.path.split(separator: "/"), other.path.split(separator: "/")).prefix { $0 == $1 }.count
  }

  /// What an index is given: the user info of its URL, else its own keys.
  func credentials(of index: PackageIndex) throws(Failure) -> Credentials? {
    if let userInfo = index.url.userInfo { return try userInfo.resolved(with: variables) }
    guard let use = index.credentials else { return nil }
    return try use.resolved(with: variables) { path throws(Failure) in try Files.read(path) }
  }
}
