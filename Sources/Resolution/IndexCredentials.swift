public import Model
internal import Platform

/// Which credentials go to which server: those of an index to its own origin, those of an archive's URL to that URL, and
/// nowhere else.
public struct IndexCredentials: Sendable {
  private let indexes: [PackageIndex]
  private let archives: [RemoteURL]
  private let variables: Variables

  /// Takes the indexes, the archives that requirements name, and the variables that their credentials may need.
  public init(indexes: [PackageIndex], archives: [RemoteURL] = [], variables: Variables) {
    self.indexes = indexes
    self.archives = archives
    self.variables = variables
  }

  /// What is sent along with a request for a URL. Throws `variableUnset` when a needed variable has no value, and `io` for a
  /// credential file that cannot be read.
  public func credentials(for url: String) throws(Failure) -> Credentials? {
    if let archive = archives.first(where: { $0.userInfo != nil && $0.description == url }) {
      return try archive.userInfo?.resolved(with: variables)
    }
    guard let target = IndexSettings.split(url, secrets: SecretRegistry()) else { return nil }
    let sameOrigin = indexes.filter { $0.url.origin == target.origin }
    // Several indexes of one server: the one whose path the URL is below, else the first.
    let nearest = sameOrigin.filter { target.path.hasPrefix($0.url.path) }.max { $0.url.path.count < $1.url.path.count }
    return try (nearest ?? sameOrigin.first).flatMap { index throws(Failure) in try credentials(of: index) }
  }

  /// What an index is given: the user info of its URL, else its own keys.
  func credentials(of index: PackageIndex) throws(Failure) -> Credentials? {
    if let userInfo = index.url.userInfo { return try userInfo.resolved(with: variables) }
    guard let use = index.credentials else { return nil }
    return try use.resolved(with: variables) { path throws(Failure) in try Files.read(path) }
  }
}
