internal import Synchronization

/// The helpers of a client: one for all servers that the system's authorities vouch for, and one for each file of others.
///
/// Which authorities libgit2 trusts is a matter of the whole process; apart, none of them can vouch for another's server.
final class HelperPool: Sendable {
  /// The one for local work, and for all servers with no authorities of their own.
  let standard: Helper
  private let path: String
  private let environment: [String: String]
  private let timeout: Double
  private let others = Mutex<[String: Helper]>([:])

  /// Starts nothing yet.
  init(path: String, environment: [String: String], timeout: Double) {
    self.path = path
    self.environment = environment
    self.timeout = timeout
    standard = Helper(path: path, environment: environment, timeout: timeout)
  }

  /// The helper that trusts these authorities, a PEM file's, and no others.
  subscript(authorities authorities: String?) -> Helper {
    guard let authorities else { return standard }
    return others.withLock { others in
      if let helper = others[authorities] { return helper }
      var environment = environment
      environment["SSL_CERT_DIR"] = nil
      environment["SSL_CERT_FILE"] = authorities
      let helper = Helper(path: path, environment: environment, timeout: timeout)
      others[authorities] = helper
      return helper
    }
  }

  /// The ids of all processes that have not ended.
  var processIDs: [Int32] { all.flatMap(\.processIDs) }

  /// Ends them. A later request starts one again.
  func shutdown() {
    for helper in all { helper.shutdown() }
  }

  private var all: [Helper] { [standard] + others.withLock { Array($0.values) } }
}
