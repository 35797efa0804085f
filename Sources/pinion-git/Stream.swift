internal import CGit2
internal import GitWire
internal import Glibc

/// A connection as libgit2 sees it: what http is spoken over, and TLS.
final class Stream {
  private let socket: Socket
  private let transfer: Transfer
  private let host: String
  private let port: String

  private init(_ host: String, _ port: String, _ transfer: Transfer) {
    self.host = host
    self.port = port
    self.transfer = transfer
    socket = Socket(transfer)
  }

  /// Makes a stream to a host and port that are already found to be allowed; libgit2 frees it.
  static func make(to host: String, port: String, _ transfer: Transfer) -> UnsafeMutablePointer<git_stream> {
    let handle = UnsafeMutablePointer<pinion_git_stream>.allocate(capacity: 1)
    handle.initialize(to: pinion_git_stream())
    handle.pointee.owner = Unmanaged.passRetained(Stream(host, port, transfer)).toOpaque()
    handle.pointee.parent.version = GIT_STREAM_VERSION
    handle.pointee.parent.connect = { Stream.from($0)?.connect() ?? GIT_ERROR.rawValue }
    handle.pointee.parent.read = { stream, buffer, size in
      guard let buffer, let stream = Stream.from(stream) else { return -1 }
      return stream.said(stream.socket.receive(buffer, size))
    }
    handle.pointee.parent.write = { stream, buffer, size, _ in
      guard let buffer, let stream = Stream.from(stream) else { return -1 }
      return stream.said(stream.socket.send(buffer, size))
    }
    handle.pointee.parent.close = { stream in
      Stream.from(stream)?.socket.close()
      return 0
    }
    handle.pointee.parent.free = { stream in
      guard let stream else { return }
      let handle = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: pinion_git_stream.self)
      if let owner = handle.pointee.owner { Unmanaged<Stream>.fromOpaque(owner).release() }
      handle.deallocate()
    }
    return UnsafeMutableRawPointer(handle).assumingMemoryBound(to: git_stream.self)
  }

  private static func from(_ stream: UnsafeMutablePointer<git_stream>?) -> Stream? {
    guard let stream else { return nil }
    return UnsafeMutableRawPointer(stream).assumingMemoryBound(to: pinion_git_stream.self).pointee.owner
      .map { Unmanaged<Stream>.fromOpaque($0).takeUnretainedValue() }
  }

  private func connect() -> Int32 {
    do throws(GitFault) {
      try socket.connect(to: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port: port)
      return GIT_OK.rawValue
    } catch {
      git_error_set_str(Int32(GIT_ERROR_NET.rawValue), error.message)
      return GIT_ERROR.rawValue
    }
  }

  /// Tells libgit2 as well when nothing more comes.
  private func said(_ count: Int) -> Int {
    if count < 0 {
      let message = transfer.fault?.message ?? String(cString: strerror(errno))
      git_error_set_str(Int32(GIT_ERROR_NET.rawValue), message)
    }
    return count
  }
}
