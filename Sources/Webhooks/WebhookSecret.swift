import Crypto
import Foundation

/// The secret that signs a webhook's messages, in the format of Standard Webhooks.
package struct WebhookSecret: Sendable {
  /// `whsec_` and base64; shown to the admin once.
  package let text: String

  package init(bytes: [UInt8]) {
    text = "whsec_" + Data(bytes).base64EncodedString()
  }

  package init(text: String) {
    self.text = text
  }

  /// HMAC-SHA256 over message id, Unix time and body, joined by dots (standardwebhooks.com).
  package func signature(id: String, timestamp: Int, body: String) -> String {
    let key = Data(base64Encoded: String(text.dropFirst("whsec_".count))) ?? Data(text.utf8)
    let code = HMAC<SHA256>.authenticationCode(
      for: Data("\(id).\(timestamp).\(body)".utf8), using: SymmetricKey(data: key))
    return "v1," + Data(code).base64EncodedString()
  }
}
