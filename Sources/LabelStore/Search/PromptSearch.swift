import GRDB

/// A search for prompts; a property that is nil or empty has no effect.
public struct PromptSearch: Sendable, Hashable {
  /// The progress of a prompt.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Fewer than two responses.
    case unanswered
    /// Responses, and no judgement yet.
    case open
    /// Some of its judgements.
    case partly
    case complete
    /// Skipped by a labeller.
    case skipped
    /// With a retracted judgement.
    case retracted
  }

  /// Words that must all occur in a prompt, in one of its responses, or in the rationale or
  /// demonstrations of one of its judgements. Words in quotes must occur in this order.
  public var text = ""
  public var state: State?
  /// The labeller of a judgement.
  public var labeller: PersonID?
  /// A flag on a response or on the prompt.
  public var flag: String?
  public var hasDemonstration: Bool?
  public var hasRationale: Bool?
  /// The source of a response.
  public var source: String?
  public var round: Int?
  /// The `language` of its metadata.
  public var language: String?
  /// One of the `tags` of its metadata.
  public var tag: String?

  public init(text: String = "") {
    self.text = text
  }
}

/// A part of the prompts found.
public struct FoundPrompts: Sendable, Hashable {
  public var prompts: [FoundPrompt]
  /// The `after` of the next search; nil when all prompts were searched.
  public var next: PromptID?
  /// The number of texts that a search for words does not find yet, because they are not indexed.
  public var unindexed: Int
}

/// A prompt with the places where the words were found.
public struct FoundPrompt: Sendable, Hashable {
  /// A part of a prompt in which words were found.
  public enum Place: String, Sendable, Hashable, Comparable, CaseIterable {
    case prompt, answer, judgement

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  public var prompt: Prompt
  /// Empty when the search has no words.
  public var places: Set<Place>
}

extension PromptSearch {
  /// The conditions on `prompt` other than the words, and their arguments.
  var conditions: (sql: String, arguments: [any DatabaseValueConvertible]) {
    var clauses: [String] = []
    var arguments: [any DatabaseValueConvertible] = []
    func require(_ clause: String, _ values: (any DatabaseValueConvertible)?...) {
      clauses.append(clause)
      arguments += values.compactMap { $0 }
    }
    if let state { require(state.condition) }
    if let labeller { require(Self.judged("a.labellerId = ?"), labeller) }
    if let flag {
      require(
        Self.judged(
          """
          (EXISTS (SELECT 1 FROM json_each(j.body, '$.promptFlags') WHERE value = ?)
          OR EXISTS (SELECT 1 FROM json_each(j.body, '$.flags') AS answer, json_each(answer.value)
            AS raised WHERE raised.value = ?)
          OR EXISTS (SELECT 1 FROM json_tree(j.body, '$.answers') AS answer
            WHERE answer.value = ? AND typeof(answer.key) = 'integer'))
          """), flag, flag, flag)
    }
    for (wanted, key) in [(hasDemonstration, "demonstration"), (hasRationale, "rationale")] {
      guard let wanted else { continue }
      let given = Self.judged("json_extract(j.body, '$.\(key)') IS NOT NULL")
      require(wanted ? given : "NOT \(given)")
    }
    if let source {
      require(
        "EXISTS (SELECT 1 FROM response WHERE promptId = prompt.id AND source = ?)", source)
    }
    if let round { require("round = ?", round) }
    if let language { require("json_extract(metadata, '$.language') = ?", language) }
    if let tag {
      require(
        """
        segmentId IN (SELECT id FROM promptSegment WHERE promptSegment.taskId = prompt.taskId
          AND EXISTS (SELECT 1 FROM json_each(promptSegment.tags) WHERE value = ?))
        """, tag)
    }
    return (clauses.map { " AND \($0)" }.joined(), arguments)
  }

  // Matches judgements that are not retracted, in their latest revision.
  private static func judged(_ condition: String) -> String {
    """
    EXISTS (SELECT 1 FROM assignment a JOIN judgement j ON j.assignmentId = a.id
      AND j.revision = (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
      WHERE a.promptId = prompt.id AND a.state = 'submitted' AND \(condition))
    """
  }
}

extension PromptSearch.State {
  fileprivate var condition: String {
    switch self {
    case .unanswered: "responseCount < 2"
    case .open: "(responseCount >= 2 AND judged = 0)"
    case .partly: "(judged > 0 AND judged < judgementTarget)"
    case .complete: "judged >= judgementTarget"
    case .skipped, .retracted:
      """
      EXISTS (SELECT 1 FROM assignment WHERE promptId = prompt.id AND state = '\(rawValue)')
      """
    }
  }
}
