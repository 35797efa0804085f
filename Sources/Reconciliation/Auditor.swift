public import Model
internal import Resolution

/// Holds what is locked against what is known.
public struct Auditor: Sendable {
  let services: Services
  let environment: DesiredEnvironment

  /// For one environment.
  public init(services: Services, environment: DesiredEnvironment) {
    self.services = services
    self.environment = environment
  }

  /// What was found, and where it was looked up.
  public struct Result: Sendable {
    /// The findings.
    public var audit: Audit
    /// Where they come from.
    public var advisories: AdvisoryDatabase.Advisories
    /// The database; nil where the indexes were asked.
    public var database: String?
  }

  /// Looks up every distribution of a lockfile. `database` comes before what the manifest names.
  public func audit(_ lockfile: Lockfile, database: String?) async throws -> Result {
    let database = database ?? environment.audit.database
    let advisories: AdvisoryDatabase.Advisories
    if let database {
      services.announce("Reading \(database.lastPathComponent)")
      let names = lockfile.distributions.map(\.name) + lockfile.baseNeeds.map(\.name)
      advisories = try AdvisoryDatabase.read(database, for: Set(names))
    } else {
      services.announce("Asking what is known of \(lockfile.distributions.count) distributions")
      let indexes = try environment.indexes + services.settings.configured().indexes
      let credentials = IndexCredentials(indexes: indexes, variables: services.variables)
      var asked = try await AdvisoryDatabase.ask(
        lockfile.distributions, client: services.client, credentials: credentials)
      asked.unknown += lockfile.baseNeeds.map(\.name)
      advisories = asked
    }
    let audit = Audit(
      lockfile, advisories.advisories, except: environment.audit.exceptions, now: services.now())
    return Result(audit: audit, advisories: advisories, database: database)
  }
}
