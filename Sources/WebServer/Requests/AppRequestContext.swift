import Foundation
import Hummingbird
import Logging
import NIOCore

/// The context of a request: visitor, client address and request ID.
package struct AppRequestContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  package var visitor: Visitor = .guest
  package var sessionHash: String?
  package var acceptsGzip = false
  package let address: String
  private let localAddress: SocketAddress?

  package init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    address = source.channel.remoteAddress?.ipAddress ?? "unknown"
    localAddress = source.channel.localAddress
  }

  /// The local address and port of the connection.
  package var arrival: (address: String, port: Int)? {
    guard let localAddress, let address = localAddress.ipAddress, let port = localAddress.port
    else { return nil }
    return (address, port)
  }

  package var requestId: String {
    logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? "none"
  }

  package func parameter(_ name: String) throws -> String {
    guard let written = parameters.get(name) else { throw WebError.notFound }
    // Most parameters need no decoding, and Foundation's check for that is slow.
    guard written.utf8.contains(UInt8(ascii: "%")) else { return written }
    guard let value = written.removingPercentEncoding else { throw WebError.notFound }
    return value
  }
}
