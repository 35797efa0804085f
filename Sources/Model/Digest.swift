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

/// A digest over bytes as they come.
public struct StreamingDigest {
  private enum Hash {
    case sha256(SHA256), sha384(SHA384), sha512(SHA512)
  }
  private var hash: Hash

  /// Begins with nothing.
  public init(_ algorithm: FileHash.Algorithm = .sha256) {
    switch algorithm {
    case .sha256: hash = .sha256(SHA256())
    case .sha384: hash = .sha384(SHA384())
    case .sha512: hash = .sha512(SHA512())
    }
  }

  /// Takes more bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch hash {
    case .sha256(var state):
      state.update(bufferPointer: bytes)
      hash = .sha256(state)
    case .sha384(var state):
      state.update(bufferPointer: bytes)
      hash = .sha384(state)
    case .sha512(var state):
      state.update(bufferPointer: bytes)
      hash = .sha512(state)
    }
  }

  /// The digest of all bytes so far, in lower-case hexadecimal.
  public func finish() -> String {
    switch hash {
    case .sha256(let state): Digest.hexadecimal(state.finalize())
    case .sha384(let state): Digest.hexadecimal(state.finalize())
    case .sha512(let state): Digest.hexadecimal(state.finalize())
    }
  }
}
