import Foundation
import LabelStore
import Logging
import ServiceLifecycle

/// Empties the outbox: each webhook's messages in order, several webhooks side by side.
///
/// A message leaves the outbox when its receiver accepted it, and is sent again when that could
/// not be written down: at least once, with an id by which receivers tell repetitions. It works
/// beside the server's requests and writes rarely, so that labelling never waits for a receiver.
package struct WebhookDispatcher: Service {
  private let store: LabelStore
  private let sender: WebhookSender
  private let logger: Logger
  private let now: @Sendable () -> Date

  /// Seconds to the next try after the first, second … failure; then a message is given up.
  package static let waits: [TimeInterval] = [
    2, 10, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600,
  ]
  private static let batch = 20
  private static let keptDays = 7.0

  package init(
    store: LabelStore, now: @escaping @Sendable () -> Date = { Date() },
    logger: Logger = Logger(label: "plumbline.webhooks")
  ) {
    self.store = store
    self.now = now
    self.logger = logger
    sender = WebhookSender(now: now)
  }

  /// Works until the server stops.
  package func run() async throws {
    let busy = BusyWebhooks()
    await cancelWhenGracefulShutdown {
      await withDiscardingTaskGroup { group in
        var rounds = 0
        while !Task.isCancelled {
          do {
            if rounds % 3600 == 0 { try await forget() }
            for webhook in try await store.dueWebhooks() where await busy.begin(webhook.id) {
              group.addTask {
                await empty(webhook)
                await busy.end(webhook.id)
              }
            }
          } catch {
            if !Task.isCancelled { logger.error("the outbox cannot be read: \(error)") }
          }
          rounds += 1
          try? await Task.sleep(for: .seconds(1))
        }
      }
    }
    await sender.close()
  }

  /// Sends what is due now, once, and returns how many tries were made.
  @discardableResult
  package func sweep() async throws -> Int {
    var tries = 0
    for webhook in try await store.dueWebhooks() { tries += try await sendBatch(webhook).count }
    return tries
  }

  package func close() async { await sender.close() }

  private func empty(_ webhook: Webhook) async {
    do {
      // Continues after each success; a failed message waits for its next attempt.
      while !Task.isCancelled {
        let attempts = try await sendBatch(webhook)
        if attempts.isEmpty || attempts.contains(where: { $0.failure != nil }) { return }
      }
    } catch is CancellationError {
      // The server stops; what was not written down is sent again after the next start.
    } catch {
      logger.error("messages to webhook \(webhook.id) were not kept: \(error)")
    }
  }

  private func sendBatch(_ webhook: Webhook) async throws -> [DeliveryAttempt] {
    var attempts: [DeliveryAttempt] = []
    let started = now()
    let waiting = try await store.waitingDeliveries(of: webhook.id, limit: Self.batch)
    // What was tried before goes alone: the process may have died of it, and of nothing beside it.
    let fresh = waiting.prefix { $0.attempts == 0 }
    let batch = fresh.isEmpty ? waiting.prefix(1) : fresh
    try await begin(batch)
    for delivery in batch {
      // A slow receiver's answers are written down before much can be lost with them.
      guard now().timeIntervalSince(started) < 5 else { break }
      let answer: WebhookSender.Answer
      do {
        answer =
          delivery.attempts > Self.waits.count
          ? .init(status: nil, failure: "the server ended each time it sent this")
          : try await sender.send(delivery, to: webhook)
      } catch {
        try await keep(attempts, of: batch)
        throw error
      }
      attempts.append(attempt(delivery, answer))
      if answer.failure != nil { break }
    }
    try await keep(attempts, of: batch)
    return attempts
  }

  // Each try is written down before it is made: one that ends the process counts as well, and its
  // message waits for its turn like any other that failed.
  private func begin(_ deliveries: ArraySlice<Delivery>) async throws {
    try await store.beginAttempts(
      deliveries.map { delivery in
        let wait = Self.waits[min(delivery.attempts, Self.waits.count - 1)]
        return (delivery.id, now().addingTimeInterval(wait))
      })
  }

  private func attempt(_ delivery: Delivery, _ answer: WebhookSender.Answer) -> DeliveryAttempt {
    var next: Date?
    if let failure = answer.failure {
      if delivery.attempts < Self.waits.count {
        next = now().addingTimeInterval(Self.waits[delivery.attempts])
      } else {
        logger.warning("gave up \(delivery.event) \(delivery.messageID): \(failure)")
      }
    }
    return DeliveryAttempt(
      delivery: delivery.id, status: answer.status, failure: answer.failure, nextAt: next)
  }

  // Also when the server stops in the middle: what was accepted should not be sent again.
  private func keep(
    _ attempts: [DeliveryAttempt], of begun: ArraySlice<Delivery>
  ) async throws {
    let tried = Set(attempts.map(\.delivery))
    let left = begun.filter { !tried.contains($0.id) }
    try await Task { [store] in try await store.record(attempts, untried: left) }.value
  }

  private func forget() async throws {
    try await store.forgetDeliveries(
      before: now().addingTimeInterval(-Self.keptDays * 24 * 3600))
  }
}

/// Which webhooks are being sent to.
private actor BusyWebhooks {
  private var ids: Set<WebhookID> = []

  func begin(_ id: WebhookID) -> Bool { ids.insert(id).inserted }
  func end(_ id: WebhookID) { ids.remove(id) }
}
