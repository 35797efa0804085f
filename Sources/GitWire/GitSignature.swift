internal import FoundationEssentials

/// A commit or an annotated tag as it was signed, or as it stands there without a signature.
public struct GitSignature: Codable, Sendable, Equatable {
  /// Of which form a signature is, as its first line says it. Source: git's gpg-interface.c.
  public enum Form: String, Codable, Sendable { case ssh, openpgp, x509 }

  /// The tag's full name; nil for a commit.
  public var tag: String?
  /// What the tag object calls itself; nil for a commit, and for a tag that has no object of its own.
  public var ownName: String?
  /// The signature; nil where there is none.
  public var text: String?
  /// What was signed, in base64: names and messages need not be UTF-8.
  private var payloadBase64: String

  /// Creates a signature.
  public init(tag: String? = nil, ownName: String? = nil, text: String?, payload: [UInt8]) {
    self.tag = tag
    self.ownName = ownName
    self.text = text
    payloadBase64 = SSHText.base64(payload)
  }

  /// What was signed.
  public var payload: [UInt8] { Data(base64Encoded: payloadBase64).map(Array.init) ?? [] }

  /// The signature's form; nil where there is none, or where nobody knows it.
  public var form: Form? { text.flatMap { Self.form(ofLine: $0.utf8) } }

  /// When it says that it was signed, in seconds since 1970: the committer's or the tagger's time.
  public var time: Int? {
    let head = payload.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).prefix { !$0.isEmpty }
    let line = head.first { $0.starts(with: Array("committer ".utf8)) || $0.starts(with: Array("tagger ".utf8)) }
    return line.flatMap { Int(String(decoding: $0, as: UTF8.self).split(separator: " ").dropLast().last ?? "") }
  }

  /// Takes the text of a tag object apart: what was signed, and the signature behind it. Source: git's `parse_signed_buffer`.
  public static func split(tag object: [UInt8]) -> (payload: [UInt8], text: String?) {
    var start: Int?
    var index = 0
    while index < object.count {
      if form(ofLine: object[index...]) != nil { start = index }
      index = (object[index...].firstIndex(of: UInt8(ascii: "\n")) ?? object.count) + 1
    }
    guard let start else { return (object, nil) }
    return (Array(object[..<start]), String(decoding: object[start...], as: UTF8.self))
  }

  private static func form(ofLine bytes: some Sequence<UInt8>) -> Form? {
    let forms: [(String, Form)] = [
      ("-----BEGIN SSH SIGNATURE-----", .ssh), ("-----BEGIN PGP SIGNATURE-----", .openpgp),
      ("-----BEGIN PGP MESSAGE-----", .openpgp), ("-----BEGIN SIGNED MESSAGE-----", .x509),
    ]
    return forms.first { bytes.starts(with: $0.0.utf8) }?.1
  }
}
