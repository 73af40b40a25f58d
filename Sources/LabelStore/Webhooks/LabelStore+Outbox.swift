import Foundation
import GRDB

extension LabelStore {
  /// Returns the webhooks whose next message is due.
  ///
  /// The messages of one webhook are sent in order: while the first waits for its next attempt, so
  /// do the messages after it.
  public func dueWebhooks() async throws -> [Webhook] {
    let now = now
    return try await read { db in
      try Webhook.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT webhook.*, 0 AS waiting, 0 AS delivered, 0 AS dead FROM webhook
            WHERE removedAt IS NULL AND (
              SELECT dueAt FROM delivery WHERE webhookId = webhook.id AND state = 'waiting'
              ORDER BY id LIMIT 1) <= ?
            """), arguments: [now])
    }
  }

  /// Returns the oldest waiting messages of a webhook.
  public func waitingDeliveries(
    of webhook: WebhookID, limit: Int
  ) async throws -> [Delivery] {
    let waiting = try await read { db in
      try Delivery.fetchAll(
        db.cachedStatement(
          sql: """
            SELECT * FROM delivery WHERE webhookId = ? AND state = 'waiting'
            ORDER BY id LIMIT ?
            """), arguments: [webhook, limit])
    }
    // Sync before sending: a receiver must not learn of an event that a power cut could undo.
    if !waiting.isEmpty { try await syncer.sync() }
    return waiting
  }

  /// Records attempts before they are made, with the time of the next one, so that an attempt that
  /// the process does not survive is counted.
  public func beginAttempts(_ tries: [(delivery: Int64, nextAt: Date)]) async throws {
    guard !tries.isEmpty else { return }
    try await writeInGroup { db, _ in
      let update = try db.cachedStatement(
        sql: """
          UPDATE delivery SET attempts = attempts + 1, dueAt = ? WHERE id = ? AND state = 'waiting'
          """)
      for each in tries {
        try update.execute(arguments: [each.nextAt.milliseconds, each.delivery])
      }
    }
  }

  /// Records the results of attempts, in one transaction with the labellers' writes. Attempts that
  /// were not made do not count.
  public func record(
    _ attempts: [DeliveryAttempt], untried: [Delivery] = []
  ) async throws {
    guard !attempts.isEmpty || !untried.isEmpty else { return }
    let now = now
    try await writeInGroup { db, _ in
      let restore = try db.cachedStatement(
        sql: "UPDATE delivery SET attempts = ?, dueAt = ? WHERE id = ? AND state = 'waiting'")
      for delivery in untried {
        try restore.execute(
          arguments: [delivery.attempts, delivery.dueAt.milliseconds, delivery.id])
      }
      let update = try db.cachedStatement(
        sql: """
          UPDATE delivery SET state = :state, status = :status,
            failure = :failure, dueAt = coalesce(:next, dueAt),
            endedAt = CASE WHEN :state = 'waiting' THEN NULL ELSE :now END
          WHERE id = :id AND state = 'waiting'
          """)
      for attempt in attempts {
        let state: Delivery.State =
          attempt.failure == nil ? .delivered : attempt.nextAt == nil ? .dead : .waiting
        try update.execute(arguments: [
          "state": state, "status": attempt.status, "failure": attempt.failure,
          "next": attempt.nextAt?.milliseconds, "now": now, "id": attempt.delivery,
        ])
      }
    }
  }

  /// Returns a page of a task's messages, newest first.
  public func deliveries(
    of task: TaskID, webhook: WebhookID? = nil, before id: Int64? = nil, limit: Int = 50
  ) async throws -> [Delivery] {
    try await read { db in
      try Delivery.fetchAll(
        db,
        sql: """
          SELECT delivery.* FROM delivery JOIN webhook ON webhook.id = delivery.webhookId
          WHERE taskId = :task AND (:webhook IS NULL OR webhook.id = :webhook)
            AND (:before IS NULL OR delivery.id < :before)
          ORDER BY delivery.id DESC LIMIT :limit
          """,
        arguments: ["task": task, "webhook": webhook, "before": id, "limit": limit])
    }
  }

  /// Queues a failed message again. Throws `LabelStoreError.notFound`.
  public func redeliver(_ id: Int64, of task: TaskID) async throws {
    let now = now
    try await write { db in
      try db.execute(
        sql: """
          UPDATE delivery SET state = 'waiting', attempts = 0, dueAt = ?, endedAt = NULL
          WHERE id = ? AND state = 'dead' AND webhookId IN (
            SELECT id FROM webhook WHERE taskId = ? AND removedAt IS NULL)
          """, arguments: [now, id, task])
      guard db.changesCount > 0 else {
        throw LabelStoreError.notFound(kind: "undelivered message", name: "\(id)")
      }
    }
  }

  /// Deletes messages that were delivered before a time. Failed messages stay.
  public func forgetDeliveries(before date: Date) async throws {
    try await write { db in
      try db.execute(
        sql: "DELETE FROM delivery WHERE state = 'delivered' AND endedAt < ?",
        arguments: [date.milliseconds])
    }
  }

  /// Returns the number of waiting messages in all tasks.
  public func waitingDeliveryCount() async throws -> Int {
    try await read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM delivery WHERE state = 'waiting'") ?? 0
    }
  }
}
