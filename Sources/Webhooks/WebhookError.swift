/// The reason why a webhook cannot be added, and the field of the form or body that is wrong.
package struct WebhookError: Error, Equatable, CustomStringConvertible {
  package let description: String
  package let field: String

  init(_ description: String, field: String) {
    self.description = description
    self.field = field
  }
}
