internal import CSSH2
internal import GitWire
internal import Glibc

/// libssh2's side of a connection. Its calls are made again until they need not wait, and every wait is the request's.
final class SSHSession {
  /// For calls that send and receive nothing.
  let handle: OpaquePointer
  private let socket: Socket
  private let transfer: Transfer
  private var isGreeted = false
  /// Whether what comes is counted as it comes. Afterwards what the command says counts alone: packets with nothing in
  /// them are no sign of life.
  var countsPackets = true

  /// A session over a socket that is connected.
  init(over socket: Socket, _ transfer: Transfer) throws(GitFault) {
    self.socket = socket
    self.transfer = transfer
    guard let handle = libssh2_session_init_ex(nil, nil, nil, nil) else { throw GitFault(.failed, "out of memory") }
    self.handle = handle
    libssh2_session_abstract(handle)?.pointee = Unmanaged.passUnretained(self).toOpaque()
    pinion_ssh_set_transport(handle, Self.receive, Self.send)
    libssh2_session_set_blocking(handle, 0)
  }

  deinit {
    // There is nobody left to count for.
    libssh2_session_abstract(handle)?.pointee = nil
    // Before the handshake libssh2 knows no connection that it could take leave on.
    if isGreeted { libssh2_session_disconnect_ex(handle, Int32(SSH_DISCONNECT_BY_APPLICATION), "", "") }
    // What is freed below would wait for an answer otherwise.
    socket.shutdown()
    libssh2_session_set_blocking(handle, 1)
    libssh2_session_free(handle)
  }

  /// Agrees with the server on keys. Throws what ended the request; otherwise it is libssh2's code.
  func shakeHands() throws(GitFault) -> Int32 {
    let descriptor = socket.descriptor
    let code = try call { libssh2_session_handshake($0, descriptor) }
    isGreeted = code == 0
    return code
  }

  /// Makes a call until it needs not wait, and returns its code. Throws what ended the request.
  func call(_ body: (OpaquePointer) -> Int32) throws(GitFault) -> Int32 {
    while true {
      let code = body(handle)
      guard code == LIBSSH2_ERROR_EAGAIN else { return code }
      try wait()
    }
  }

  /// The same for calls that return something or nil.
  func call<Value>(_ body: (OpaquePointer) -> Value?) throws(GitFault) -> Value? {
    while true {
      if let value = body(handle) { return value }
      guard libssh2_session_last_errno(handle) == LIBSSH2_ERROR_EAGAIN else { return nil }
      try wait()
    }
  }

  /// The same for calls that count bytes.
  func count(_ body: () -> Int) throws(GitFault) -> Int {
    while true {
      let count = body()
      guard count == Int(LIBSSH2_ERROR_EAGAIN) else { return count }
      try wait()
    }
  }

  private func wait() throws(GitFault) {
    let directions = libssh2_session_block_directions(handle)
    let isReading = directions & LIBSSH2_SESSION_BLOCK_INBOUND != 0
    let isWriting = directions & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
    guard socket.wait(reading: isReading || !isWriting, writing: isWriting) else {
      throw transfer.fault ?? GitFault(.unreachable, "the connection is lost")
    }
  }

  // MARK: What libssh2 calls

  private static func from(_ abstract: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> SSHSession? {
    abstract?.pointee.map { Unmanaged<SSHSession>.fromOpaque($0).takeUnretainedValue() }
  }

  // libssh2 asks an agent by these as well, over a socket that waits by itself.

  private static let receive:
    @convention(c) (
      Int32, UnsafeMutableRawPointer?, Int, Int32, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int = { descriptor, buffer, size, flags, abstract in
      let count = recv(descriptor, buffer, size, flags)
      guard count >= 0 else { return Int(-errno) }
      if count > 0, let session = from(abstract), session.socket.descriptor == descriptor, session.countsPackets {
        session.transfer.received(count)
      }
      return count
    }

  private static let send:
    @convention(c) (
      Int32, UnsafeRawPointer?, Int, Int32, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int = { descriptor, buffer, size, flags, abstract in
      let count = Glibc.send(descriptor, buffer, size, flags | Int32(MSG_NOSIGNAL))
      guard count >= 0 else { return Int(-errno) }
      if let session = from(abstract), session.socket.descriptor == descriptor { session.transfer.sent() }
      return count
    }
}
