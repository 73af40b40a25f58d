import NIOCore
import NIOHTTPTypes

/// Watches one connection: keeps its place in the table, and closes it when its client is too slow.
///
/// Hummingbird's idle timeout ends connections on which nothing comes, headers that come too slowly
/// among them. Left to this handler are bodies that come in drips, and answers that nobody reads.
package final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  package typealias InboundIn = HTTPRequestPart
  package typealias InboundOut = HTTPRequestPart
  package typealias OutboundIn = HTTPResponsePart
  package typealias OutboundOut = HTTPResponsePart

  /// Bytes that a client sends or takes for each second that we wait for it; a modem of 1985 did.
  package static let slowest = 200.0

  private let table: ConnectionTable
  private let patience: TimeAmount
  private var isListed = false
  private var phase = ConnectionTable.Phase.waiting
  private var requests = 0
  private var isReceiving = false
  /// Since when we wait for the client to send; nil while we do not want more.
  private var askedAt: NIODeadline?
  private var waited = TimeAmount.zero
  private var received = 0
  /// Bytes of answers that were handed over for sending.
  private var sent = 0
  private let unsent: (any Channel) -> Int
  private var stallCheck: Scheduled<Void>?

  /// `unsent` returns the bytes that a channel still buffers because the client does not read them.
  package init(
    table: ConnectionTable, patience: TimeAmount,
    unsent: @escaping (any Channel) -> Int = ConnectionGuard.unsentBytes
  ) {
    self.table = table
    self.patience = patience
    self.unsent = unsent
  }

  package static func unsentBytes(_ channel: any Channel) -> Int {
    (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  package func handlerAdded(context: ChannelHandlerContext) {
    isListed = table.opened(context.channel, at: context.eventLoop.now)
    if isListed { return }
    // Not before it is set up: handlers cannot be added to what is closed.
    let channel = context.channel
    context.eventLoop.execute { channel.close(promise: nil) }
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    leave(context)
  }

  package func channelInactive(context: ChannelHandlerContext) {
    leave(context)
    context.fireChannelInactive()
  }

  private func leave(_ context: ChannelHandlerContext) {
    stallCheck?.cancel()
    stallCheck = nil
    guard isListed else { return }
    isListed = false
    table.closed(context.channel)
  }

  // MARK: - What comes in

  package func read(context: ChannelHandlerContext) {
    if askedAt == nil { askedAt = context.eventLoop.now }
    context.read()
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let now = context.eventLoop.now
    switch unwrapInboundIn(data) {
    case .head:
      requests += 1
      isReceiving = true
      (waited, received) = (.zero, 0)
    case .body(let bytes):
      received += bytes.readableBytes
      if let askedAt { waited = waited + (now - askedAt) }
      if isTooSlow {
        context.close(promise: nil)
        return
      }
    case .end:
      isReceiving = false
    }
    askedAt = nil
    note(context)
    context.fireChannelRead(data)
  }

  private var isTooSlow: Bool {
    waited > patience && Double(received) < Self.slowest * Double(waited.nanoseconds) / 1e9
  }

  // MARK: - What goes out

  package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?)
  {
    switch unwrapOutboundIn(data) {
    case .head: break
    case .body(let bytes): sent += bytes.readableBytes
    case .end: requests = max(0, requests - 1)
    }
    context.write(data, promise: promise)
    note(context)
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    stallCheck?.cancel()
    stallCheck = nil
    if !context.channel.isWritable { watch(context) }
    note(context)
    context.fireChannelWritabilityChanged()
  }

  // A large answer stays unsent for long on a slow line; what counts is that it gets less.
  private func watch(_ context: ChannelHandlerContext) {
    let taken = sent - unsent(context.channel)
    stallCheck = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { [self] in
      let more = sent - unsent(context.channel) - taken
      if Double(more) < Self.slowest * Double(patience.nanoseconds) / 1e9 {
        context.close(promise: nil)
      } else {
        watch(context)
      }
    }
  }

  private func note(_ context: ChannelHandlerContext) {
    let next: ConnectionTable.Phase
    if !context.channel.isWritable {
      next = .stalled
    } else if isReceiving {
      next = .receiving
    } else {
      next = requests > 0 ? .answering : .waiting
    }
    guard next != phase else { return }
    phase = next
    table.moved(context.channel, to: next, at: context.eventLoop.now)
  }
}
