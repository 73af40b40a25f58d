import GRDB
import Labelling
import PreferenceData

/// Keeps how far the judgements of a prompt lie apart, in the transaction that changes them.
///
/// Gold prompts have none: what is right there is known.
enum DisagreementRecord {
  /// After a submission, which only adds, none that was there ends.
  static func update(_ db: Database, of prompt: PromptID, mayEnd: Bool = true) throws {
    let judged = try db.cachedStatement(
      sql: "SELECT judged + extraJudged FROM prompt WHERE id = ? AND isGold = 0"
    ).first(binding: { $0.bind(prompt) }) { $0.integer(0) }
    guard let judged, judged >= 2 else {
      guard mayEnd else { return }
      try db.cachedStatement(sql: "DELETE FROM disagreement WHERE promptId = ?")
        .execute { $0.bind(prompt.rawValue) }
      return
    }
    let judgements = try String.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT body FROM assignment a JOIN judgement j ON j.assignmentId = a.id
            AND j.revision = (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
          WHERE a.promptId = ? AND a.state = 'submitted' ORDER BY a.labellerId
          """), arguments: [prompt]
    ).map { try Judgement(stored: $0) }
    try db.cachedStatement(
      sql: """
        INSERT INTO disagreement (promptId, taskId, value, judgements, isDecided)
        SELECT id, taskId, :value, :judgements, coalesce(
          (SELECT body IS NOT NULL FROM adjudication WHERE promptId = prompt.id
            ORDER BY revision DESC LIMIT 1), 0)
        FROM prompt WHERE id = :prompt
        ON CONFLICT DO UPDATE SET value = excluded.value, judgements = excluded.judgements
        """
    ).execute(arguments: [
      "prompt": prompt, "value": Disagreement.among(judgements) ?? 0,
      "judgements": judgements.count,
    ])
  }
}
