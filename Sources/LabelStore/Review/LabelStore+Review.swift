import Foundation
import GRDB
import PreferenceData

/// The lists of prompts with two or more judgements.
public enum ReviewQueue: String, Sendable, Hashable, CaseIterable {
  /// Labellers disagree, and no reviewer has decided.
  case open
  /// A reviewer has decided.
  case decided
  /// All labellers agree.
  case agreed
}

/// A prompt in the review queue.
public struct ReviewItem: Sendable, Hashable {
  public var prompt: Prompt
  /// From 0 (all orders alike) to 1 (opposite orders).
  public var disagreement: Double
  public var judgements: Int
  public var cursor: ReviewCursor { ReviewCursor(value: disagreement, prompt: prompt.id) }
}

/// The position of a prompt in the review queue, after which the next page starts.
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
  /// Returns a page of the review queue, most disputed first. Every page costs the same.
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

  /// Returns the number of prompts in a review queue, at most `limit`.
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

  /// The query of the review queue, for the test of its plan.
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
