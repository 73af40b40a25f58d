import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Adds a task; throws `LabelStoreError.slugTaken` where there is one of the same slug.
  @discardableResult
  public func createTask(
    _ definition: TaskDefinition, guidelines: String, by actor: PersonID? = nil,
    seed: Int = Int.random(in: 0..<1 << 53)
  ) async throws -> LabelTask {
    let now = now
    return try await write { db in
      let isTaken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM task WHERE slug = ?)", arguments: [definition.slug])
      if isTaken == true { throw LabelStoreError.slugTaken(definition.slug) }
      let id = try Self.insert(db, definition, guidelines: guidelines, seed: seed, at: now)
      try Self.logSaved(db, id, definition, guidelines, by: actor, at: now)
      return try LabelTask.find(db, id)
    }
  }

  /// Adds a task, or brings the one of the same slug up to date; an archived one stays archived.
  ///
  /// A changed overlap holds for all prompts; judgements beyond a lower one stay. Throws
  /// `LabellingError.badTask` for texts that no page could show.
  @discardableResult
  public func saveTask(
    _ definition: TaskDefinition, guidelines: String, by actor: PersonID? = nil,
    seed: Int = Int.random(in: 0..<1 << 53)
  ) async throws -> LabelTask {
    try definition.checkTexts(guidelines: guidelines)
    let now = now
    return try await write { db in
      let body = CanonicalJSON.text(definition.json)
      let row = try Row.fetchOne(
        db, sql: "SELECT * FROM task WHERE slug = ?", arguments: [definition.slug])
      let id: TaskID
      if let row {
        id = row["id"]
        if body == row["definition"], guidelines == row["guidelines"] {
          return try LabelTask(row: row)
        }
        try Self.update(db, id, definition, body, guidelines)
        if definition.order == .disagreement,
          try LabelTask(row: row).definition.order != .disagreement
        {
          try Priority.updateDisagreement(db, ofAllIn: id)
        }
      } else {
        id = try Self.insert(db, definition, guidelines: guidelines, seed: seed, at: now)
      }
      try Self.logSaved(db, id, definition, guidelines, by: actor, at: now)
      return try LabelTask.find(db, id)
    }
  }

  private static func insert(
    _ db: Database, _ definition: TaskDefinition, guidelines: String, seed: Int, at now: Int64
  ) throws -> TaskID {
    try db.execute(
      sql: """
        INSERT INTO task (slug, definition, guidelines, seed, overlap, createdAt)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        definition.slug, CanonicalJSON.text(definition.json), guidelines, seed, definition.overlap,
        now,
      ])
    return TaskID(rawValue: db.lastInsertedRowID)
  }

  private static func logSaved(
    _ db: Database, _ id: TaskID, _ definition: TaskDefinition, _ guidelines: String,
    by actor: PersonID?, at now: Int64
  ) throws {
    let row = try Row.fetchOne(
      db, sql: "SELECT slug, seed, createdAt FROM task WHERE id = ?", arguments: [id])
    // The seed itself stays out of the log: webhooks are told what the log says.
    let origin = row.map {
      LabelTask.originSHA256(slug: $0["slug"], seed: $0["seed"], createdAt: $0["createdAt"])
    }
    try EventLog.append(
      db, .taskSaved, by: actor, task: id, at: now,
      [
        "definition": definition.json, "guidelines": .string(guidelines),
        "origin": origin.map { .string($0) } ?? .null,
      ])
  }

  private static func update(
    _ db: Database, _ id: TaskID, _ definition: TaskDefinition, _ body: String,
    _ guidelines: String
  ) throws {
    try db.execute(
      sql: """
        UPDATE task SET definition = ?, guidelines = ?, overlap = ? WHERE id = ?
        """, arguments: [body, guidelines, definition.overlap, id])
    try db.execute(
      sql: "UPDATE prompt SET judgementTarget = ? WHERE taskId = ? AND judgementTarget <> ?",
      arguments: [definition.overlap, id, definition.overlap])
    if definition.order == .random {
      try db.execute(
        sql: "UPDATE prompt SET isShuffled = 1 WHERE taskId = ? AND isShuffled = 0",
        arguments: [id])
    }
    // The order may have changed, and with it what a labeller's place in the queue means.
    try db.execute(sql: "DELETE FROM claimCursor WHERE taskId = ?", arguments: [id])
  }

  /// Returns the tasks by slug, archived ones only when asked for.
  public func tasks(includingArchived: Bool = false) async throws -> [LabelTask] {
    try await read { db in
      try LabelTask.fetchAll(
        db,
        sql: "SELECT * FROM task WHERE ? OR archivedAt IS NULL ORDER BY slug",
        arguments: [includingArchived])
    }
  }

  /// Returns the task of a slug; throws `LabelStoreError.notFound`.
  public func task(slug: String) async throws -> LabelTask {
    try await read { try LabelTask.find($0, slug: slug) }
  }

  /// Returns a task; throws `LabelStoreError.notFound`.
  public func task(_ id: TaskID) async throws -> LabelTask {
    try await read { try LabelTask.find($0, id) }
  }

  /// Closes a task to labellers; nothing is deleted.
  public func archiveTask(_ id: TaskID, by actor: PersonID? = nil) async throws {
    try await setArchived(true, id, by: actor)
  }

  /// Opens an archived task to labellers again.
  public func reopenTask(_ id: TaskID, by actor: PersonID? = nil) async throws {
    try await setArchived(false, id, by: actor)
  }

  private func setArchived(_ isArchived: Bool, _ id: TaskID, by actor: PersonID?) async throws {
    let now = now
    try await write { db in
      if try LabelTask.find(db, id).isArchived == isArchived { return }
      try db.execute(
        sql: "UPDATE task SET archivedAt = ? WHERE id = ?",
        arguments: [isArchived ? now : nil, id])
      try EventLog.append(
        db, isArchived ? .taskArchived : .taskReopened, by: actor, task: id, at: now, [:])
    }
  }
}
