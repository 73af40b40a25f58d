import Hummingbird
import NIOCore
import Synchronization

/// Detects that a client closed its side of a connection.
///
/// Hummingbird can watch the request's body for this, but then the connection cannot be reused.
/// Clients that send many short requests, such as evaluations, would have to reconnect for each.
final class ClientWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
  typealias InboundIn = NIOAny

  private struct State {
    var isGone = false
    var tell: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { end() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    let tell = state.withLock { state in
      state.isGone = true
      return state.tell
    }
    tell?()
  }

  /// Calls `tell` when the client disconnects, or immediately if it has. Nil ends this.
  private func tellWhenGone(_ tell: (@Sendable () -> Void)?) {
    let isGone = state.withLock { state in
      state.tell = tell
      return state.isGone
    }
    if isGone { tell?() }
  }

  /// Runs `body`, and cancels it if the client disconnects.
  func cancelling<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R {
    let (gone, signal) = AsyncStream<Void>.makeStream()
    tellWhenGone { signal.finish() }
    defer { tellWhenGone(nil) }
    return try await withThrowingTaskGroup(of: R.self) { group in
      group.addTask {
        for await _ in gone {}
        throw CancellationError()
      }
      group.addTask(operation: body)
      defer { group.cancelAll() }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }
}

/// A request context that provides the connection.
struct ModelRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// Runs `body`, and cancels it if the client disconnects.
  func cancelledWithClient(
    _ body: @escaping @Sendable () async throws -> Response
  ) async throws -> Response {
    let watch = try await channel.pipeline.handler(type: ClientWatch.self).get()
    return try await watch.cancelling(body)
  }
}
