internal import CSSH2
internal import GitWire

/// Whether an ssh server is the one that is known by its name. There is no way to accept an unknown one.
struct HostKeyCheck {
  private let ssh: GitSSH
  private let session: OpaquePointer
  private var known = KnownHosts()

  /// More than this is no file of known hosts.
  private static let limit = 16 << 20

  /// Reads what is known. Throws `knownHostsUnreadable` for a file that was named; others may be absent.
  init(_ ssh: GitSSH, session: OpaquePointer) throws(GitFault) {
    self.ssh = ssh
    self.session = session
    for path in ssh.knownHosts {
      do throws(SmallFile.Problem) {
        known.add(try SmallFile(path, atMost: Self.limit).text, file: path)
      } catch {
        switch error {
        case .absent:
          if ssh.areKnownHostsDeclared { throw GitFault(.knownHostsUnreadable, "\(path): there is no such file") }
        case .unreadable(let reason): throw GitFault(.knownHostsUnreadable, "\(path): \(reason)")
        }
      }
    }
  }

  /// Asks for a key of a kind that is known before any other; to be called before the handshake.
  func prefer() {
    var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    let count = libssh2_session_supported_algs(session, LIBSSH2_METHOD_HOSTKEY, &names)
    guard count > 0, let names else { return }
    defer { libssh2_free(session, names) }
    let supported = (0..<Int(count)).compactMap { names[$0].map { String(cString: $0) } }
    let wanted = known.algorithms(of: ssh.knownHostName, hashed: isHash)
    func isWanted(_ name: String) -> Bool {
      // An RSA key has one name in files, and several on the wire, after the hash that it signs (RFC 8332).
      wanted.contains(name) || (wanted.contains("ssh-rsa") && name.hasPrefix("rsa-sha2-"))
    }
    let ordered = supported.filter(isWanted) + supported.filter { !isWanted($0) }
    libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, ordered.joined(separator: ","))
  }

  /// Compares the server's key with what is known. Throws `hostUnknown`, `hostChanged` or `hostRevoked`.
  func verify() throws(GitFault) {
    var length = 0
    var type: Int32 = 0
    guard let pointer = libssh2_session_hostkey(session, &length, &type),
      let digest = libssh2_hostkey_hash(session, LIBSSH2_HOSTKEY_HASH_SHA256)
    else { throw GitFault(.hostUnknown, "the server shows no key") }
    let key = Array(UnsafeRawBufferPointer(start: pointer, count: length))
    let algorithm = PrivateKeyText.algorithm(ofPublicKey: key) ?? "unknown"
    let fingerprint = SSHText.fingerprint(sha256: UnsafeRawBufferPointer(start: digest, count: 32))
    let shown = "\(ssh.knownHostName) shows the key \(algorithm) \(fingerprint)"
    let verdict = known.verdict(
      on: KnownHosts.Key(algorithm: algorithm, base64: SSHText.base64(key)), of: ssh.knownHostName, hashed: isHash)
    switch verdict {
    case .known: return
    case .unknown(let others):
      let besides = others.isEmpty ? "" : "; other keys of this host are known: \(others.joined(separator: ", "))"
      throw GitFault(
        .hostUnknown, "\(shown), which is not in \(ssh.knownHosts.joined(separator: " or "))\(besides)")
    case .changed(let places):
      throw GitFault(.hostChanged, "\(shown), and another one is known from \(places.joined(separator: ", "))")
    case .revoked(let place): throw GitFault(.hostRevoked, "\(shown), and \(place) revokes it")
    }
  }

  /// Whether `|1|salt|hash` stands for a name.
  private func isHash(_ field: String, _ name: String) -> Bool {
    let parts = field.split(separator: "|")
    guard parts.count == 3, parts[0] == "1", let hosts = libssh2_knownhost_init(session) else { return false }
    defer { libssh2_knownhost_free(hosts) }
    // The name alone is of interest: any key will do, as long as both are asked with the same.
    let key = "AAAA"
    let salt = String(parts[1])
    let added = libssh2_knownhost_addc(
      hosts, String(parts[2]), salt, key, key.utf8.count, nil, 0, pinion_ssh_hashed_host | pinion_ssh_some_key, nil)
    guard added == 0 else { return false }
    return libssh2_knownhost_check(
      hosts, name, key, key.utf8.count, pinion_ssh_plain_host | pinion_ssh_some_key, nil)
      == LIBSSH2_KNOWNHOST_CHECK_MATCH
  }
}
