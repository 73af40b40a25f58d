import Foundation
import GRDB
import PreferenceData

/// Says which prompts someone takes; nil is all of them.
///
/// A prompt without a language, or without tags, is for everyone in that respect.
public struct PromptFilter: Sendable, Hashable {
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

extension PromptFilter {
  static func of(_ db: Database, _ person: PersonID) throws -> PromptFilter {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT languages, tags FROM promptFilter WHERE personId = ?"),
      arguments: [person])
    return try row.map(PromptFilter.init(row:)) ?? PromptFilter()
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
  public func promptFilter(of person: PersonID) async throws -> PromptFilter {
    try await read { try PromptFilter.of($0, person) }
  }

  /// Returns the filters of those who do not take everything.
  public func promptFilters() async throws -> [PersonID: PromptFilter] {
    try await read { db in
      let rows = try Row.fetchAll(db, sql: "SELECT personId, languages, tags FROM promptFilter")
      return try Dictionary(
        rows.map { (PersonID(rawValue: $0["personId"]), try PromptFilter(row: $0)) },
        uniquingKeysWith: { first, _ in first }
      ).filter { !$0.value.takesAll }
    }
  }

  /// Returns the languages and tags that prompts have, of one task or of all, in order.
  public func promptKinds(of task: TaskID? = nil) async throws -> PromptFilter {
    try await read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT DISTINCT language, tags FROM promptSegment WHERE ?1 IS NULL OR taskId = ?1",
        arguments: [task])
      let tags = try rows.flatMap { try [String](stored: $0["tags"]) }
      return PromptFilter(
        languages: Set(rows.map { $0["language"] as String }).subtracting([""]).sorted(),
        tags: Set(tags).sorted())
    }
  }

  /// Sets which prompts someone takes from now on; what they hold stays theirs.
  public func setPromptFilter(
    _ filter: PromptFilter, of person: PersonID, by actor: PersonID? = nil
  ) async throws {
    let now = now
    try await write { db in
      _ = try Person.find(db, person)
      let columns = [filter.languages, filter.tags].map { values in
        values.map { CanonicalJSON.text(.array($0.map { .string($0) })) }
      }
      try db.execute(
        sql: """
          INSERT INTO promptFilter (personId, languages, tags) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET languages = excluded.languages, tags = excluded.tags
          """, arguments: [person, columns[0], columns[1]])
      // Their queues start again: what they passed over may be for them now.
      try db.execute(sql: "DELETE FROM claimCursor WHERE personId = ?", arguments: [person])
      try db.execute(
        sql: "UPDATE participant SET exhaustedAtVersion = -1 WHERE personId = ?", arguments: [person])
      try EventLog.append(
        db, .personChanged, by: actor, at: now,
        [
          "id": .integer(Int(person.rawValue)), "change": "specialty",
          "languages": filter.languages.map { .array($0.map { .string($0) }) } ?? .null,
          "tags": filter.tags.map { .array($0.map { .string($0) }) } ?? .null,
        ])
    }
  }
}
