import Foundation
import Foundations

/// An address that an admin typed: the only kind that the server itself connects to.
package struct WebhookAddress: Sendable {
  package let text: String

  /// Throws `WebhookError` with the reason.
  ///
  /// Loopback and private addresses are allowed on purpose: see
  /// docs/decisions/webhooks-go-where-an-admin-points.md.
  package init(_ typed: String) throws {
    let text = typed.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let parts = URLComponents(string: text),
      ["http", "https"].contains(parts.scheme?.lowercased() ?? ""),
      parts.host?.isEmpty == false, text.count <= 2000
    else {
      throw WebhookError(
        "A webhook's address begins with http:// or https:// and names a host.", field: "url")
    }
    guard NetworkPort.isUsable(in: text) else {
      throw WebhookError(
        "The port of a webhook's address is a number from 1 to 65535.", field: "url")
    }
    guard parts.user == nil, parts.password == nil, parts.fragment == nil else {
      throw WebhookError(
        "Leave name, password and # out of a webhook's address; messages are signed instead.",
        field: "url")
    }
    self.text = text
  }
}
