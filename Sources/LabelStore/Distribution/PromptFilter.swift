import Foundation
import GRDB
import PreferenceData

/// The prompts that a person receives; nil means all.
///
/// A prompt without a language passes any filter of languages, and one without tags any filter of
/// tags.
public struct PromptFilter: Sendable, Hashable {
  /// Values of `language` in prompts' metadata, such as zh-Hans.
  public var languages: [String]?
  /// Values of `tags` in prompts' metadata. One common tag is enough.
  public var tags: [String]?

  public init(languages: [String]? = nil, tags: [String]? = nil) {
    self.languages = languages
    self.tags = tags
  }

  public var takesAll: Bool { languages == nil && tags == nil }

  /// Reads the tags of a prompt's metadata: a list, or a text with commas as in a CSV file.
  static func tags(_ value: JSONValue?) -> [String] {
    if let list = value?.arrayValue { return list.compactMap(\.stringValue) }
    let words = value?.stringValue?.split(whereSeparator: { ",;".contains($0) }) ?? []
    return words.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// Returns whether a prompt with a language and tags passes the filter.
  public func takes(language: String?, tags promptTags: [String]) -> Bool {
    if let language, let languages, !languages.contains(language) { return false }
    if let tags, !promptTags.isEmpty { return !Set(tags).isDisjoint(with: promptTags) }
    return true
  }
}

extension PromptFilter {
  static func of(_ db: Database, _ person: PersonID) throws -> PromptFilter {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT languages, tags FROM promptFilter WHERE personId = ?"),
      arguments: [person])
    return try row.map(PromptFilter.init(row:)) ?? PromptFilter()
  }

  /// Stores the filter of a person; the assignments they hold stay theirs.
  func save(_ db: Database, of person: PersonID, by actor: PersonID?, at now: Int64) throws {
    let columns = [languages, tags].map { values in
      values.map { CanonicalJSON.text(.array($0.map { .string($0) })) }
    }
    try db.execute(
      sql: """
        INSERT INTO promptFilter (personId, languages, tags) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET languages = excluded.languages, tags = excluded.tags
        """, arguments: [person, columns[0], columns[1]])
    // The person's queues start again: prompts that they passed may be for them now.
    try db.execute(sql: "DELETE FROM claimCursor WHERE personId = ?", arguments: [person])
    try db.execute(
      sql: "UPDATE participant SET exhaustedAtVersion = -1 WHERE personId = ?",
      arguments: [person])
    // The event keeps the word that the event log has used from the start.
    try EventLog.append(
      db, .personChanged, by: actor, at: now,
      [
        "id": .integer(Int(person.rawValue)), "change": "specialty",
        "languages": languages.map { .array($0.map { .string($0) }) } ?? .null,
        "tags": tags.map { .array($0.map { .string($0) }) } ?? .null,
      ])
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
  /// Returns a person's prompt filter.
  public func promptFilter(of person: PersonID) async throws -> PromptFilter {
    try await read { try PromptFilter.of($0, person) }
  }

  /// Returns the prompt filters of people who do not receive all prompts.
  public func promptFilters() async throws -> [PersonID: PromptFilter] {
    try await read { db in
      let rows = try Row.fetchAll(db, sql: "SELECT personId, languages, tags FROM promptFilter")
      return try Dictionary(
        rows.map { (PersonID(rawValue: $0["personId"]), try PromptFilter(row: $0)) },
        uniquingKeysWith: { first, _ in first }
      ).filter { !$0.value.takesAll }
    }
  }

  /// Returns the languages and tags of the prompts of one task or of all, sorted.
  public func promptKinds(of task: TaskID? = nil) async throws -> PromptFilter {
    try await read { db in
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT DISTINCT language, tags FROM promptSegment WHERE ?1 IS NULL OR taskId = ?1",
        arguments: [task])
      let tags = try rows.flatMap { try [String](stored: $0["tags"]) }
      return PromptFilter(
        languages: Set(rows.map { $0["language"] as String }).subtracting([""]).sorted(),
        tags: Set(tags).sorted())
    }
  }
}
