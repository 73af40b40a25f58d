import Foundation
import GRDB
import PreferenceData

/// Says which prompts with two judgements or more to review.
public enum ReviewQueue: String, Sendable, Hashable, CaseIterable {
  /// Labellers disagree, and nobody decided yet.
  case open
  /// A reviewer decided.
  case decided
  /// All labellers say the same.
  case agreed
}

/// Holds a prompt of the review queue.
public struct ReviewItem: Sendable, Hashable {
  public var prompt: Prompt
  /// 0 (all alike) … 1 (opposite orders).
  public var disagreement: Double
  public var judgements: Int
  public var cursor: ReviewCursor { ReviewCursor(value: disagreement, prompt: prompt.id) }
}

/// Says after which prompt of the review queue to go on.
public struct ReviewCursor: Sendable, Hashable, LosslessStringConvertible {
  var value: Double
  var prompt: PromptID

  init(value: Double, prompt: PromptID) {
    self.value = value
    self.prompt = prompt
  }

  public init?(_ description: String) {
    let parts = description.split(separator: "_")
    guard parts.count == 2, let value = Double(parts[0]), let prompt = PromptID(String(parts[1]))
    else { return nil }
    self.init(value: value, prompt: prompt)
  }

  // Swift prints the shortest text that reads back as the same number.
  public var description: String { "\(value)_\(prompt)" }
}

extension LabelStore {
  /// Returns a page of the review queue, most disputed first, at the same cost for any page.
  public func review(
    of task: TaskID, _ queue: ReviewQueue = .open, after cursor: ReviewCursor? = nil,
    limit: Int = 50
  ) async throws -> [ReviewItem] {
    try await read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT prompt.*, d.value, d.judgements FROM disagreement d
          JOIN prompt ON prompt.id = d.promptId
          WHERE d.taskId = :task AND \(queue.condition)
            AND (d.value, d.promptId) < (:value, :prompt)
          ORDER BY d.value DESC, d.promptId DESC LIMIT :limit
          """,
        arguments: [
          "task": task, "value": cursor?.value ?? 2, "prompt": cursor?.prompt.rawValue ?? 0,
          "limit": limit,
        ]
      ).map {
        ReviewItem(
          prompt: try Prompt(row: $0), disagreement: $0["value"], judgements: $0["judgements"])
      }
    }
  }

  /// Counts a review queue, up to `limit`.
  public func reviewCount(
    of task: TaskID, _ queue: ReviewQueue = .open, limit: Int = 1000
  ) async throws -> Int {
    try await read { db in
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM (
            SELECT 1 FROM disagreement d WHERE d.taskId = ? AND \(queue.condition) LIMIT ?)
          """, arguments: [task, limit]) ?? 0
    }
  }

  /// The review queue's own query, for the test of its plan.
  package static let reviewPlan = """
    SELECT promptId FROM disagreement d WHERE d.taskId = 1 AND \(ReviewQueue.open.condition)
      AND (d.value, d.promptId) < (0.5, 9) ORDER BY d.value DESC, d.promptId DESC LIMIT 50
    """
}

extension ReviewQueue {
  var condition: String {
    switch self {
    case .open: "d.isDecided = 0 AND d.value > 0"
    case .decided: "d.isDecided = 1"
    case .agreed: "d.isDecided = 0 AND d.value = 0"
    }
  }
}
