/// A file's digest that a person wrote down: `sha256:…`.
public struct FileHash: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The algorithms that are strong enough to say that a file is the one that was meant.
  public enum Algorithm: String, Sendable, Hashable, CaseIterable {
    case sha256, sha384, sha512

    /// How many hexadecimal digits a digest has.
    public var length: Int {
      switch self {
      case .sha256: 64
      case .sha384: 96
      case .sha512: 128
      }
    }
  }

  /// Why a text is no hash that counts.
  public enum Flaw: Error, Sendable, Equatable {
    /// Files that differ can be made to have the same digest: MD5, SHA-1, SHA-224.
    case weak
    /// The algorithm is not known here.
    case unknown
    /// The digest is not as many hexadecimal digits as the algorithm gives.
    case digest(Algorithm)
  }

  /// How the digest was made.
  public let algorithm: Algorithm
  /// The digest, hexadecimal, in lower case.
  public let digest: String

  /// Puts an algorithm's name and a digest together, in any case of letters. Throws when they are no hash that counts.
  public init(_ algorithm: some StringProtocol, _ digest: some StringProtocol) throws(Flaw) {
    let name = algorithm.lowercased()
    guard let algorithm = Algorithm(rawValue: name) else {
      throw ["md5", "sha1", "sha224"].contains(name) ? .weak : .unknown
    }
    let digits = digest.lowercased()
    let isDigest =
      digits.utf8.count == algorithm.length
      && digits.utf8.allSatisfy { $0.isDigit || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f")) }
    guard isDigest else { throw .digest(algorithm) }
    self.algorithm = algorithm
    self.digest = digits
  }

  /// `sha256:…`.
  public var description: String { "\(algorithm.rawValue):\(digest)" }

  /// By algorithm, then by digest.
  public static func < (left: FileHash, right: FileHash) -> Bool { left.description < right.description }
}
