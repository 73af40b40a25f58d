import Foundation
import Foundations
import GRDB
import Hashing
import Labelling
import PreferenceData

/// Inserts prompts into one task, one after the other, within a transaction.
struct PromptInsertion {
  let task: LabelTask
  let now: Int64
  let actor: PersonID?
  /// The import that the prompts come with; nil for copies of earlier prompts.
  let importID: ImportID?
  /// The position of the last prompt in import order.
  private(set) var position: Int
  /// The digest of the prompts inserted so far, for the event of the transaction.
  private(set) var seal = PromptSeal()
  private(set) var counts = ImportCounts()
  private var judgements: ImportedJudgements?
  /// Closed prompts that the import opened again.
  private var reopened = PromptRanges()
  /// Prompts that are counted in the task but not stored yet: all, and those with responses.
  private var awaited = (prompts: 0, answered: 0)

  /// - Parameter imported: The import's row; nil for copies of earlier prompts.
  init(
    _ db: Database, into task: LabelTask, at now: Int64, by actor: PersonID? = nil,
    of imported: BegunImport? = nil
  ) throws {
    self.task = task
    self.now = now
    self.actor = actor
    importID = imported?.id
    judgements = try imported.map {
      try ImportedJudgements(
        db, of: $0.id, into: task, as: $0.use, source: $0.source, by: actor, at: now)
    }
    position =
      try Int.fetchOne(
        db, sql: "SELECT lastPosition FROM task WHERE id = ?", arguments: [task.id]) ?? 0
  }

  /// Counts prompts in their task in one statement, before they are inserted. Call `settle` after
  /// the last insertion, in the same transaction.
  mutating func countAhead(_ db: Database, _ prompts: [PreparedPrompt]) throws {
    let answered = prompts.count { $0.record.responses.count >= 2 }
    try db.cachedStatement(
      sql: """
        UPDATE task SET promptCount = promptCount + ?1, lastPosition = lastPosition + ?1,
          answeredCount = answeredCount + ?2, queueVersion = queueVersion + ?2 WHERE id = ?3
        """
    ).execute { values in
      values.bind(Int64(prompts.count))
      values.bind(Int64(answered))
      values.bind(task.id.rawValue)
    }
    awaited = (prompts.count, answered)
  }

  /// Subtracts prompts that were counted and then refused, and records those that were reopened.
  /// Call it after the last insertion.
  mutating func settle(_ db: Database) throws {
    counts.judgements = judgements?.tally ?? JudgementTally()
    try recordReopened(db)
    if awaited.prompts == 0 { return }
    try db.cachedStatement(
      sql: """
        UPDATE task SET promptCount = promptCount - ?1, answeredCount = answeredCount - ?2,
          lastPosition = ?3 WHERE id = ?4
        """
    ).execute { values in
      values.bind(Int64(awaited.prompts))
      values.bind(Int64(awaited.answered))
      values.bind(Int64(position))
      values.bind(task.id.rawValue)
    }
    awaited = (0, 0)
  }

  /// Inserts a row and its responses. Throws `LineProblem` if the prompt exists.
  @discardableResult
  mutating func insert(_ db: Database, _ record: PromptRecord) throws -> PromptID {
    try insert(db, PreparedPrompt(record))
  }

  /// Inserts a prepared row and its responses. Throws `LineProblem` if the prompt exists.
  @discardableResult
  mutating func insert(_ db: Database, _ prompt: PreparedPrompt) throws -> PromptID {
    try Gold.check(prompt.record)
    guard prompt.record.responses.count <= PromptRecord.responseCounts.upperBound else {
      throw LineProblem.responseCount(prompt.record.responses.count)
    }
    var name = prompt.record.id ?? "p\(position + 1)"
    try Self.checkNames(of: prompt.record.responses, promptNamed: name)
    let id: PromptID
    do {
      id = try insert(db, prompt, name: name)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      // Look for a duplicate only after a failure: duplicates are rare in a large import.
      if let closed = try reopen(db, prompt) { return closed }
      try refuse(db, prompt)
      guard prompt.record.id == nil else { throw error }
      name = try freeName(db, like: name)
      id = try insert(db, prompt, name: name)
    }
    position += 1
    if awaited.prompts > 0 {
      awaited.prompts -= 1
      awaited.answered -= prompt.record.responses.count >= 2 ? 1 : 0
    }
    try Self.insert(db, prompt.record.responses, of: id, named: name, at: now)
    if !prompt.record.metadata.isEmpty {
      try PromptSegment.assign(db, id, in: task.id, metadata: prompt.record.metadata)
      try Gold.mark(
        db, imported: id, prompt.record.metadata, in: task.id, by: actor, at: now)
    }
    counts.answers += prompt.record.responses.count
    try judgements?.store(db, prompt.record, as: id, named: name)
    return id
  }

