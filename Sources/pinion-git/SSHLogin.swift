internal import CSSH2
internal import GitWire

/// Shows a server one key after the other until it takes one.
struct SSHLogin {
  private let ssh: GitSSH
  private let connection: SSHSession
  private var session: OpaquePointer { connection.handle }
  /// What was offered, for messages.
  private var offered: [String] = []
  /// What could not be offered, or why it may have been refused.
  private var notes: [String] = []

  /// More than this is no key.
  private static let limit = 64 << 10

  /// A login that has not begun; the server is known to be the right one.
  init(_ ssh: GitSSH, session: SSHSession) {
    self.ssh = ssh
    connection = session
  }

  /// Logs in. Throws `keyRefused`, `credentialsWanted` when there was nothing to offer, and what is wrong with a declared key.
  mutating func run() throws(GitFault) {
    let name = ssh.username
    guard let list = try connection.call({ libssh2_userauth_list($0, name, UInt32(name.utf8.count)) }) else {
      // Some servers let everybody in.
      if libssh2_userauth_authenticated(session) == 1 { return }
      throw GitFault(.unreachable, Self.lastError(session))
    }
    let methods = String(cString: list).split(separator: ",")
    guard methods.contains("publickey") else {
      throw GitFault(
        .keyRefused, "the server takes no keys from \(ssh.username), but \(methods.joined(separator: ", ")) alone")
    }
    if let key = ssh.key {
      if try offerDeclared(key) { return }
    } else {
      if try offerAgent(only: nil) { return }
      for path in ssh.defaultKeys where try offerDefault(path) { return }
    }
    guard offered.isEmpty else { throw refusal }
    throw GitFault(.credentialsWanted, (notes.isEmpty ? [nothing] : notes).joined(separator: "\n"))
  }

  private var nothing: String {
    (ssh.agent == nil ? "SSH_AUTH_SOCK names no agent" : "the agent holds no key")
      + (ssh.defaultKeys.isEmpty ? "" : ", and there is none of \(ssh.defaultKeys.joined(separator: ", "))")
  }

  // MARK: Files

  private mutating func offerDeclared(_ key: GitSSH.Key) throws(GitFault) -> Bool {
    if let text = key.text { return try offerDeclared(key, text) }
    let file: SmallFile
    do throws(SmallFile.Problem) {
      file = try SmallFile(key.path, atMost: Self.limit)
    } catch {
      switch error {
      case .absent: throw GitFault(.keyUnreadable, "\(key.path): there is no such file")
      case .unreadable(let reason): throw GitFault(.keyUnreadable, "\(key.path): \(reason)")
      }
    }
    guard !file.isExposed else { throw GitFault(.keyExposed, key.path) }
    return try offerDeclared(key, file.text)
  }

  private mutating func offerDeclared(_ key: GitSSH.Key, _ content: String) throws(GitFault) -> Bool {
    guard let text = PrivateKeyText(content) else {
      throw GitFault(.keyUnusable, "no private key stands in \(key.path)")
    }
    if text.isLocked, key.passphrase == nil {
      // The agent may hold it unlocked.
      if let publicKey = text.publicKey, try offerAgent(only: publicKey) { return true }
      if offered.isEmpty { throw GitFault(.passphraseWanted, ([key.path] + notes).joined(separator: "\n")) }
      return false
    }
    return try offer(content, text, named: key.path, passphrase: key.passphrase)
  }

  private mutating func offerDefault(_ path: String) throws(GitFault) -> Bool {
    let file: SmallFile
    do throws(SmallFile.Problem) {
      file = try SmallFile(path, atMost: Self.limit)
    } catch {
      if case .unreadable(let reason) = error { passOver(path, reason) }
      return false
    }
    guard let text = PrivateKeyText(file.text) else { return passOver(path, "no private key stands in it") }
    if file.isExposed { return passOver(path, "others than its owner may read it") }
    if text.isLocked { return passOver(path, "it needs a passphrase") }
    do throws(GitFault) {
      return try offer(file.text, text, named: path, passphrase: nil)
    } catch {
      guard error.kind == .keyUnusable else { throw error }
      return passOver(path, error.message)
    }
  }

  @discardableResult
  private mutating func passOver(_ path: String, _ reason: String) -> Bool {
    notes.append("\(path) was passed over: \(reason)")
    return false
  }

