internal import Crypto

/// SHA-256 in lower-case hexadecimal, as lockfiles, RECORD files and the store write it.
public enum Digest {
  /// The digest of some bytes.
  public static func sha256(_ bytes: [UInt8]) -> String {
    hexadecimal(SHA256.hash(data: bytes))
  }

  /// The digest of a text's UTF-8.
  public static func sha256(_ text: String) -> String {
    sha256(Array(text.utf8))
  }

  /// Bytes as lower-case hexadecimal.
  public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

/// SHA-256 over bytes as they come.
public struct StreamingDigest {
  private var hash = SHA256()

  /// Begins with nothing.
  public init() {}

  /// Takes more bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// The digest of all bytes so far, in lower-case hexadecimal.
  public func finish() -> String {
    Digest.hexadecimal(hash.finalize())
  }
}
