import GRDB
import PreferenceData

/// Says which prompts someone takes; nil is all of them.
///
/// A prompt without a language, or without tags, is for everyone in that respect.
public struct Specialty: Sendable, Hashable {
  /// Values of `language` in prompts' metadata, such as zh-Hans.
  public var languages: [String]?
  /// Values of `tags` in prompts' metadata; one in common is enough.
  public var tags: [String]?

  public init(languages: [String]? = nil, tags: [String]? = nil) {
    self.languages = languages
    self.tags = tags
  }

  public var takesAll: Bool { languages == nil && tags == nil }

  /// Whether prompts of a language and tags are for this person.
  public func takes(language: String?, tags promptTags: [String]) -> Bool {
    if let language, let languages, !languages.contains(language) { return false }
    if let tags, !promptTags.isEmpty { return !Set(tags).isDisjoint(with: promptTags) }
    return true
  }
}

/// One combination of language and tags that prompts of a task have.
struct Route {
  let id: Int64
  let language: String?
  let tags: [String]

  static func all(_ db: Database, of task: TaskID) throws -> [Route] {
    try Row.fetchAll(
      db, sql: "SELECT id, language, tags FROM route WHERE taskId = ? ORDER BY id",
      arguments: [task]
    ).map { row in
      let language: String = row[1]
      return Route(
        id: row[0], language: language.isEmpty ? nil : language,
        tags: try [String](stored: row[2]))
    }
  }

  /// Puts a prompt on the route of its metadata; one without language and tags needs none.
  static func assign(
    _ db: Database, _ prompt: PromptID, in task: TaskID, metadata: [String: JSONValue]
  ) throws {
    let language = metadata["language"]?.stringValue ?? ""
    let tags = metadata["tags"]?.arrayValue?.compactMap(\.stringValue) ?? []
    if language.isEmpty && tags.isEmpty { return }
    let body = CanonicalJSON.text(.array(tags.map { .string($0) }))
    try db.cachedStatement(
      sql: """
        INSERT INTO route (taskId, language, tags) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
        """
    ).execute(arguments: [task, language, body])
    try db.cachedStatement(
      sql: """
        UPDATE prompt SET routeId =
          (SELECT id FROM route WHERE taskId = ? AND language = ? AND tags = ?) WHERE id = ?
        """
    ).execute(arguments: [task, language, body, prompt])
  }
}

extension Specialty {
  static func of(_ db: Database, _ person: PersonID) throws -> Specialty {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT languages, tags FROM specialty WHERE personId = ?"),
      arguments: [person])
    guard let row else { return Specialty() }
    let languages: String? = row[0]
    let tags: String? = row[1]
    return Specialty(
      languages: try languages.map { try [String](stored: $0) },
      tags: try tags.map { try [String](stored: $0) })
  }
}

extension LabelStore {
  /// Returns which prompts someone takes.
  public func specialty(of person: PersonID) async throws -> Specialty {
    try await read { try Specialty.of($0, person) }
  }

  /// Sets which prompts someone takes from now on; what they hold stays theirs.
  public func setSpecialty(
    _ specialty: Specialty, of person: PersonID, by actor: PersonID? = nil
  ) async throws {
    let now = now
    try await write { db in
      _ = try Person.find(db, person)
      let columns = [specialty.languages, specialty.tags].map { values in
        values.map { CanonicalJSON.text(.array($0.map { .string($0) })) }
      }
      try db.execute(
        sql: """
          INSERT INTO specialty (personId, languages, tags) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET languages = excluded.languages, tags = excluded.tags
          """, arguments: [person, columns[0], columns[1]])
      // Their queues start again: what they passed over may be for them now.
      try db.execute(sql: "DELETE FROM claimCursor WHERE personId = ?", arguments: [person])
      try db.execute(
        sql: "UPDATE participant SET exhaustedAt = -1 WHERE personId = ?", arguments: [person])
      try EventLog.append(
        db, .personChanged, by: actor, at: now,
        [
          "id": .integer(Int(person.rawValue)), "change": "specialty",
          "languages": specialty.languages.map { .array($0.map { .string($0) }) } ?? .null,
          "tags": specialty.tags.map { .array($0.map { .string($0) }) } ?? .null,
        ])
    }
  }
}
