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
    for index in indexes {
      guard let userInfo = index.url.userInfo, let origin = IndexCredentials.origin(of: url), origin == index.url.origin
      else { continue }
      return try userInfo.resolved(with: variables)
    }
    return nil
  }

  private static func origin(of url: String) -> String? {
    IndexSettings.split(url, secrets: SecretRegistry())?.origin
  }
}