  private mutating func offer(
    _ key: String, _ text: PrivateKeyText, named path: String, passphrase: String?
  ) throws(GitFault) -> Bool {
    let name = ssh.username
    let code = try connection.call { session in
      libssh2_userauth_publickey_frommemory(
        session, name, name.utf8.count, nil, 0, key, key.utf8.count, passphrase)
    }
    if code == 0 { return true }
    // What is neither the server's no nor a lost connection is about the file: libssh2 has many codes for that.
    if !Self.isRefusal(code), !Self.isLoss(code) {
      if text.isLocked { throw GitFault(.passphraseWrong, path) }
      throw GitFault(.keyUnusable, "\(path): \(Self.lastError(session))")
    }
    offered.append("\(text.algorithm ?? "the key") \(path)")
    try refused(code, algorithm: text.algorithm)
    return false
  }

  // MARK: The agent

  /// Offers what the agent holds: one key, or all of them.
  private mutating func offerAgent(only wanted: [UInt8]?) throws(GitFault) -> Bool {
    guard let path = ssh.agent, let agent = libssh2_agent_init(session) else { return false }
    defer { libssh2_agent_free(agent) }
    libssh2_agent_set_identity_path(agent, path)
    guard libssh2_agent_connect(agent) == 0 else {
      notes.append("the agent at \(path) does not answer: is SSH_AUTH_SOCK still right?")
      return false
    }
    defer { libssh2_agent_disconnect(agent) }
    guard libssh2_agent_list_identities(agent) == 0 else {
      notes.append("the agent at \(path) does not list its keys")
      return false
    }
    var previous: UnsafeMutablePointer<libssh2_agent_publickey>?
    var identity: UnsafeMutablePointer<libssh2_agent_publickey>?
    while libssh2_agent_get_identity(agent, &identity, previous) == 0, let key = identity {
      previous = identity
      let blob = Array(UnsafeBufferPointer(start: key.pointee.blob, count: key.pointee.blob_len))
      if let wanted, wanted != blob { continue }
      let name = ssh.username
      let code = try connection.call { _ in libssh2_agent_userauth(agent, name, key) }
      if code == 0 { return true }
      let algorithm = PrivateKeyText.algorithm(ofPublicKey: blob)
      offered.append("\(algorithm ?? "a key") of the agent (\(String(cString: key.pointee.comment)))")
      try refused(code, algorithm: algorithm)
    }
    return false
  }

  // MARK: Refusals

  private mutating func refused(_ code: Int32, algorithm: String?) throws(GitFault) {
    let note: String? =
      algorithm == "ssh-rsa" && Self.signsRSAWithSHA1
      ? "libssh2 \(Self.version) signs with RSA keys by SHA-1 alone, which OpenSSH has not taken since 8.8: use an ed25519 key"
      : nil
    if let note, !notes.contains(note) { notes.append(note) }
    if Self.isLoss(code) {
      notes.append("the server then ended the login: it takes so many tries, and no more")
      throw refusal
    }
    if !Self.isRefusal(code) {
      let said = Self.lastError(session)
      if !notes.contains(said) { notes.append(said) }
    }
  }

  private var refusal: GitFault {
    let line = "\(ssh.username) was offered to the server with \(offered.joined(separator: ", "))"
    return GitFault(.keyRefused, ([line] + notes).joined(separator: "\n"))
  }

  private static func isRefusal(_ code: Int32) -> Bool {
    code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED
  }

  private static func isLoss(_ code: Int32) -> Bool {
    [LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND].contains(code)
  }

  private static var version: String { libssh2_version(0).map { String(cString: $0) } ?? "here" }

  /// Signatures with SHA-2 (RFC 8332) came with 1.11.
  private static var signsRSAWithSHA1: Bool {
    let parts = version.split(separator: ".").compactMap { Int($0) }
    return parts.count >= 2 && (parts[0], parts[1]) < (1, 11)
  }

  /// What libssh2 has to say about the last call that failed.
  static func lastError(_ session: OpaquePointer) -> String {
    var message: UnsafeMutablePointer<CChar>?
    let code = libssh2_session_last_error(session, &message, nil, 0)
    return message.map { String(cString: $0) } ?? "libssh2 gives error \(code)"
  }
}
