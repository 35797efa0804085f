import Synchronization

/// Remembers the values that must never be shown, and takes them out of any text on its way to a person or a file.
///
/// It is the last line of defence: types that carry secrets do not print them in the first place.
public final class SecretRegistry: Sendable {
  private let secrets = Mutex<Set<String>>([])

  /// Creates an empty registry.
  public init() {}

  /// Remembers a value. Texts shorter than four bytes are passed over: hiding them would hide everything.
  public func add(_ secret: String) {
    guard secret.utf8.count >= 4 else { return }
    // Hosts are compared and shown in lower case: what stands in one by mistake is, too.
    secrets.withLock { $0.formUnion([secret, secret.lowercased()]) }
  }

  /// The text with every known secret replaced by `****`.
  public func redact(_ text: String) -> String {
    secrets.withLock { known in
      var result = text
      // Longest first, so that a secret that contains another goes as a whole.
      for secret in known.sorted(by: { ($0.utf8.count, $0) > ($1.utf8.count, $1) }) where result.contains(secret) {
        result = result.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "****")
      }
      return result
    }
  }
}
