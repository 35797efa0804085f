internal import Synchronization

/// The helpers of a client: one for all servers that the system's authorities vouch for, and one for each file of others.
///
/// Which authorities libgit2 trusts is a matter of the whole process; apart, none of them can vouch for another's server.
final class HelperPool: Sendable {
  /// The one for local work, and for all servers with no authorities of their own.
  let standard: Helper
  private let make: @Sendable ([String: String]) -> Helper
  private let environment: [String: String]
  private let others = Mutex<[String: Helper]>([:])

  /// Starts nothing yet. `make` makes a helper that has nothing but these variables.
  init(in environment: [String: String], _ make: @escaping @Sendable ([String: String]) -> Helper) {
    self.make = make
    self.environment = environment
    standard = make(environment)
  }

  /// The helper that trusts these authorities, a PEM file's, and no others.
  subscript(authorities authorities: String?) -> Helper {
    guard let authorities else { return standard }
    return others.withLock { others in
      if let helper = others[authorities] { return helper }
      var environment = environment
      environment["SSL_CERT_DIR"] = nil
      environment["SSL_CERT_FILE"] = authorities
      let helper = make(environment)
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
