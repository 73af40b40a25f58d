import Foundation
import Foundations
import GRDB
import Labelling
import PreferenceData

/// The choice of judgements in an export, and their split.
public struct ExportFilter: Sendable, Hashable {
  /// The effect of a reviewer's decision on the judgements of its prompt.
  public enum Adjudications: String, Sendable, Hashable, CaseIterable {
    /// The export contains the labellers' judgements.
    case ignore
    /// If a reviewer decided on a prompt, the export contains only the decision.
    case prefer
  }

  /// The only split in the export; nil for both.
  public var split: Split?
  public var validationShare: Double
  public var adjudications: Adjudications

  /// Whether the export contains the judgements of gold prompts, which repeat known rankings.
  public var includesGold: Bool

  public init(
    split: Split? = nil, validationShare: Double = 0.15, adjudications: Adjudications = .prefer,
    includesGold: Bool = false
  ) {
    self.split = split
    self.validationShare = validationShare
    self.adjudications = adjudications
    self.includesGold = includesGold
  }

  var described: [String: String] {
    var described = [
      "validation_share": "\(validationShare)", "adjudications": adjudications.rawValue,
    ]
    if includesGold { described["gold"] = "included" }
    if let split { described["split"] = split.rawValue }
    return described
  }
}

extension LabelStore {
  /// Writes a task's judgements to `path` and the manifest beside it, and records the export.
  /// Throws `FileError` and leaves no file behind if the disk is full.
  public func exportDataset(
    of taskID: TaskID, as format: ExportFormat, to path: String,
    filter: ExportFilter = ExportFilter(), by actor: PersonID? = nil,
    progress: @escaping @Sendable (_ judgements: Int) -> Void = { _ in }
  ) async throws -> Manifest {
    let now = now
    let manifest = try await read { db in
      let task = try LabelTask.find(db, taskID)
      var manifest = Manifest(
        task: task.slug, format: format, file: URL(filePath: path).lastPathComponent,
        filter: filter.described, eventLogHead: try EventLog.head(db), createdAt: iso8601(now))
      let plan = try SplitPlan.of(db, taskID, filter.validationShare)
      manifest.splitRule = plan.rule
      manifest.retracted = try Retractions.counts(db, of: taskID, filter, plan)
      manifest.adjudicated = try Decisions(db, of: taskID, filter).counts(filter, plan)
      return try ExportFile.write(to: path, manifest: manifest) { append in
        var count = 0
        try PreferenceRecord.forEach(db, of: task, filter, plan) { record in
          try append(record)
          count += 1
          if count.isMultiple(of: 1000) { progress(count) }
        }
      }
    }
    try await write { db in
      let stored = CanonicalJSON.text(try CanonicalJSON.json(encoding: manifest))
      try db.execute(
        sql: """
          INSERT INTO export (taskId, format, path, manifest, createdAt) VALUES (?, ?, ?, ?, ?)
          """, arguments: [taskID, format.rawValue, path, stored, now])
      let export = db.lastInsertedRowID
      try EventLog.append(
        db, .datasetExported, by: actor, task: taskID, at: now,
        [
          "export": .integer(Int(export)), "manifest": .string(StoredJudgement.hash(stored)),
          "format": .string(format.rawValue), "sha256": .string(manifest.sha256),
          "judgements": .integer(manifest.counts.judgements),
        ])
    }
    return manifest
  }

  /// Writes each prompt of a task once, as a line `{"prompt_id", "messages", "split"}`.
  /// Returns the number of prompts.
  public func exportPrompts(
    of taskID: TaskID, to path: String, validationShare: Double = 0.15
  ) async throws -> Int {
    try await read { db in
      let plan = try SplitPlan.of(db, taskID, validationShare)
      let file = try AtomicFile(path: path)
      let prompts = try Prompt.fetchCursor(
        db,
        sql: """
          SELECT * FROM prompt WHERE taskId = ? AND round = 1 AND isWithdrawn = 0 ORDER BY position
          """, arguments: [taskID])
      var count = 0
      while let prompt = try prompts.next() {
        let row: JSONValue = [
          "prompt_id": .string(prompt.name), "messages": .array(prompt.messages.map(\.json)),
          "split": .string(plan[prompt.group].rawValue),
        ]
        try file.write(CanonicalJSON.line(row))
        count += 1
      }
      try file.commit()
      return count
    }
  }

  /// Calls `body` with each of a task's judgements, in an order that never changes.
  public func forEachJudgement(
    of taskID: TaskID, filter: ExportFilter = ExportFilter(),
    _ body: @escaping @Sendable (PreferenceRecord) throws -> Void
  ) async throws {
    try await read { db in
      let plan = try SplitPlan.of(db, taskID, filter.validationShare)
      try PreferenceRecord.forEach(db, of: LabelTask.find(db, taskID), filter, plan, body)
    }
  }

  /// Returns the manifests of a task's exports with their paths, newest first.
  public func exports(of task: TaskID) async throws -> [(path: String, manifest: Manifest)] {
    try await read { db in
      try Row.fetchAll(
        db, sql: "SELECT path, manifest FROM export WHERE taskId = ? ORDER BY id DESC",
        arguments: [task]
      ).map { ($0["path"], try Manifest(stored: $0["manifest"])) }
    }
  }
}

extension SplitPlan {
  static func of(_ db: Database, _ task: TaskID, _ validationShare: Double) throws -> SplitPlan {
    // Gold prompts are left out, because exports leave them out.
    // Neither DISTINCT nor a set, because both would keep every group of the task in memory.
    let groups = try String.fetchCursor(
      db,
      sql: """
        SELECT groupKey FROM prompt
        WHERE taskId = ? AND judged + extraJudged > 0 AND isGold = 0
        """, arguments: [task])
    var planning = Planning(validationShare: validationShare)
    while let group = try groups.next() { planning.see(PromptGroup(rawValue: group)) }
    return planning.plan
  }
}