  /// Inserts a prompt again for a new round, without responses.
  mutating func insertAgain(_ db: Database, _ row: Row, round: Int) throws {
    let original: PromptID = (row["originalId"] as PromptID?) ?? row["id"]
    let name: String = row["originalName"]
    let texts = StoredTexts(
      messages: row["messages"], metadata: row["metadata"], contentHash: row["contentHash"],
      group: row["groupKey"])
    try insert(
      db, texts, texts.content([]), name: "\(name)~\(round)", round: round, originalID: original,
      responses: [], importID: row["importId"])
    position += 1
  }

  private mutating func insert(
    _ db: Database, _ prompt: PreparedPrompt, name: String
  ) throws -> PromptID {
    try insert(
      db, prompt.texts, prompt.content, name: name, round: 1, originalID: nil,
      responses: Self.names(of: prompt.record.responses, promptNamed: name), importID: importID)
  }

  /// Opens the closed prompt with the same content, if there is one. It keeps its judgements.
  private mutating func reopen(_ db: Database, _ prompt: PreparedPrompt) throws -> PromptID? {
    guard let twin = try Self.twin(db, of: prompt.texts.contentHash, in: task.id), twin.isClosed
    else { return nil }
    try db.cachedStatement(sql: "UPDATE prompt SET isClosed = 0 WHERE id = ?")
      .execute { $0.bind(twin.id.rawValue) }
    counts.answers += prompt.record.responses.count
    counts.reopened += 1
    reopened.add(twin.id)
    judgements?.passOver(prompt.record)
    return twin.id
  }

  private mutating func recordReopened(_ db: Database) throws {
    if reopened.isEmpty { return }
    try EventLog.append(
      db, .promptsReopened, by: actor, task: task.id, at: now,
      [
        "import": importID.map { .integer(Int($0.rawValue)) } ?? .null,
        "prompts": reopened.json,
      ])
    reopened = PromptRanges()
  }

  // Returns the reason why the database refused a row that exists.
  private func refuse(_ db: Database, _ prompt: PreparedPrompt) throws {
    if let twin = try Self.twin(db, of: prompt.texts.contentHash, in: task.id) {
      throw LineProblem.duplicatePrompt(of: twin.name)
    }
    if let id = prompt.record.id, try Self.isTaken(db, id, in: task.id) {
      throw LineProblem.duplicateID(id)
    }
  }

