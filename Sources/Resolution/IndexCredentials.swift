public import Model

/// Which credentials go to which server: those of an index to its own origin, and nowhere else.
public struct IndexCredentials: Sendable {
  private let indexes: [PackageIndex]
  private let variables: Variables

  /// Takes the indexes and the variables that their user info may need.
  public init(indexes: [PackageIndex], variables: Variables) {
    self.indexes = indexes
    self.variables = variables
  }

  /// What is sent along with a request for a URL. Throws `variableUnset` when a needed variable has no value.
  public func credentials(for url: String) throws(Failure) -> Credentials? {
    guard let target = IndexSettings.split(url, secrets: SecretRegistry()) else { return nil }
    let sameOrigin = indexes.filter { $0.url.origin == target.origin }
    // Several indexes of one server: the one whose path the URL is below, else the first.
    let nearest = sameOrigin.filter { target.path.hasPrefix($0.url.path) }.max { $0.url.path.count < $1.url.path.count }
    return try (nearest ?? sameOrigin.first)?.url.userInfo?.resolved(with: variables)
  }
}
