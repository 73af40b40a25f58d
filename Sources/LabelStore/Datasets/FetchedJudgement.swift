import Foundation
import GRDB
import Labelling
import PreferenceData

/// A judgement as the database returns it, before its JSON is decoded.
///
/// Fetching needs the database and runs on one thread. Decoding is as much work and needs neither.
struct FetchedJudgement: Sendable {
  let prompt: FetchedPrompt
  let pseudonym: String
  let body: String
  let shown: String
  let seed: Int
  let revision: Int
  let createdAt: Int64
}

/// The data that all judgements of one prompt share, fetched once for all of them.
struct FetchedPrompt: Sendable {
  let id: PromptID
  let name: String
  let messages: String
  let group: PromptGroup
  let responses: [PreferenceRecord.Response]
}

extension FetchedJudgement {
  /// Calls `body` with batches of a task's submitted judgements, in an order that never changes.
  ///
  /// A batch contains all judgements of each of its prompts.
  static func forEachBatch(
    _ db: Database, of task: TaskID, includingGold: Bool,
    _ body: ([FetchedJudgement]) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT prompt.id AS promptId, prompt.name, prompt.messages, prompt.groupKey,
          a.seed, a.shown, participant.pseudonym, j.body, j.revision, j.createdAt
        FROM prompt
        JOIN assignment a ON a.promptId = prompt.id AND a.state = 'submitted'
        JOIN participant ON participant.taskId = a.taskId AND participant.personId = a.labellerId
        JOIN judgement j ON j.assignmentId = a.id AND j.revision =
          (SELECT max(revision) FROM judgement WHERE assignmentId = a.id)
        WHERE prompt.taskId = ? AND prompt.judged + prompt.extraJudged > 0
          AND (prompt.isGold = 0 OR ?)
        ORDER BY prompt.position, a.labellerId
        """, arguments: [task, includingGold])
    var responses = try FetchedResponses(db, of: task)
    var batch: [FetchedJudgement] = []
    var prompt: FetchedPrompt?
    while let row = try rows.next() {
      let id: PromptID = row["promptId"]
      if prompt?.id != id {
        if batch.count >= 128 {
          try body(batch)
          batch.removeAll(keepingCapacity: true)
        }
        prompt = FetchedPrompt(
          id: id, name: row["name"], messages: row["messages"],
          group: PromptGroup(rawValue: row["groupKey"]), responses: try responses.next(of: id))
      }
      guard let prompt else { continue }
      batch.append(
        FetchedJudgement(
          prompt: prompt, pseudonym: row["pseudonym"], body: row["body"], shown: row["shown"],
          seed: row["seed"], revision: row["revision"], createdAt: row["createdAt"]))
    }
    if !batch.isEmpty { try body(batch) }
  }
}

/// The responses to a task's judged prompts, in the order of `FetchedJudgement`.
///
/// One statement fetches all of them, instead of one for each prompt.
private struct FetchedResponses {
  private let rows: RowCursor
  private var row: Row?

  init(_ db: Database, of task: TaskID) throws {
    rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT response.promptId, response.name, response.text, response.source
        FROM prompt JOIN response
          ON response.id BETWEEN prompt.id << 4 AND prompt.id << 4 | 15
        WHERE prompt.taskId = ? AND prompt.judged + prompt.extraJudged > 0
        ORDER BY prompt.position, response.position
        """, arguments: [task])
    row = try rows.next()
  }

  /// Returns the responses to a prompt, and skips those to the prompts before it.
  mutating func next(of prompt: PromptID) throws -> [PreferenceRecord.Response] {
    while let row, (row[0] as PromptID) != prompt { self.row = try rows.next() }
    var responses: [PreferenceRecord.Response] = []
    while let row, (row[0] as PromptID) == prompt {
      responses.append(
        PreferenceRecord.Response(
          id: row[1], text: String(decoding: row[2] as Data, as: UTF8.self), source: row[3]))
      self.row = try rows.next()
    }
    return responses
  }
}

extension PreferenceRecord {
  /// Calls `body` with each record of a task, in an order that never changes.
  ///
  /// `body` runs on another thread while the next records are fetched.
  static func forEach(
    _ db: Database, of task: LabelTask, _ filter: ExportFilter, _ plan: SplitPlan,
    _ body: (PreferenceRecord) throws -> Void
  ) throws {
    let decisions = try Decisions(db, of: task.id, filter)
    try pipeline { put in
      try FetchedJudgement.forEachBatch(
        db, of: task.id, includingGold: filter.includesGold, put)
    } to: { batch in
      var prompt: ReadPrompt?
      for stored in batch {
        if prompt?.id != stored.prompt.id { prompt = try ReadPrompt(stored.prompt, plan) }
        guard var read = prompt, filter.split == nil || filter.split == read.split,
          !read.isDecided
        else { continue }
        var record = try PreferenceRecord(stored, task: task.slug, read)
        if let decision = decisions.byPrompt[read.id] {
          try decision.replace(&record)
          read.isDecided = true
          prompt = read
        }
        record.numberAnswers(in: task.definition.questions.freeTexts(in: record.judgement))
        try body(record)
      }
    }
  }

  private init(_ stored: FetchedJudgement, task: String, _ prompt: ReadPrompt) throws {
    self.init(
      task: task, promptID: stored.prompt.name, prompt: prompt.messages,
      responses: stored.prompt.responses, judgement: try Judgement(stored: stored.body),
      labeller: stored.pseudonym, shownOrder: try [String](stored: stored.shown),
      assignmentSeed: stored.seed, revision: stored.revision,
      createdAt: iso8601(stored.createdAt), split: prompt.split)
  }
}

/// The decoded data of a prompt that all its judgements share.
private struct ReadPrompt {
  let id: PromptID
  let messages: [ChatMessage]
  let split: Split
  /// Whether `body` has already received a reviewer's decision that replaces all judgements.
  var isDecided = false

  init(_ stored: FetchedPrompt, _ plan: SplitPlan) throws {
    id = stored.id
    messages = try [ChatMessage](stored: stored.messages)
    split = plan[stored.group]
  }
}
