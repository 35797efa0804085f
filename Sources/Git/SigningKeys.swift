internal import FoundationEssentials
internal import GitWire
internal import Model

/// The public keys that signatures are checked against, in the forms that the programs which check them read. Pure.
struct SigningKeys: Equatable {
  /// Lines of a file of allowed signers. Source: ssh-keygen(1), ALLOWED SIGNERS.
  private(set) var allowedSigners: [String] = []
  /// OpenPGP packets: what gpgv(1) takes for a keyring.
  private(set) var keyring: [UInt8] = []

  /// Why a key is none.
  struct Problem: Error, Equatable {
    let reason: String
  }

  /// Takes the text or the file of a key: an OpenSSH public key, a file of allowed signers, or an OpenPGP key, armoured or not.
  mutating func add(_ bytes: [UInt8]) throws(Problem) {
    // The first byte of every OpenPGP packet has its highest bit set (RFC 9580, section 4.2), that of text never has.
    if let first = bytes.first, first & 0x80 != 0, String(validating: bytes, as: UTF8.self) == nil {
      keyring += bytes
      return
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if text.contains("PRIVATE KEY") { throw Problem(reason: "a private key stands there") }
    if text.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
      keyring += try Self.unarmoured(text)
      return
    }
    let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    guard !lines.isEmpty else { throw Problem(reason: "no key stands there") }
    for line in lines { allowedSigners.append(try Self.allowedSigner(String(line))) }
  }

  /// A line of a public key's file counts for everybody and for git alone; one of allowed signers says that itself.
  private static func allowedSigner(_ line: String) throws(Problem) -> String {
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    let kind = words.firstIndex { kinds.contains(String($0)) }
    guard let kind, words.count > kind + 1, isKey(words[kind + 1], of: String(words[kind])) else {
      throw Problem(reason: "a line of it is neither a public key nor a list of signers with one")
    }
    return kind == 0 ? "\(everybody) namespaces=\"\(namespace)\" \(words[0]) \(words[1])" : line
  }

  /// A name for whoever signs with a key that is given alone.
  static let everybody = "signer"
  /// What git signs for. Source: git's gpg-interface.c.
  static let namespace = "git"

  private static let kinds: Set = [
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
  ]

  private static func isKey(_ word: Substring, of kind: String) -> Bool {
    guard let data = Data(base64Encoded: String(word)) else { return false }
    return PrivateKeyText.algorithm(ofPublicKey: Array(data)) == kind
  }

  /// The packets in an armoured text; all of its blocks. Source: RFC 9580, section 6.2.
  private static func unarmoured(_ text: String) throws(Problem) -> [UInt8] {
    var packets: [UInt8] = []
    var body: String?
    var isInHead = false
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let line = line.filter { !$0.isWhitespace }
      if line.hasPrefix("-----BEGIN") {
        (body, isInHead) = ("", true)
      } else if line.hasPrefix("-----END"), let text = body {
        guard let data = Data(base64Encoded: text), !data.isEmpty else {
          throw Problem(reason: "the OpenPGP key in it is damaged")
        }
        packets += data
        body = nil
      } else if isInHead {
        // Headers such as `Comment: …` end with an empty line.
        if line.isEmpty || !line.contains(":") { isInHead = false }
        if !line.isEmpty, !line.contains(":") { body? += line }
      } else if !line.hasPrefix("=") || line.utf8.count > 5 {
        body? += line
      }
    }
    guard body == nil, !packets.isEmpty else { throw Problem(reason: "the OpenPGP key in it is cut off") }
    return packets
  }
}
