import Foundation
import Foundations

/// The settings of the server.
package struct ServerSettings: Sendable {
  package var host: String
  package var port: Int
  /// The workspace: the folder of the store, exports, runs and models.
  package var workspace: URL
  /// The public address of the server, when it differs from host and port.
  package var publicAddress: URL?
  package var language: String
  /// A folder of templates and assets to use instead of the bundled ones, during development.
  package var siteFolder: URL?
  /// Whether this server delivers webhooks. One server per store should.
  package var deliversWebhooks: Bool
  /// Proxies that append their client's address to `X-Forwarded-For`.
  package var proxies: [AddressRange] = []
  /// Maximum number of open connections; above it, the one that waits longest is closed.
  package var connectionLimit = 512
  /// Time limit for an idle connection, for its headers, and for a client that does not read.
  package var idleTimeout = Duration.seconds(60)

  package init(
    host: String = "127.0.0.1", port: Int = 8080, workspace: URL, publicAddress: URL? = nil,
    language: String = "en", siteFolder: URL? = nil,
    deliversWebhooks: Bool = false
  ) {
    self.host = host
    self.port = port
    self.workspace = workspace
    self.publicAddress = publicAddress
    self.language = language
    self.siteFolder = siteFolder
    self.deliversWebhooks = deliversWebhooks
  }

  package var usesTLS: Bool { publicAddress?.scheme == "https" }
}
