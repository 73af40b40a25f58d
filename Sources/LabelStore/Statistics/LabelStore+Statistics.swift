import Foundation
import Foundations
import GRDB
import Labelling
import PreferenceData

/// The work of one labeller in a task.
public struct LabellerStatistics: Sendable, Hashable {
  public var person: PersonID
  public var name: String
  public var pseudonym: String
  /// Whether this is a judge of an imported file.
  public var isExternal: Bool
  public var judgements: Int
  public var skips: Int
  /// The number of retracted judgements.
  public var retracted: Int
  /// Whether the labeller has a live lease.
  public var isActive: Bool
  public var lastActiveAt: Date?
  /// The median of the active times that browsers reported.
  public var medianSeconds: Double?
}

/// A judgement in the list of its labeller.
public struct PastJudgement: Sendable, Hashable {
  public var assignmentID: AssignmentID
  public var taskSlug: String
  /// The last message of the prompt.
  public var text: String
  public var revision: Int
  public var submittedAt: Date
}

extension LabelStore {
  /// Returns the progress of a task, at the same cost for any number of prompts.
  public func progress(of task: TaskID) async throws -> TaskProgress {
    try await read { try LabelTask.find($0, task).progress }
  }

  /// Returns the work of each labeller of a task, by pseudonym. Leaves out external labellers whose
  /// judgements were all retracted.
  public func labellers(of task: TaskID) async throws -> [LabellerStatistics] {
    let now = now
    return try await read { db in
      let times = try Self.activeSeconds(db, in: task)
      return try Row.fetchAll(
        db,
        sql: """
          SELECT person.id, person.name, person.isExternal, participant.pseudonym,
            coalesce(sum(a.state = 'submitted'), 0) AS judgements,
            coalesce(sum(a.state = 'skipped'), 0) AS skips,
            coalesce(sum(a.state = 'retracted'), 0) AS retracted,
            EXISTS (SELECT 1 FROM assignment held WHERE held.labellerId = person.id
              AND held.taskId = participant.taskId AND held.state = 'leased'
              AND held.expiresAt > ?) AS isActive,
            nullif(max(coalesce(max(a.endedAt), 0), coalesce(
              (SELECT max(claimedAt) FROM assignment held WHERE held.labellerId = person.id
                AND held.taskId = participant.taskId AND held.state = 'leased'), 0)), 0)
              AS lastActiveAt
          FROM participant JOIN person ON person.id = participant.personId
          LEFT JOIN assignment a ON a.labellerId = person.id AND a.taskId = participant.taskId
            AND a.endedAt IS NOT NULL
          WHERE participant.taskId = ?
          GROUP BY person.id HAVING person.isExternal = 0 OR judgements > 0 ORDER BY length(participant.pseudonym), participant.pseudonym
          """, arguments: [now, task]
      ).map { row in
        LabellerStatistics(
          person: row["id"], name: row["name"], pseudonym: row["pseudonym"],
          isExternal: row["isExternal"], judgements: row["judgements"], skips: row["skips"],
          retracted: row["retracted"],
          isActive: row["isActive"],
          lastActiveAt: (row["lastActiveAt"] as Int64?).map(Date.init(milliseconds:)),
          medianSeconds: Self.median(times[row["id"]] ?? []))
      }
    }
  }

  private static func activeSeconds(
    _ db: Database, in task: TaskID
  ) throws -> [PersonID: [Double]] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT a.labellerId AS person, json_extract(j.body, '$.activeSeconds') AS seconds
        FROM participant JOIN assignment a INDEXED BY assignmentOfLabeller
          ON a.labellerId = participant.personId AND a.taskId = participant.taskId
        JOIN judgement j ON j.assignmentId = a.id AND j.revision = 1
        WHERE participant.taskId = ? AND a.state = 'submitted' AND a.endedAt IS NOT NULL
          AND seconds BETWEEN 0 AND 31536000
        """, arguments: [task])
    var times: [PersonID: [Double]] = [:]
    while let row = try rows.next() { times[row["person"], default: []].append(row["seconds"]) }
    return times
  }

  private static func median(_ times: [Double]) -> Double? {
    guard !times.isEmpty else { return nil }
    let sorted = times.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// Returns the number of judgements of a labeller since a time, in all tasks.
  public func judgementCount(of labeller: PersonID, since start: Date) async throws -> Int {
    try await read { db in
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM task JOIN assignment a
            ON a.labellerId = ? AND a.taskId = task.id AND a.state = 'submitted' AND a.endedAt >= ?
          """, arguments: [labeller, start.milliseconds]) ?? 0
    }
  }

  /// Returns a labeller's own judgements, newest first.
  public func pastJudgements(
    of labeller: PersonID, in task: TaskID? = nil, limit: Int = 50, offset: Int = 0
  ) async throws -> [PastJudgement] {
    try await read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT a.id, task.slug, prompt.messages, a.endedAt,
            (SELECT max(revision) FROM judgement WHERE assignmentId = a.id) AS revision
          FROM assignment a JOIN prompt ON prompt.id = a.promptId JOIN task ON task.id = a.taskId
          WHERE a.labellerId = ? AND a.state = 'submitted' AND a.endedAt IS NOT NULL
            AND (? IS NULL OR a.taskId = ?)
          ORDER BY a.endedAt DESC, a.id DESC LIMIT ? OFFSET ?
          """, arguments: [labeller, task, task, limit, offset]
      ).map { row in
        PastJudgement(
          assignmentID: row["id"], taskSlug: row["slug"],
          text: try [ChatMessage](stored: row["messages"]).last?.content ?? "",
          revision: row["revision"], submittedAt: Date(milliseconds: row["endedAt"]))
      }
    }
  }

  /// Returns how often labellers order a pair of answers the same way; nil until two have judged
  /// the same prompt.
  public func agreement(of task: TaskID) async throws -> Estimate? {
    let rankings = try await read { db -> [[[[String]]]] in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT a.promptId, j.body FROM prompt
          JOIN assignment a ON a.promptId = prompt.id AND a.state = 'submitted'
          JOIN judgement j ON j.assignmentId = a.id AND j.revision =
            (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
          WHERE prompt.taskId = ? AND prompt.judged + prompt.extraJudged >= 2
          ORDER BY prompt.position, a.labellerId
          """, arguments: [task])
      var rankings: [[[[String]]]] = []
      var current: PromptID?
      while let row = try rows.next() {
        let prompt: PromptID = row["promptId"]
        if prompt != current { rankings.append([]) }
        current = prompt
        rankings[rankings.count - 1].append(
          try Judgement(stored: row["body"]).ranking.map { $0.map(\.rawValue) })
      }
      return rankings
    }
    return Agreement.pairwise(rankings)
  }
}
