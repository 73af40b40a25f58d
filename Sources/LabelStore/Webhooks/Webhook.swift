import Foundation
import GRDB
import PreferenceData

/// Names what a webhook can be told of.
public enum WebhookEvent: String, Sendable, Hashable, Codable, CaseIterable {
  case judgementSubmitted = "judgement.submitted"
  case judgementRevised = "judgement.revised"
  case judgementRetracted = "judgement.retracted"
  case promptSkipped = "prompt.skipped"
  case promptsImported = "prompts.imported"
  case responsesAdded = "responses.added"
  case taskChanged = "task.changed"
  case taskCompleted = "task.completed"
  case datasetExported = "dataset.exported"
  case runStarted = "run.started"
  case runFinished = "run.finished"
}

/// Holds an address that is told of what happens in a task.
public struct Webhook: Sendable, Hashable {
  public var id: WebhookID
  public var taskID: TaskID
  public var url: String
  /// Signs each delivery: `whsec_` and base64, as Standard Webhooks writes it.
  public var secret: String
  public var events: [WebhookEvent]
  public var createdAt: Date
  /// Deliveries by state.
  public var waiting: Int
  public var delivered: Int
  public var dead: Int
}

/// Holds one message of the outbox.
public struct Delivery: Sendable, Hashable {
  /// Says where a message stands.
  public enum State: String, Sendable, Hashable, Codable, CaseIterable, DatabaseValueConvertible {
    case waiting, delivered
    /// Given up after the last try; an admin can send it again.
    case dead
  }

  public var id: Int64
  /// Stays the same however often the message is sent.
  public var messageID: String
  public var webhookID: WebhookID
  public var event: String
  /// The body, byte for byte as it is sent.
  public var payload: String
  public var state: State
  public var attempts: Int
  public var createdAt: Date
  public var dueAt: Date
  public var endedAt: Date?
  /// The receiver's last answer.
  public var status: Int?
  public var failure: String?
}

/// Says how a try to deliver ended.
public struct DeliveryAttempt: Sendable, Hashable {
  public var delivery: Int64
  public var status: Int?
  /// Nil when the receiver accepted the message.
  public var failure: String?
  /// When to try again; nil to give up.
  public var nextAt: Date?

  public init(delivery: Int64, status: Int?, failure: String?, nextAt: Date?) {
    self.delivery = delivery
    self.status = status
    self.failure = failure
    self.nextAt = nextAt
  }
}

public typealias WebhookID = ID<Webhook>

extension Webhook: FetchableRecord {
  public init(row: Row) throws {
    id = row["id"]
    taskID = row["taskId"]
    url = row["url"]
    secret = row["secret"]
    events =
      try JSONValue(stored: row["events"]).arrayValue?
      .compactMap { $0.stringValue.flatMap(WebhookEvent.init) } ?? []
    createdAt = Date(milliseconds: row["createdAt"])
    waiting = row["waiting"]
    delivered = row["delivered"]
    dead = row["dead"]
  }
}

extension Delivery: FetchableRecord {
  public init(row: Row) throws {
    id = row["id"]
    messageID = row["messageId"]
    webhookID = row["webhookId"]
    event = row["event"]
    payload = row["payload"]
    state = row["state"]
    attempts = row["attempts"]
    createdAt = Date(milliseconds: row["createdAt"])
    dueAt = Date(milliseconds: row["dueAt"])
    endedAt = (row["endedAt"] as Int64?).map(Date.init(milliseconds:))
    status = row["status"]
    failure = row["failure"]
  }
}
