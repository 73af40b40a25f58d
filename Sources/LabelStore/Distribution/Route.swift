import Foundation
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

  /// Reads the tags of a prompt's metadata: a list, or one text with commas as a CSV file has it.
  static func tags(_ value: JSONValue?) -> [String] {
    if let list = value?.arrayValue { return list.compactMap(\.stringValue) }
    let words = value?.stringValue?.split(whereSeparator: { ",;".contains($0) }) ?? []
    return words.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

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
    let tags = Specialty.tags(metadata["tags"])
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
    return try row.map(Specialty.init(row:)) ?? Specialty()
  }

  fileprivate init(row: Row) throws {
    let languages: String? = row["languages"]
    let tags: String? = row["tags"]
    self.init(
      languages: try languages.map { try [String](stored: $0) },
      tags: try tags.map { try [String](stored: $0) })
  }
}

extension LabelStore {
  /// Returns which prompts someone takes.
  public func specialty(of person: PersonID) async throws -> Specialty {
    try await read { try Specialty.of($0, person) }
  }

  /// Returns the specialties of those who do not take everything.
  public func specialties() async throws -> [PersonID: Specialty] {
    try await read { db in
      let rows = try Row.fetchAll(db, sql: "SELECT personId, languages, tags FROM specialty")
      return try Dictionary(
        rows.map { (PersonID(rawValue: $0["personId"]), try Specialty(row: $0)) },
        uniquingKeysWith: { first, _ in first }
      ).filter { !$0.value.takesAll }
    }
  }

  /// Returns the languages and tags that prompts have, of one task or of all, in order.
  public func promptKinds(of task: TaskID? = nil) async throws -> Specialty {
    try await read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT DISTINCT language, tags FROM route WHERE ?1 IS NULL OR taskId = ?1",
        arguments: [task])
      let tags = try rows.flatMap { try [String](stored: $0["tags"]) }
      return Specialty(
        languages: Set(rows.map { $0["language"] as String }).subtracting([""]).sorted(),
        tags: Set(tags).sorted())
    }
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
