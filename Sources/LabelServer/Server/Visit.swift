import Foundation
import Hummingbird
import Logging

/// One request's context: who asks, from where, and under which request id.
package struct Visit: RequestContext {
  package var coreContext: CoreRequestContextStorage
  package var visitor: Visitor = .guest
  package var sessionHash: String?
  package var acceptsGzip = false
  package let address: String

  package init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    address = source.channel.remoteAddress?.ipAddress ?? "unknown"
  }

  package var requestId: String {
    logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? "none"
  }

  package func parameter(_ name: String) throws -> String {
    guard let value = parameters.get(name)?.removingPercentEncoding else {
      throw WebError.notFound
    }
    return value
  }
}
