internal import GitWire
internal import Glibc

/// A TCP connection whose every wait is one of its request's.
final class Socket {
  private let transfer: Transfer
  /// The descriptor; -1 where nothing is connected.
  private(set) var descriptor: Int32 = -1

  /// A connection that is not made.
  init(_ transfer: Transfer) {
    self.transfer = transfer
  }

  deinit { close() }

  // MARK: Connecting

  /// A host may have addresses that lead nowhere: the next one is tried beside the last after so many seconds (RFC 8305).
  private static let stagger = 0.25

  /// Connects to the first of a host's addresses that answers. Throws `nameUnknown`, `unreachable`, `connectTimeout`, `overdue`.
  func connect(to host: String, port: String) throws(GitFault) {
    do throws(GitFault) {
      let addresses = try Addresses(of: host, port: port)
      transfer.connecting()
      descriptor = try race(addresses)
    } catch {
      transfer.end(error)
      throw error
    }
    var on: Int32 = 1
    // Requests are small and answered before the next is sent: waiting to fill a packet only costs time.
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    transfer.connected()
  }

  private func race(_ addresses: Addresses) throws(GitFault) -> Int32 {
    var next = addresses.first
    var running: [pollfd] = []
    defer { for one in running { Glibc.close(one.fd) } }
    var error = ECONNREFUSED
    while true {
      if let address = next {
        next = address.pointee.ai_next
        switch Self.begin(address.pointee) {
        case .success(let descriptor): running.append(pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0))
        case .failure(let problem): error = problem.number
        }
      }
      if running.isEmpty {
        guard next == nil else { continue }
        throw GitFault(.unreachable, String(cString: strerror(error)))
      }
      switch transfer.wait(for: &running, atMost: next == nil ? nil : Self.stagger) {
      case .over: throw transfer.fault ?? GitFault(.connectTimeout, "")
      case .later: continue
      case .ready: break
      }
      for (index, one) in running.enumerated().reversed() where one.revents != 0 {
        running.remove(at: index)
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(one.fd, SOL_SOCKET, SO_ERROR, &problem, &size)
        if problem == 0 { return one.fd }
        error = problem
        Glibc.close(one.fd)
      }
    }
  }

  private struct Problem: Error { var number: Int32 }

  private static func begin(_ address: addrinfo) -> Result<Int32, Problem> {
    let type = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ai_family, type, address.ai_protocol)
    guard descriptor >= 0 else { return .failure(Problem(number: errno)) }
    if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS {
      return .success(descriptor)
    }
    let number = errno
    Glibc.close(descriptor)
    return .failure(Problem(number: number))
  }

  /// What a name leads to. Looking it up cannot be interrupted: whoever asked kills this process when that takes too long.
  private final class Addresses {
    let first: UnsafeMutablePointer<addrinfo>?

    init(of host: String, port: String) throws(GitFault) {
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      hints.ai_family = AF_UNSPEC
      var found: UnsafeMutablePointer<addrinfo>?
      let status = getaddrinfo(host, port, &hints, &found)
      guard status == 0 else {
        throw GitFault(status == EAI_NONAME ? .nameUnknown : .unreachable, String(cString: gai_strerror(status)))
      }
      first = found
    }

    deinit { freeaddrinfo(first) }
  }

  // MARK: Bytes

  /// Waits until something can be read or written; false when a limit is passed, or nothing is connected.
  func wait(reading: Bool, writing: Bool) -> Bool {
    guard descriptor >= 0 else { return false }
    let events = (reading ? POLLIN : 0) | (writing ? POLLOUT : 0)
    var descriptors = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
    return transfer.wait(for: &descriptors) == .ready
  }

  /// The next bytes; 0 at the end, -1 when the connection is lost or a limit is passed.
  func receive(_ buffer: UnsafeMutableRawPointer, _ size: Int) -> Int {
    while !transfer.isOver() {
      let count = recv(descriptor, buffer, size, 0)
      if count > 0 { transfer.received(count) }
      if count == 0 { transfer.hungUp() }
      if count >= 0 { return count }
      switch errno {
      case EINTR: continue
      case EAGAIN: if !wait(reading: true, writing: false) { return -1 }
      default: return lost()
      }
    }
    return -1
  }

  /// Sends some of the bytes; -1 when the connection is lost or a limit is passed.
  func send(_ buffer: UnsafeRawPointer, _ size: Int) -> Int {
    while !transfer.isOver() {
      let count = Glibc.send(descriptor, buffer, size, Int32(MSG_NOSIGNAL))
      if count >= 0 {
        transfer.sent()
        return count
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: if !wait(reading: false, writing: true) { return -1 }
      default: return lost()
      }
    }
    return -1
  }

  private func lost() -> Int {
    let number = errno
    if number == ECONNRESET || number == EPIPE {
      transfer.hungUp()
    } else {
      transfer.end(GitFault(.unreachable, String(cString: strerror(number))))
    }
    errno = number
    return -1
  }

  /// Lets go of the server.
  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Ends the conversation, so that nobody waits for more of it.
  func shutdown() { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
}
