internal import CGit2
internal import CSSH2
internal import GitWire
internal import Glibc

/// One login on an ssh server, and one command there. Belongs to one thread.
final class SSHConnection {
  private let ssh: GitSSH
  private let transfer: Transfer
  private let socket: Socket
  private var session: SSHSession?
  private var channel: OpaquePointer?
  /// What libgit2 reads and writes; made with the first request.
  private var stream: UnsafeMutablePointer<pinion_git_ssh_stream>?
  /// Why the conversation ended, since libgit2 has one error code for all of it.
  private(set) var fault: GitFault?

  /// A connection that is not open.
  init(_ ssh: GitSSH, _ transfer: Transfer) {
    self.ssh = ssh
    self.transfer = transfer
    socket = Socket(transfer)
  }

  deinit { close() }

  /// Connects, checks the host's key, logs in, and starts `git-upload-pack`.
  func open() throws(GitFault) {
    try socket.connect(to: ssh.host, port: "\(ssh.port)")
    let session = try SSHSession(over: socket, transfer)
    self.session = session
    let check = try HostKeyCheck(ssh, session: session.handle)
    check.prefer()
    guard try session.shakeHands() == 0 else {
      throw GitFault(
        .unreachable, "the server does not speak ssh as libssh2 does: \(SSHLogin.lastError(session.handle))")
    }
    try check.verify()
    var login = SSHLogin(ssh, session: session)
    try login.run()
    let kind = "session"
    channel = try session.call { handle in
      libssh2_channel_open_ex(
        handle, kind, UInt32(kind.utf8.count), pinion_ssh_channel_window, UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT), nil, 0
      )
    }
    guard let channel else { throw GitFault(.refused, SSHLogin.lastError(session.handle)) }
    let request = "exec"
    let command = "git-upload-pack \(SSHText.quoted(ssh.path))"
    let code = try session.call { _ in
      libssh2_channel_process_startup(
        channel, request, UInt32(request.utf8.count), command, UInt32(command.utf8.count))
    }
    guard code == 0 else { throw GitFault(.refused, SSHLogin.lastError(session.handle)) }
    session.countsPackets = false
  }

  /// Ends the conversation without waiting for the server's leave.
  func close() {
    channel = nil
    session = nil
    socket.close()
  }

  // MARK: What the server says

  /// The next bytes; 0 at the end, -1 when the connection is lost or a limit is passed.
  func read(_ buffer: UnsafeMutablePointer<CChar>, _ size: Int) -> Int {
    guard let channel, let session else { return -1 }
    do throws(GitFault) {
      let count = try session.count { libssh2_channel_read_ex(channel, 0, buffer, size) }
      if count > 0 {
        transfer.received(count)
        if transfer.isOver(), let fault = transfer.fault { throw fault }
      } else if count == 0 {
        fault = fault ?? Self.fault(saying: lastWords())
      } else {
        fault = fault ?? lostFault(session)
      }
      return count
    } catch {
      fault = fault ?? error
      return -1
    }
  }

  /// Sends all bytes; false when the connection is lost or a limit is passed.
  func write(_ bytes: UnsafePointer<CChar>, _ count: Int) -> Bool {
    guard let channel, let session else { return false }
    var sent = 0
    do throws(GitFault) {
      while sent < count {
        let more = try session.count { libssh2_channel_write_ex(channel, 0, bytes + sent, count - sent) }
        guard more >= 0 else {
          // A server that says why it goes is worth listening to.
          let words = lastWords()
          fault = fault ?? (words.isEmpty ? lostFault(session) : Self.fault(saying: words))
          return false
        }
        sent += more
      }
      return true
    } catch {
      fault = fault ?? error
      return false
    }
  }

  private func lostFault(_ session: SSHSession) -> GitFault { GitFault(.hungUp, SSHLogin.lastError(session.handle)) }

  /// What the command wrote on its error output.
  private func lastWords() -> String {
    guard let channel else { return "" }
    var bytes: [UInt8] = []
    var chunk = [CChar](repeating: 0, count: 4096)
    while bytes.count < 1 << 14 {
      let count = libssh2_channel_read_ex(channel, SSH_EXTENDED_DATA_STDERR, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk[..<count].map { UInt8(bitPattern: $0) }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isASCII || $0 >= " " } }.joined(
      separator: "\n")
  }

  /// What servers say instead of references: git's own words, and those of the forges.
  static func fault(saying words: String) -> GitFault {
    guard !words.isEmpty else { return GitFault(.hungUp, "the server ended the conversation and gave no reason") }
    let text = words.lowercased()
    if ["denied", "not authorized", "not allowed", "not permitted"].contains(where: text.contains) {
      return GitFault(.refused, words)
    }
    let isAbsent = ["does not appear to be a git repository", "not found", "could not be found", "does not exist"]
      .contains(where: text.contains)
    return GitFault(isAbsent ? .absent : .failed, words)
  }

  // MARK: What libgit2 calls

  /// Begins a conversation; libgit2 frees it.
  static func begin(_ connection: SSHConnection) -> UnsafeMutablePointer<git_smart_subtransport> {
    let handle = UnsafeMutablePointer<pinion_git_ssh>.allocate(capacity: 1)
    handle.initialize(to: pinion_git_ssh())
    handle.pointee.owner = Unmanaged.passRetained(connection).toOpaque()
    handle.pointee.parent.action = { out, handle, _, action in
      guard let out, let handle, let connection = SSHConnection.from(handle) else { return GIT_ERROR.rawValue }
      return connection.act(out, handle, action)
    }
    handle.pointee.parent.close = { handle in
      handle.flatMap(SSHConnection.from)?.close()
      return 0
    }
    handle.pointee.parent.free = { handle in
      guard let handle else { return }
      handle.withMemoryRebound(to: pinion_git_ssh.self, capacity: 1) { handle in
        if let owner = handle.pointee.owner { Unmanaged<SSHConnection>.fromOpaque(owner).release() }
        handle.deallocate()
      }
    }
    return UnsafeMutableRawPointer(handle).assumingMemoryBound(to: git_smart_subtransport.self)
  }

  private static func from(_ handle: UnsafeMutablePointer<git_smart_subtransport>) -> SSHConnection? {
    UnsafeMutableRawPointer(handle).assumingMemoryBound(to: pinion_git_ssh.self).pointee.owner
      .map { Unmanaged<SSHConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func from(_ stream: UnsafeMutablePointer<git_smart_subtransport_stream>) -> SSHConnection? {
    UnsafeMutableRawPointer(stream).assumingMemoryBound(to: pinion_git_ssh_stream.self).pointee.owner
      .map { Unmanaged<SSHConnection>.fromOpaque($0).takeUnretainedValue() }
  }

  /// The first request opens the connection; the second goes on with its stream.
  private func act(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>,
    _ handle: UnsafeMutablePointer<git_smart_subtransport>, _ action: git_smart_service_t
  ) -> Int32 {
    switch action {
    case GIT_SERVICE_UPLOADPACK_LS:
      do throws(GitFault) {
        try open()
      } catch {
        fault = error
        return Self.error(error.message)
      }
      let stream = Self.stream(of: self, handle)
      self.stream = stream
      out.pointee = Self.parent(of: stream)
      return 0
    case GIT_SERVICE_UPLOADPACK:
      guard let stream else { return Self.error("the connection is not open") }
      out.pointee = Self.parent(of: stream)
      return 0
    default: return Self.error("repositories are only read")
    }
  }

  private static func stream(
    of connection: SSHConnection, _ handle: UnsafeMutablePointer<git_smart_subtransport>
  ) -> UnsafeMutablePointer<pinion_git_ssh_stream> {
    let stream = UnsafeMutablePointer<pinion_git_ssh_stream>.allocate(capacity: 1)
    stream.initialize(to: pinion_git_ssh_stream())
    stream.pointee.parent.subtransport = handle
    stream.pointee.owner = Unmanaged.passUnretained(connection).toOpaque()
    stream.pointee.parent.read = { stream, buffer, size, count in
      guard let buffer, let count, let connection = stream.flatMap(SSHConnection.from) else { return -1 }
      let result = connection.read(buffer, size)
      count.pointee = max(result, 0)
      return result < 0 ? SSHConnection.error(connection.fault?.message ?? "the connection is lost") : 0
    }
    stream.pointee.parent.write = { stream, bytes, count in
      guard let bytes, let connection = stream.flatMap(SSHConnection.from) else { return -1 }
      return connection.write(bytes, count)
        ? 0 : SSHConnection.error(connection.fault?.message ?? "the connection is lost")
    }
    stream.pointee.parent.free = { stream in
      guard let stream else { return }
      SSHConnection.from(stream)?.stream = nil
      UnsafeMutableRawPointer(stream).assumingMemoryBound(to: pinion_git_ssh_stream.self).deallocate()
    }
    return stream
  }

  private static func parent(
    of stream: UnsafeMutablePointer<pinion_git_ssh_stream>
  ) -> UnsafeMutablePointer<git_smart_subtransport_stream> {
    UnsafeMutableRawPointer(stream).assumingMemoryBound(to: git_smart_subtransport_stream.self)
  }

  private static func error(_ message: String) -> Int32 {
    git_error_set_str(Int32(GIT_ERROR_SSH.rawValue), message)
    return GIT_ERROR.rawValue
  }
}
