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
    /// Every run of six bytes of the secrets, in lower case, as numbers.
    var fragments: Set<UInt64> = []
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
        known.fragments.formUnion(Self.fragments(of: bytes))
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

  // MARK: parts

  /// How long the part of a secret must be to be known for one.
  private static let fragment = 6

  /// The text with `****` for what it quotes, where that shares six characters in a row with a secret, whatever the case: a
  /// complaint that quotes a word of a text may quote a part of a secret, which is none of those that are known.
  ///
  /// What stands outside of `'…'` is Pinion's own words.
  public func redactQuotes(in text: String) -> String {
    known.withLock { known in
      guard !known.fragments.isEmpty else { return text }
      let bytes = Array(text.utf8)
      let quote = UInt8(ascii: "'")
      var result: [UInt8] = []
      var index = 0
      while index < bytes.count {
        result.append(bytes[index])
        index += 1
        guard bytes[index - 1] == quote, index < 2 || !Self.isWord(bytes[index - 2]) else { continue }
        guard let end = Self.end(ofQuoteFrom: index, in: bytes) else { continue }
        let hasPart = Self.fragments(of: Array(bytes[index..<end])).contains(where: known.fragments.contains)
        // What is quoted may have quotes of its own: the last one ends it then.
        let last = hasPart ? bytes.lastIndex(of: quote) ?? end : end
        result += hasPart ? Array("****".utf8) : Array(bytes[index..<end])
        index = max(last, end)
        if index < bytes.count { result.append(quote) }
        index += 1
      }
      return String(decoding: result, as: UTF8.self)
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte >= 0x80
  }

  private static func end(ofQuoteFrom start: Int, in bytes: [UInt8]) -> Int? {
    bytes.indices[start...].first { index in
      bytes[index] == UInt8(ascii: "'") && (index + 1 == bytes.count || !isWord(bytes[index + 1]))
    }
  }

  /// What the forges let tokens begin with tells nobody anything.
  private static let beginnings = ["github_pat_", "glpat-", "pypi-"].map { Array($0.utf8) }

  private static func fragments(of bytes: [UInt8]) -> Set<UInt64> {
    var found: Set<UInt64> = []
    var window: UInt64 = 0
    let start = beginnings.first { bytes.starts(with: $0) }?.count ?? 0
    for (index, byte) in bytes[start...].enumerated() {
      // `-` becomes `_` where a name of Python's is suggested.
      let folded = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte
      window = (window << 8 | UInt64(folded)) & 0xFFFF_FFFF_FFFF
      if index + 1 >= fragment { found.insert(window) }
    }
    return found
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
