import GRDB

/// Says which prompts to look for; what is nil or empty makes no difference.
public struct PromptSearch: Sendable, Hashable {
  /// How far a prompt has come.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// Fewer than two answers.
    case unanswered
    /// Answers, and no judgement yet.
    case open
    /// Some of the judgements that it wants.
    case partly
    case complete
    /// Someone passed it over.
    case skipped
    /// A judgement of it was retracted.
    case retracted
  }

  /// Words that must all occur in a prompt, in one of its answers, or in one of its judgements'
  /// rationales and demonstrations; words in quotes stand in this order.
  public var text = ""
  public var state: State?
  /// Who judged it.
  public var labeller: PersonID?
  /// A flag on an answer or on the prompt.
  public var flag: String?
  public var hasDemonstration: Bool?
  public var hasRationale: Bool?
  /// Where one of its answers comes from.
  public var source: String?
  public var round: Int?
  /// `language` of its metadata.
  public var language: String?
  /// One of the `tags` of its metadata.
  public var tag: String?

  public init(text: String = "") {
    self.text = text
  }
}

/// Holds some of the prompts found.
public struct FoundPrompts: Sendable, Hashable {
  public var prompts: [FoundPrompt]
  /// Where to go on: `after` of the next search; nil when everything was looked through.
  public var next: PromptID?
  /// Texts that a search for words does not find yet, because the index is being built.
  public var unindexed: Int
}

/// Holds a prompt and where the words were found.
public struct FoundPrompt: Sendable, Hashable {
  /// A part of a prompt in which words were found.
  public enum Place: String, Sendable, Hashable, Comparable, CaseIterable {
    case prompt, answer, judgement

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  public var prompt: Prompt
  /// Empty when no words were looked for.
  public var places: Set<Place>
}

extension PromptSearch {
  /// The conditions on `prompt` besides the words, and their arguments.
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
        routeId IN (SELECT id FROM route WHERE route.taskId = prompt.taskId
          AND EXISTS (SELECT 1 FROM json_each(route.tags) WHERE value = ?))
        """, tag)
    }
    return (clauses.map { " AND \($0)" }.joined(), arguments)
  }

  // A judgement that counts, in its latest revision.
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
    case .partly: "(judged > 0 AND judged < wanted)"
    case .complete: "judged >= wanted"
    case .skipped, .retracted:
      """
      EXISTS (SELECT 1 FROM assignment WHERE promptId = prompt.id AND state = '\(rawValue)')
      """
    }
  }
}
