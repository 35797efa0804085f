import Synchronization

/// Remembers the values that must never be shown, and takes them out of any text on its way to a person or a file.
///
/// It is the last line of defence: types that carry secrets do not print them in the first place.
public final class SecretRegistry: Sendable {
  /// What is known, so that a text is searched once, however many secrets there are.
  private struct Known {
    var secrets: Set<[UInt8]> = []
    /// How long the secrets are that begin with those four bytes, the longest first.
    var lengths: [UInt32: [Int]] = [:]
  }

  private static let shortest = 4
  private let known = Mutex(Known())

  /// Creates an empty registry.
  public init() {}

  /// Remembers a value. Texts shorter than four bytes are passed over: hiding them would hide everything.
  public func add(_ secret: String) {
    guard secret.utf8.count >= Self.shortest else { return }
    known.withLock { known in
      // Hosts are compared and shown in lower case: what stands in one by mistake is, too.
      for form in [secret, secret.lowercased()] {
        let bytes = Array(form.utf8)
        guard known.secrets.insert(bytes).inserted else { continue }
        let start = bytes[..<Self.shortest].reduce(0) { $0 << 8 | UInt32($1) }
        let lengths = known.lengths[start, default: []]
        guard !lengths.contains(bytes.count) else { continue }
        known.lengths[start] = (lengths + [bytes.count]).sorted(by: >)
      }
    }
  }

  /// The text with every known secret replaced by `****`; secrets that overlap go as one.
  public func redact(_ text: String) -> String {
    known.withLock { known in
      guard !known.secrets.isEmpty else { return text }
      let bytes = Array(text.utf8)
      let ranges = Self.ranges(of: known, in: bytes)
      guard !ranges.isEmpty else { return text }
      var result: [UInt8] = []
      var end = 0
      for range in ranges {
        result += bytes[end..<range.lowerBound]
        result += "****".utf8
        end = range.upperBound
      }
      return String(decoding: result + bytes[end...], as: UTF8.self)
    }
  }

  private static func ranges(of known: Known, in bytes: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var window: UInt32 = 0
    for (index, byte) in bytes.enumerated() {
      window = window << 8 | UInt32(byte)
      let start = index + 1 - shortest
      guard start >= 0, let lengths = known.lengths[window] else { continue }
      let length = lengths.first {
        start + $0 <= bytes.count && known.secrets.contains(Array(bytes[start..<(start + $0)]))
      }
      guard let length else { continue }
      if let last = ranges.last, start < last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, start + length)
      } else {
        ranges.append(start..<(start + length))
      }
    }
    return ranges
  }
}
