import Foundation
import GRDB
import PreferenceData

extension LabelStore {
  /// Adds a webhook to a task. Throws `LabelStoreError.webhookExists`.
  public func addWebhook(
    _ url: String, events: [WebhookEvent], secret: String, to task: TaskID,
    by actor: PersonID? = nil
  ) async throws -> Webhook {
    let now = now
    let names = JSONValue.array(events.map { .string($0.rawValue) })
    return try await write { db in
      _ = try LabelTask.find(db, task)
      if try Self.webhook(db, url, task) != nil { throw LabelStoreError.webhookExists(url) }
      try db.execute(
        sql: """
          INSERT INTO webhook (taskId, url, secret, events, createdAt) VALUES (?, ?, ?, ?, ?)
          """, arguments: [task, url, secret, CanonicalJSON.text(names), now])
      try EventLog.append(
        db, .webhookAdded, by: actor, task: task, at: now, ["url": .string(url), "events": names])
      guard let webhook = try Self.webhook(db, url, task) else {
        throw LabelStoreError.notFound(kind: "webhook", name: url)
      }
      return webhook
    }
  }

  /// Returns a task's webhooks, in the order they were added.
  public func webhooks(of task: TaskID) async throws -> [Webhook] {
    try await read {
      try Webhook.fetchAll(
        $0, sql: Self.selectWebhook + " WHERE taskId = ? AND removedAt IS NULL ORDER BY id",
        arguments: [task])
    }
  }

  /// Returns a webhook of a task. Throws `LabelStoreError.notFound`.
  public func webhook(_ id: WebhookID, of task: TaskID) async throws -> Webhook {
    try await read { db in
      let found = try Webhook.fetchOne(
        db, sql: Self.selectWebhook + " WHERE id = ? AND taskId = ? AND removedAt IS NULL",
        arguments: [id, task])
      guard let found else { throw LabelStoreError.notFound(kind: "webhook", name: "\(id)") }
      return found
    }
  }

  /// Removes a webhook. Its waiting messages fail.
  public func removeWebhook(
    _ id: WebhookID, of task: TaskID, by actor: PersonID? = nil
  ) async throws {
    let now = now
    let url = try await webhook(id, of: task).url
    try await write { db in
      try db.execute(
        sql: "UPDATE webhook SET removedAt = ? WHERE id = ? AND removedAt IS NULL",
        arguments: [now, id])
      guard db.changesCount > 0 else { return }
      try db.execute(
        sql: """
          UPDATE delivery SET state = 'dead', endedAt = ?, failure = 'the webhook was removed'
          WHERE webhookId = ? AND state = 'waiting'
          """, arguments: [now, id])
      try EventLog.append(
        db, .webhookRemoved, by: actor, task: task, at: now, ["url": .string(url)])
    }
  }

  private static let selectWebhook = """
    SELECT webhook.*,
      (SELECT count(*) FROM delivery WHERE webhookId = webhook.id AND state = 'waiting') AS waiting,
      (SELECT count(*) FROM delivery WHERE webhookId = webhook.id AND state = 'delivered')
        AS delivered,
      (SELECT count(*) FROM delivery WHERE webhookId = webhook.id AND state = 'dead') AS dead
    FROM webhook
    """

  private static func webhook(_ db: Database, _ url: String, _ task: TaskID) throws -> Webhook? {
    try Webhook.fetchOne(
      db, sql: selectWebhook + " WHERE url = ? AND taskId = ? AND removedAt IS NULL",
      arguments: [url, task])
  }
}
