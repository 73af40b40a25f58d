import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Adds a task. Throws `LabelStoreError.slugTaken` if there is one with the same short name, and
  /// `LabellingError.badTask` for texts that no page could show.
  @discardableResult
  public func createTask(
    _ definition: TaskDefinition, guidelines: String, by actor: PersonID? = nil,
    seed: Int = Int.random(in: 0..<1 << 53)
  ) async throws -> LabelTask {
    try definition.checkTexts(guidelines: guidelines)
    let now = now
    return try await write { db in
      if try Self.row(db, slug: definition.slug) != nil {
        throw LabelStoreError.slugTaken(definition.slug)
      }
      return try Self.insert(db, definition, guidelines, by: actor, seed: seed, at: now)
    }
  }

  /// Changes a task in one transaction: all of the change is stored or none.
  ///
  /// `change` receives the task as it is in the store, so two changes at the same time do not undo
  /// each other. A changed overlap applies to all prompts; judgements beyond a lower one stay.
  /// Throws `LabelStoreError.slugIsPermanent`, `LabellingError.badTask` and the errors of `change`.
  @discardableResult
  public func changeTask(
    _ id: TaskID, by actor: PersonID? = nil,
    _ change: @escaping @Sendable (inout TaskDraft) throws -> Void
  ) async throws -> LabelTask {
    let now = now
    return try await write { db in
      let task = try LabelTask.find(db, id)
      var draft = TaskDraft(task)
      try change(&draft)
      guard draft.definition.slug == task.slug else {
        throw LabelStoreError.slugIsPermanent(task.slug)
      }
      if draft.definition != task.definition || draft.guidelines != task.guidelines {
        try draft.definition.checkTexts(guidelines: draft.guidelines)
        try Self.update(db, task, draft.definition, draft.guidelines, by: actor, at: now)
      }
      if draft.isArchived != task.isArchived {
        try Self.setArchived(db, id, draft.isArchived, by: actor, at: now)
      }
      return try LabelTask.find(db, id)
    }
  }

  /// Adds a task, or updates the one with the same slug. An archived task stays archived. Throws
  /// `LabellingError.badTask` for texts that no page could show.
  @discardableResult
  public func saveTask(
    _ definition: TaskDefinition, guidelines: String, by actor: PersonID? = nil,
    seed: Int = Int.random(in: 0..<1 << 53)
  ) async throws -> LabelTask {
    try definition.checkTexts(guidelines: guidelines)
    let now = now
    return try await write { db in
      guard let row = try Self.row(db, slug: definition.slug) else {
        return try Self.insert(db, definition, guidelines, by: actor, seed: seed, at: now)
      }
      let task = try LabelTask(row: row)
      try Self.update(db, task, definition, guidelines, by: actor, at: now)
      return try LabelTask.find(db, task.id)
    }
  }

  private static func row(_ db: Database, slug: String) throws -> Row? {
    try Row.fetchOne(db, sql: "SELECT * FROM task WHERE slug = ?", arguments: [slug])
  }

  private static func insert(
    _ db: Database, _ definition: TaskDefinition, _ guidelines: String, by actor: PersonID?,
    seed: Int, at now: Int64
  ) throws -> LabelTask {
    try db.execute(
      sql: """
        INSERT INTO task (slug, definition, guidelines, seed, overlap, createdAt)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        definition.slug, CanonicalJSON.text(definition.json), guidelines, seed, definition.overlap,
        now,
      ])
    let id = TaskID(rawValue: db.lastInsertedRowID)
    try logSaved(db, id, definition, guidelines, by: actor, at: now)
    return try LabelTask.find(db, id)
  }

  private static func logSaved(
    _ db: Database, _ id: TaskID, _ definition: TaskDefinition, _ guidelines: String,
    by actor: PersonID?, at now: Int64
  ) throws {
    let row = try Row.fetchOne(
      db, sql: "SELECT slug, seed, createdAt FROM task WHERE id = ?", arguments: [id])
    // Webhooks receive the event, and the seed must stay secret.
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
    _ db: Database, _ task: LabelTask, _ definition: TaskDefinition, _ guidelines: String,
    by actor: PersonID?, at now: Int64
  ) throws {
    let id = task.id
    if definition == task.definition, guidelines == task.guidelines { return }
    try db.execute(
      sql: "UPDATE task SET definition = ?, guidelines = ?, overlap = ? WHERE id = ?",
      arguments: [CanonicalJSON.text(definition.json), guidelines, definition.overlap, id])
    try db.execute(
      sql: "UPDATE prompt SET judgementTarget = ? WHERE taskId = ? AND judgementTarget <> ?",
      arguments: [definition.overlap, id, definition.overlap])
    if definition.order == .random {
      try db.execute(
        sql: "UPDATE prompt SET isShuffled = 1 WHERE taskId = ? AND isShuffled = 0",
        arguments: [id])
    }
    if definition.order == .disagreement, task.definition.order != .disagreement {
      try Priority.updateDisagreement(db, ofAllIn: id)
    }
    // The order may have changed, and a labeller's position in the old queue means nothing in the
    // new one.
    try db.execute(sql: "DELETE FROM claimCursor WHERE taskId = ?", arguments: [id])
    try logSaved(db, id, definition, guidelines, by: actor, at: now)
  }

  /// Returns the tasks by slug, and archived ones only on request.
  public func tasks(includingArchived: Bool = false) async throws -> [LabelTask] {
    try await read { db in
      try LabelTask.fetchAll(
        db,
        sql: "SELECT * FROM task WHERE ? OR archivedAt IS NULL ORDER BY slug",
        arguments: [includingArchived])
    }
  }

  /// Returns the task with a slug. Throws `LabelStoreError.notFound`.
  public func task(slug: String) async throws -> LabelTask {
    try await read { try LabelTask.find($0, slug: slug) }
  }

  /// Returns a task. Throws `LabelStoreError.notFound`.
  public func task(_ id: TaskID) async throws -> LabelTask {
    try await read { try LabelTask.find($0, id) }
  }

  /// Closes a task to labellers; nothing is deleted.
  public func archiveTask(_ id: TaskID, by actor: PersonID? = nil) async throws {
    try await changeTask(id, by: actor) { $0.isArchived = true }
  }

  /// Opens an archived task to labellers again.
  public func reopenTask(_ id: TaskID, by actor: PersonID? = nil) async throws {
    try await changeTask(id, by: actor) { $0.isArchived = false }
  }

  private static func setArchived(
    _ db: Database, _ id: TaskID, _ isArchived: Bool, by actor: PersonID?, at now: Int64
  ) throws {
    try db.execute(
      sql: "UPDATE task SET archivedAt = ? WHERE id = ?", arguments: [isArchived ? now : nil, id])
    try EventLog.append(
      db, isArchived ? .taskArchived : .taskReopened, by: actor, task: id, at: now, [:])
  }
}
