import GRDB
import PreferenceData

/// The prompts of a task that share a language and tags.
struct PromptSegment {
  let id: Int64
  let language: String?
  let tags: [String]

  static func all(_ db: Database, of task: TaskID) throws -> [PromptSegment] {
    try Row.fetchAll(
      db, sql: "SELECT id, language, tags FROM promptSegment WHERE taskId = ? ORDER BY id",
      arguments: [task]
    ).map { row in
      let language: String = row[1]
      return PromptSegment(
        id: row[0], language: language.isEmpty ? nil : language,
        tags: try [String](stored: row[2]))
    }
  }

  /// Assigns a prompt to the segment of its metadata. A prompt without language and tags has no
  /// segment.
  static func assign(
    _ db: Database, _ prompt: PromptID, in task: TaskID, metadata: [String: JSONValue]
  ) throws {
    let language = metadata["language"]?.stringValue ?? ""
    let tags = PromptFilter.tags(metadata["tags"])
    if language.isEmpty && tags.isEmpty { return }
    let body = CanonicalJSON.text(.array(tags.map { .string($0) }))
    try db.cachedStatement(
      sql: """
        INSERT INTO promptSegment (taskId, language, tags) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
        """
    ).execute(arguments: [task, language, body])
    try db.cachedStatement(
      sql: """
        UPDATE prompt SET segmentId =
          (SELECT id FROM promptSegment WHERE taskId = ? AND language = ? AND tags = ?) WHERE id = ?
        """
    ).execute(arguments: [task, language, body, prompt])
  }
}