  @discardableResult
  private mutating func insert(
    _ db: Database, _ texts: StoredTexts, _ content: PromptSeal.Content, name: String, round: Int,
    originalID: PromptID?, responses: [String], importID: ImportID?
  ) throws -> PromptID {
    let position = position + 1
    var random = RandomStream(seed: task.seed, .queuePlace, position)
    let shuffle = Int64(random.below(1 << 53))
    try db.cachedStatement(
      sql: """
        INSERT INTO prompt (taskId, name, round, originalId, messages, metadata, contentHash,
          groupKey, position, shuffle, isShuffled, judgementTarget, responseCount, createdAt,
          importId)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute { row in
      row.bind(task.id.rawValue)
      row.bind(name)
      row.bind(Int64(round))
      row.bind(originalID?.rawValue)
      row.bind(texts.messages)
      row.bind(texts.metadata)
      row.bind(texts.contentHash)
      row.bind(texts.group)
      row.bind(Int64(position))
      row.bind(shuffle)
      row.bind(task.definition.order == .random ? 1 : 0)
      row.bind(Int64(task.definition.overlap))
      row.bind(Int64(responses.count))
      row.bind(now)
      row.bind(importID?.rawValue)
    }
    let id = PromptID(rawValue: db.lastInsertedRowID)
    seal.add(
      PromptSeal.Place(
        id: id, task: task.id, name: name, round: round, original: originalID, position: position,
        shuffle: shuffle, createdAt: now),
      content, responses: responses)
    return id
  }

  /// Returns the names of a prompt's responses: the given ones, or the prompt's name with the
  /// position.
  static func names(
    of responses: [PromptRecord.Response], promptNamed name: String
  ) -> [String] {
    responses.enumerated().map { $1.id ?? "\(name)-r\($0 + 1)" }
  }

  /// Throws `LineProblem` if a generated name of a response equals a given name of another.
  static func checkNames(
    of responses: [PromptRecord.Response], promptNamed name: String
  ) throws {
    // Without given ids, the position makes each name unique.
    guard responses.contains(where: { $0.id != nil }) else { return }
    var seen: Set<String> = []
    for name in names(of: responses, promptNamed: name) where !seen.insert(name).inserted {
      throw LineProblem.duplicateID(name)
    }
  }

  /// Inserts all responses of a prompt with one statement. SQLite then opens the indexes once, and
  /// keeps one copy of each page for a rollback.
  static func insert(
    _ db: Database, _ responses: [PromptRecord.Response], of prompt: PromptID, named name: String,
    at now: Int64
  ) throws {
    if responses.isEmpty { return }
    let names = names(of: responses, promptNamed: name)
    try db.cachedStatement(sql: insertions[responses.count]).execute { rows in
      for (index, response) in responses.enumerated() {
        rows.bind(prompt.responseID(at: index + 1))
        rows.bind(prompt.rawValue)
        rows.bind(names[index])
        rows.bind(Int64(index + 1))
        rows.bind(utf8: response.text)
        rows.bind(response.source)
        rows.bind(now)
      }
    }
  }

  // The statements by the number of responses.
  private static let insertions = (0...PromptRecord.responseCounts.upperBound).map { count in
    "INSERT INTO response (id, promptId, name, position, text, source, createdAt) VALUES "
      + Array(repeating: "(?, ?, ?, ?, ?, ?, ?)", count: count).joined(separator: ", ")
  }

  private func freeName(_ db: Database, like name: String) throws -> String {
    var name = name
    while try Self.isTaken(db, name, in: task.id) { name += "-" }
    return name
  }

  /// Returns the prompt with the same content, if there is one.
  static func twin(
    _ db: Database, of contentHash: Data, in task: TaskID
  ) throws -> (id: PromptID, name: String, isClosed: Bool)? {
    try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT id, name, isClosed FROM prompt
          WHERE taskId = ? AND contentHash = ? AND round = 1 AND isWithdrawn = 0
          """), arguments: [task, contentHash]
    ).map { ($0["id"], $0["name"], $0["isClosed"]) }
  }

  static func isTaken(_ db: Database, _ name: String, in task: TaskID) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT EXISTS (SELECT 1 FROM prompt WHERE taskId = ? AND name = ? AND isWithdrawn = 0)
          """), arguments: [task, name]) ?? false
  }
}

/// A row in the form that the store inserts, computed before the write begins.
struct PreparedPrompt: Sendable {
  let record: PromptRecord
  let texts: StoredTexts
  let content: PromptSeal.Content

  init(_ record: PromptRecord) {
    self.record = record
    texts = StoredTexts(
      messages: CanonicalJSON.text(.array(record.messages.map(\.json))),
      metadata: CanonicalJSON.text(.object(record.metadataWithJudgements)),
      contentHash: Self.contentHash(record), group: PromptGroup(of: record.messages).rawValue)
    content = texts.content(record.responses)
  }

  // The same prompt with other responses is a different item to rank. Metadata makes no difference.
  static func contentHash(_ record: PromptRecord) -> Data {
    let content: JSONValue = [
      .array(record.messages.map(\.json)), .array(record.responses.map { .string($0.text) }),
    ]
    return Data(SHA256.hash(data: CanonicalJSON.bytes(content)))
  }
}

/// The columns of a prompt that come from its texts.
struct StoredTexts: Sendable {
  var messages: String
  var metadata: String
  var contentHash: Data
  var group: String

  func content(_ responses: [PromptRecord.Response]) -> PromptSeal.Content {
    PromptSeal.Content(
      messages: messages, metadata: metadata, contentHash: contentHash, group: group,
      responses: responses.lazy.map { ($0.text, $0.source) })
  }
}
