internal import FoundationEssentials

/// What ssh writes and reads as text.
public enum SSHText {
  /// Bytes in base64.
  public static func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }

  /// A fingerprint as ssh(1) shows it: `SHA256:` and base64 without its padding.
  public static func fingerprint(sha256 digest: some Sequence<UInt8>) -> String {
    var text = base64(digest)
    while text.hasSuffix("=") { text.removeLast() }
    return "SHA256:\(text)"
  }

  /// A word that a shell on the server takes as it is. Source: git's quote.c, sq_quote.
  public static func quoted(_ text: String) -> String {
    var result = "'"
    for character in text.unicodeScalars {
      if character == "'" || character == "!" {
        result += "'\\\(character)'"
      } else {
        result.unicodeScalars.append(character)
      }
    }
    return result + "'"
  }
}
