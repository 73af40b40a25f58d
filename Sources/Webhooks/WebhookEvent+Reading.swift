import LabelStore

extension WebhookEvent {
  /// Reads event names, without repetitions; none means all. Throws `WebhookError`.
  package static func read(_ names: [String]) throws -> [WebhookEvent] {
    guard !names.isEmpty else { return allCases }
    let named = try names.map { name in
      guard let event = WebhookEvent(rawValue: name) else {
        throw WebhookError(
          "There is no event “\(name)”. Known are: "
            + allCases.map(\.rawValue).joined(separator: ", ") + ".", field: "events")
      }
      return event
    }
    return allCases.filter(named.contains)
  }
}
