import Foundation
import Foundations

/// What the server is told when it starts.
public struct ServerSettings: Sendable {
  public var host: String
  public var port: Int
  /// The working folder: exports and models are found below it.
  public var workspace: URL
  /// The address others reach the server at, when it differs from host and port.
  public var publicAddress: URL?
  public var language: String
  /// Where to read templates and assets instead of the bundled ones, while working on them.
  public var siteFolder: URL?
  /// Whether this server empties the outbox of webhooks; one server of a store should.
  public var deliversWebhooks: Bool
  /// Proxies that append the address they hear from to `X-Forwarded-For`.
  package var proxies: [AddressRange] = []
  /// Connections that may be open at a time; for more, the one that waits longest is closed.
  package var connectionLimit = 512
  /// How long a connection may say nothing, take for its headers, or read nothing of an answer.
  package var idleTimeout = Duration.seconds(60)

  public init(
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

  var usesTLS: Bool { publicAddress?.scheme == "https" }
}
