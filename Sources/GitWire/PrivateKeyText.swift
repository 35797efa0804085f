internal import FoundationEssentials

/// What a private key's file says of itself without its passphrase: its kind, its public half, and whether it is locked.
///
/// Source: PROTOCOL.key of OpenSSH; RFC 7468 and RFC 1421 for the older forms.
public struct PrivateKeyText: Sendable {
  /// What kind of key it is: `ssh-ed25519`; nil where a form does not say it.
  public private(set) var algorithm: String?
  /// Whether it needs a passphrase.
  public private(set) var isLocked = false
  /// The public half as it goes over the wire; nil where the form has it locked away or otherwise encoded.
  public private(set) var publicKey: [UInt8]?

  /// Reads a file's text; nil when no private key stands in it.
  public init?(_ text: String) {
    let lines = text.split(whereSeparator: \.isNewline).map { String($0) }
    guard let start = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN ") && $0.hasSuffix("PRIVATE KEY-----") })
    else { return nil }
    switch lines[start] {
    case "-----BEGIN OPENSSH PRIVATE KEY-----":
      let body = lines[(start + 1)...].prefix { !$0.hasPrefix("-----") }.joined()
      guard let bytes = Data(base64Encoded: body), readOpenSSH(Array(bytes)) else { return nil }
    case "-----BEGIN ENCRYPTED PRIVATE KEY-----": isLocked = true
    case let line:
      if line.contains("RSA") { algorithm = "ssh-rsa" }
      isLocked = lines[(start + 1)...].contains { $0.hasPrefix("Proc-Type:") && $0.hasSuffix("ENCRYPTED") }
    }
  }

  /// `"openssh-key-v1\0"`, cipher, derivation, its options, the number of keys, the public half, and what is locked.
  private mutating func readOpenSSH(_ bytes: [UInt8]) -> Bool {
    let magic = Array("openssh-key-v1".utf8) + [0]
    guard bytes.starts(with: magic) else { return false }
    var rest = bytes[magic.count...]
    guard let cipher = Self.field(&rest), Self.field(&rest) != nil, Self.field(&rest) != nil, rest.count >= 4 else {
      return false
    }
    rest = rest.dropFirst(4)
    guard let key = Self.field(&rest) else { return false }
    isLocked = String(decoding: cipher, as: UTF8.self) != "none"
    publicKey = key
    algorithm = Self.algorithm(ofPublicKey: key)
    return true
  }

  /// The kind of a key, from its public half.
  public static func algorithm(ofPublicKey key: [UInt8]) -> String? {
    var rest = key[...]
    return field(&rest).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Four bytes of length, and as many bytes as they say (RFC 4251, section 5).
  private static func field(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard rest.count >= 4 else { return nil }
    let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    guard length <= rest.count else { return nil }
    defer { rest = rest.dropFirst(length) }
    return Array(rest.prefix(length))
  }
}
