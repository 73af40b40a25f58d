import Foundation
import LabelStore

/// A webhook as the API and the command line print it.
package struct WebhookBody: Encodable {
  let id: String
  let url: String
  let events: [String]
  let createdAt: Date
  let waiting: Int
  let delivered: Int
  let dead: Int
  let secret: String?

  package init(_ webhook: Webhook, secret: WebhookSecret? = nil) {
    id = webhook.id.description
    url = webhook.url
    events = webhook.events.map(\.rawValue)
    createdAt = webhook.createdAt
    waiting = webhook.waiting
    delivered = webhook.delivered
    dead = webhook.dead
    self.secret = secret?.text
  }
}
