/// Looks at URLs as text.
public enum URLText {
  /// The text with the user info of every URL in it taken out.
  public static func withoutUserInfo(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      result.append(bytes[index])
      index += 1
      guard result.suffix(3).elementsEqual("://".utf8) else { continue }
      let end = bytes[index...].firstIndex(where: endsAuthority) ?? bytes.count
      if let at = bytes[index..<end].lastIndex(of: UInt8(ascii: "@")) { index = at + 1 }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func endsAuthority(_ byte: UInt8) -> Bool {
    "/?#\\ '\"<>\n\t".utf8.contains(byte)
  }
}

/// Scheme, host and port: what credentials are bound to (RFC 6454).
public struct Origin: Sendable, Equatable, CustomStringConvertible {
  /// The scheme in lower case.
  public var scheme: String
  /// The host in lower case, without the brackets of an IPv6 address.
  public var host: String
  /// The port, the scheme's own where none is given.
  public var port: Int

  /// The origin of an `http` or `https` URL; nil for anything else, also for URLs that programs read differently.
  public init?(_ url: String) {
    guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
    scheme = url[..<colon].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let rest = url[url.index(colon, offsetBy: 3)...]
    var authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    // Programs disagree on what these mean, so that one could be shown a host and another be asked.
    guard !authority.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "\\") }) else { return nil }
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    var portText: Substring?
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      let rest = authority[authority.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      portText = rest.isEmpty ? nil : rest.dropFirst()
      host = authority[authority.index(after: authority.startIndex)..<close].lowercased()
    } else {
      let pieces = authority.split(separator: ":", omittingEmptySubsequences: false)
      guard pieces.count <= 2 else { return nil }
      portText = pieces.count == 2 ? pieces[1] : nil
      host = pieces.first?.lowercased() ?? ""
    }
    guard !host.isEmpty else { return nil }
    if let portText, !portText.isEmpty {
      guard let number = Int(portText), (1...65535).contains(number) else { return nil }
      port = number
    } else {
      port = scheme == "https" ? 443 : 80
    }
  }

  /// `scheme://host:port`.
  public var description: String {
    "\(scheme)://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)"
  }
}
