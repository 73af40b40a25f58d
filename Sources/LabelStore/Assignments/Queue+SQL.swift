extension Queue {
  /// The column that a queue is sorted by. Each has a partial index of open prompts, and one by
  /// segment.
  package enum Sort: String, CaseIterable {
    case position, shuffle, slotsTaken

    /// Selects prompts of all segments.
    package var allSegments: String { query("AND ?5 IS NULL", index: "promptOpenBy\(name)") }
    /// Selects prompts without language and tags.
    package var noSegment: String {
      query("AND segmentId IS NULL AND ?5 IS NULL", index: "promptOpenBy\(name)")
    }
    package var oneSegment: String {
      query("AND segmentId = ?5", index: "promptInSegmentBy\(name)")
    }

    private var name: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    private func query(_ segment: String, index: String) -> String {
      let place = self == .shuffle ? "shuffle" : "position"
      let isSorted = self == .shuffle ? "AND isShuffled = 1" : ""
      return """
        SELECT \(Queue.columns(place: place))
        FROM prompt INDEXED BY \(index) LEFT JOIN assignment mine
          ON mine.promptId = prompt.id AND mine.labellerId = ?1
        WHERE prompt.taskId = ?2 AND \(Queue.isOpen) \(isSorted) \(segment)
          AND \(self == .slotsTaken ? "slotsTaken = ?3" : "?3 = 0") AND \(place) > ?4
          AND \(Queue.isFree)
        ORDER BY \(place == "shuffle" ? "shuffle, position" : "position") LIMIT 1
        """
    }
  }

  /// The number of prompts with the highest priority that are examined for one that is free for the
  /// labeller.
  private static let topCount = 50

  package static let mostDisputed = top("disagreement", index: "promptDisputed")
  package static let leastCertain = top("uncertainty", index: "promptUncertain")

  private static func top(_ priority: String, index: String) -> String {
    """
    SELECT \(columns(place: "position")) FROM (
      SELECT id FROM prompt INDEXED BY \(index)
      WHERE taskId = ?2 AND \(isOpen) AND \(priority) > 0
      ORDER BY \(priority) DESC, position LIMIT \(topCount)) AS candidate
    CROSS JOIN prompt ON prompt.id = candidate.id
    LEFT JOIN assignment mine ON mine.promptId = prompt.id AND mine.labellerId = ?1
    WHERE \(isFree)
      AND (?3 IS NULL OR segmentId IS NULL OR segmentId IN (SELECT value FROM json_each(?3)))
    ORDER BY \(priority) DESC, position LIMIT 1
    """
  }

  static func columns(place: String) -> String {
    "prompt.id, \(place), name, messages, slotsTaken, mine.id"
  }

  static let isOpen =
    "slotsTaken < judgementTarget AND responseCount >= 2 AND isGold = 0 AND isClosed = 0"
  /// True if the labeller has not judged, skipped or claimed the prompt.
  static let isFree = "(mine.id IS NULL OR mine.state IN ('expired', 'returned'))"
}
