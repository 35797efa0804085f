public import Model
internal import NIOCore
internal import NIOPosix
internal import Platform

/// Takes what connects to a listening socket on to a port on this host's loopback, byte by byte and both ways.
///
/// The socket may listen in another network than this process is in: that is how a program in a network of its own reaches one port of
/// this one, and nothing else.
public struct SocketRelay: Sendable {
  private let channel: any Channel

  /// Begins to take connections. The socket is closed when the relay is stopped, or when this fails. Throws `io`.
  public static func start(_ socket: Int32, to port: Int) async throws(Failure) -> SocketRelay {
    let group = MultiThreadedEventLoopGroup.singleton
    let bootstrap = ServerBootstrap(group: group)
      // Nothing is read before there is somewhere to write it.
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { near in
        ClientBootstrap(group: near.eventLoop).channelOption(.autoRead, value: false)
          .connect(host: "127.0.0.1", port: port)
          .flatMapThrowing { far in
            let (one, other) = RelayHandler.pair()
            try near.pipeline.syncOperations.addHandler(one)
            try far.pipeline.syncOperations.addHandler(other)
            for channel in [near, far] { _ = channel.setOption(.autoRead, value: true) }
          }
      }
    do {
      return SocketRelay(channel: try await bootstrap.withBoundSocket(socket).get())
    } catch {
      throw Failure(.io, "could not listen for a confined program", because: "\(error)")
    }
  }

  /// Takes no more connections.
  public func stop() async {
    try? await channel.close()
  }
}

/// One end of a relayed connection: what it reads, the other end writes. Both are on one event loop.
private final class RelayHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var partner: RelayHandler?
  private var context: ChannelHandlerContext?
  /// Whether a read waits until the partner has written what it has.
  private var isReadPending = false

  static func pair() -> (RelayHandler, RelayHandler) {
    let (one, other) = (RelayHandler(), RelayHandler())
    (one.partner, other.partner) = (other, one)
    return (one, other)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    partner?.context?.write(NIOAny(unwrapInboundIn(data)), promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    partner?.context?.flush()
    context.fireChannelReadComplete()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { partner?.goOn() }
    context.fireChannelWritabilityChanged()
  }

  func read(context: ChannelHandlerContext) {
    // As fast as the other end takes it.
    if partner?.context?.channel.isWritable ?? true { context.read() } else { isReadPending = true }
  }

  private func goOn() {
    guard isReadPending else { return }
    isReadPending = false
    context?.read()
  }

  /// Closes the other end behind what it still has to write.
  private func end() {
    let other = partner
    (partner, context) = (nil, nil)
    other?.partner = nil
    guard let channel = other?.context?.channel else { return }
    // A close drops what was not written yet: so it comes behind that.
    channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
  }
}
