import Hummingbird
import NIOCore
import Synchronization

/// Notices when a client ends its side of a connection.
///
/// Hummingbird can watch the request's body for it, but that uses the connection up, and clients
/// that ask many short questions, as an evaluation does, would connect anew for each.
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

  /// Calls `tell` when the client goes, or at once when it has gone; nil ends that.
  private func tellWhenGone(_ tell: (@Sendable () -> Void)?) {
    let isGone = state.withLock { state in
      state.tell = tell
      return state.isGone
    }
    if isGone { tell?() }
  }

  /// Runs `body`, and cancels it when the client goes away.
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

/// A request's context that knows its connection.
struct ModelRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  private let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  /// Runs `body`, and cancels it when the client goes away.
  func cancelledWithClient(
    _ body: @escaping @Sendable () async throws -> Response
  ) async throws -> Response {
    let watch = try await channel.pipeline.handler(type: ClientWatch.self).get()
    return try await watch.cancelling(body)
  }
}
