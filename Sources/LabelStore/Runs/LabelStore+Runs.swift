import Foundation
import GRDB
import PreferenceData

extension LabelStore {
  /// Records a run that has not started. Throws `LabelStoreError.nameTaken`.
  @discardableResult
  public func addRun(
    _ id: String, of task: TaskID, method: String, configuration: JSONValue,
    by actor: PersonID? = nil
  ) async throws -> Run {
    let now = now
    return try await write { db in
      _ = try LabelTask.find(db, task)
      if try Self.findRun(db, id) != nil { throw LabelStoreError.nameTaken(id) }
      try db.execute(
        sql: """
          INSERT INTO run (id, taskId, method, status, configuration, createdAt)
          VALUES (?, ?, ?, 'waiting', ?, ?)
          """, arguments: [id, task, method, CanonicalJSON.text(configuration), now])
      try Self.logRun(db, id, task, .waiting, by: actor, at: now)
      return try Self.requireRun(db, id)
    }
  }

  /// Changes the status of a run, and sets the times that follow from it.
  public func updateRun(
    _ id: String, status: Run.Status, stage: String? = nil, summary: JSONValue? = nil,
    failure: String? = nil, by actor: PersonID? = nil
  ) async throws {
    let now = now
    try await write { db in
      let run = try Self.requireRun(db, id)
      try db.execute(
        sql: """
          UPDATE run SET status = ?, stage = ?, summary = coalesce(?, summary), failure = ?,
            startedAt = CASE WHEN ? THEN coalesce(startedAt, ?) ELSE startedAt END,
            endedAt = CASE WHEN ? THEN ? END
          WHERE id = ?
          """,
        arguments: [
          status, stage, summary.map(CanonicalJSON.text), failure,
          status != .waiting, now, status.isOver, now, id,
        ])
      if run.status != status {
        try Self.logRun(db, id, run.taskID, status, by: actor, at: now)
      }
    }
  }

  /// Returns the runs of one task or of all, newest first.
  public func runs(of task: TaskID? = nil) async throws -> [Run] {
    try await read { db in
      try Run.fetchAll(
        db,
        sql: Self.selectRun + " WHERE ? IS NULL OR taskId = ? ORDER BY run.createdAt DESC, run.id",
        arguments: [task, task])
    }
  }

  /// Returns a run. Throws `LabelStoreError.notFound`.
  public func run(_ id: String) async throws -> Run {
    try await read { try Self.requireRun($0, id) }
  }

  /// Records a trained model. Throws `LabelStoreError.nameTaken`.
  public func registerModel(
    named name: String, kind: ModelVersion.Kind, path: String, base: String? = nil,
    run: String? = nil, lineage: JSONValue = [:], by actor: PersonID? = nil
  ) async throws {
    let now = now
    try await write { db in
      let isTaken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM model WHERE name = ?)", arguments: [name])
      if isTaken == true { throw LabelStoreError.nameTaken(name) }
      try db.execute(
        sql: """
          INSERT INTO model (name, kind, path, base, runId, lineage, createdAt)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [name, kind, path, base, run, CanonicalJSON.text(lineage), now])
      try EventLog.append(
        db, .modelRegistered, by: actor, at: now,
        ["name": .string(name), "kind": .string(kind.rawValue), "lineage": lineage])
    }
  }

  /// Returns the trained models, newest first.
  public func models() async throws -> [ModelVersion] {
    try await read {
      try ModelVersion.fetchAll($0, sql: "SELECT * FROM model ORDER BY createdAt DESC, id DESC")
    }
  }

  private static let selectRun =
    "SELECT run.*, task.slug AS taskSlug FROM run JOIN task ON task.id = run.taskId"

  private static func findRun(_ db: Database, _ id: String) throws -> Run? {
    try Run.fetchOne(db, sql: selectRun + " WHERE run.id = ?", arguments: [id])
  }

  private static func requireRun(_ db: Database, _ id: String) throws -> Run {
    guard let run = try findRun(db, id) else {
      throw LabelStoreError.notFound(kind: "run", name: id)
    }
    return run
  }

  private static func logRun(
    _ db: Database, _ id: String, _ task: TaskID, _ status: Run.Status, by actor: PersonID?,
    at now: Int64
  ) throws {
    try EventLog.append(
      db, .runChanged, by: actor, task: task, at: now,
      ["run": .string(id), "status": .string(status.rawValue)])
  }
}
