internal import CGit2
internal import GitWire

/// What libgit2's errors about servers mean. It has few codes, so that its words have to be read.
enum RemoteFaults {
  /// The fault behind a failed call.
  ///
  /// - Parameter hasHungUp: whether the server ended the last connection.
  static func fault(_ code: Int32, _ kind: git_error_t, _ message: String, hasHungUp: Bool) -> GitFault {
    // What libgit2 with OpenSSL makes of a certificate without a single name that could be compared.
    if kind == GIT_ERROR_SSL, message == "SSL error: received early EOF", !hasHungUp {
      return GitFault(.untrusted, "the certificate does not name this host")
    }
    let found = faultKind(code, kind, message)
    // What is cut off is read as broken by whoever comes to its end: TLS, the HTTP parser, the reader of packs.
    let isCutOff = found == .mirrorBroken && ["unexpected end", "incomplete"].contains { message.contains($0) }
    // In words of ours: libgit2's are those of whichever parser it was built with.
    if hasHungUp, found == .unreachable || isCutOff {
      return GitFault(.hungUp, "the connection ended before the answer was whole")
    }
    return GitFault(found, message)
  }

  private static func faultKind(_ code: Int32, _ kind: git_error_t, _ message: String) -> GitFault.Kind {
    if code == GIT_EAUTH.rawValue { return .refused }
    if code == GIT_ECERTIFICATE.rawValue { return .untrusted }
    if code == GIT_EEOF.rawValue { return .unreachable }
    if message.hasPrefix("cannot redirect from") { return .redirected }
    if message.hasPrefix("too many redirects") { return .redirectLoop }
    // Nor one for what a proxy answers.
    if message.hasPrefix("proxy ") { return .proxyRefused }
    // libgit2 has no error code for an HTTP status: it stands in the text alone.
    if let status = message.split(separator: " ").last.flatMap({ Int($0) }), message.contains("http status code") {
      return switch status {
      case 407: .proxyRefused
      case 401, 403: .refused
      case 404, 410: .absent
      case 408, 429, 500...: .unavailable
      default: .failed
      }
    }
    // An object that is not found is one of the mirror's own: a server is asked for commits, and has them or says so.
    if code == GIT_ENOTFOUND.rawValue, kind == GIT_ERROR_ODB { return .mirrorBroken }
    if code == GIT_ENOTFOUND.rawValue || message.hasPrefix("failed to resolve path") { return .absent }
    if message.hasPrefix("malformed URL") || message.hasPrefix("unsupported URL") { return .failed }
    // A connection that ends in the middle of an answer is a complaint of the HTTP parser.
    let isCutOff = message.contains("EOF") || message.contains("stream ended")
    if kind == GIT_ERROR_NET || kind == GIT_ERROR_SSL || isCutOff { return .unreachable }
    return Library.isAboutStoredData(kind) ? .mirrorBroken : .failed
  }
}
