import Foundation
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Keeps the number of connections below the limit of open files.
///
/// A new client never waits for idle connections: the one that has been idle longest is closed. A
/// connection whose request is being answered is not closed.
final class ConnectionLimit: Sendable {
  private struct Connection {
    let channel: any Channel
    var isBusy = false
    var idleSince = ContinuousClock.now
  }

  private let connections = Mutex<[ObjectIdentifier: Connection]>([:])
  private let most: Int

  /// - Parameter openFiles: The process's limit of open files. Half of it is reserved for other
  ///   uses.
  init(openFiles: Int) { most = max(openFiles / 2, 8) }

  func opened(_ channel: any Channel) {
    let tooMany = connections.withLock { connections -> (any Channel)? in
      var tooMany: (any Channel)?
      if connections.count >= most {
        let idle = connections.values.filter { !$0.isBusy }
        guard let oldest = idle.min(by: { $0.idleSince < $1.idleSince }) else { return channel }
        connections[ObjectIdentifier(oldest.channel)] = nil
        tooMany = oldest.channel
      }
      connections[ObjectIdentifier(channel)] = Connection(channel: channel)
      return tooMany
    }
    tooMany?.close(promise: nil)
  }

  func closed(_ channel: any Channel) {
    connections.withLock { $0[ObjectIdentifier(channel)] = nil }
  }

  func turned(_ channel: any Channel, isBusy: Bool) {
    connections.withLock {
      $0[ObjectIdentifier(channel)]?.isBusy = isBusy
      $0[ObjectIdentifier(channel)]?.idleSince = .now
    }
  }
}

/// Reports to a `ConnectionLimit` when a connection opens and closes, and while a request is
/// answered.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart

  private let limit: ConnectionLimit

  init(_ limit: ConnectionLimit) { self.limit = limit }

  func handlerAdded(context: ChannelHandlerContext) { limit.opened(context.channel) }

  func channelInactive(context: ChannelHandlerContext) {
    limit.closed(context.channel)
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .end = unwrapInboundIn(data) { limit.turned(context.channel, isBusy: true) }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { limit.turned(context.channel, isBusy: false) }
    context.write(data, promise: promise)
  }
}

/// Raises the process's limit of open files to the system's maximum. Returns the new limit.
///
/// Shells and systemd set 1,024, which a thousand idle connections exhaust.
func raiseOpenFileLimit() -> Int {
  var limit = rlimit()
  guard getrlimit(openFiles, &limit) == 0 else { return 1024 }
  let most: rlim_t = 1 << 20
  let wanted = min(limit.rlim_max, most)
  if limit.rlim_cur < wanted {
    limit.rlim_cur = wanted
    if setrlimit(openFiles, &limit) != 0, getrlimit(openFiles, &limit) != 0 { return 1024 }
  }
  return Int(clamping: min(limit.rlim_cur, most))
}

#if canImport(Glibc)
  private let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
#else
  private let openFiles = RLIMIT_NOFILE
#endif
