import Foundation
import GRDB
import PreferenceData

/// The events that a webhook can report.
public enum WebhookEvent: String, Sendable, Hashable, Codable, CaseIterable {
  case judgementSubmitted = "judgement.submitted"
  case judgementRevised = "judgement.revised"
  case judgementRetracted = "judgement.retracted"
  case promptSkipped = "prompt.skipped"
  case promptsImported = "prompts.imported"
  case promptsWithdrawn = "prompts.withdrawn"
  case responsesAdded = "responses.added"
  case taskChanged = "task.changed"
  case taskCompleted = "task.completed"
  case datasetExported = "dataset.exported"
  case runStarted = "run.started"
  case runFinished = "run.finished"
}

/// An address that receives messages about a task.
public struct Webhook: Sendable, Hashable {
  public var id: WebhookID
  public var taskID: TaskID
  public var url: String
  /// The key that signs each delivery: `whsec_` and base64, as in Standard Webhooks.
  public var secret: String
  public var events: [WebhookEvent]
  public var createdAt: Date
  /// The number of deliveries by state.
  public var waiting: Int
  public var delivered: Int
  public var dead: Int
}

/// A message in the outbox.
public struct Delivery: Sendable, Hashable {
  /// The state of a message.
  public enum State: String, Sendable, Hashable, Codable, CaseIterable, DatabaseValueConvertible {
    case waiting, delivered
    /// Failed after the last attempt; an admin can send it again.
    case dead
  }

  public var id: Int64
  /// The same for every attempt to send the message.
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

/// The result of an attempt to deliver a message.
public struct DeliveryAttempt: Sendable, Hashable {
  public var delivery: Int64
  public var status: Int?
  /// Nil if the receiver accepted the message.
  public var failure: String?
  /// The time of the next attempt; nil if there is none.
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
