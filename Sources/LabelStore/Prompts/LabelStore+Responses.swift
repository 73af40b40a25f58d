import Foundation
import GRDB
import Labelling
import PreferenceData

/// A prompt that has no answers yet.
public struct UnansweredPrompt: Sendable, Hashable {
  public var id: PromptID
  public var name: String
  public var messages: [ChatMessage]
  /// The position in import order.
  public var position: Int
}

/// A response sampled from a policy, with the policy's name as its source.
public struct SampledResponse: Sendable, Hashable {
  public var text: String
  public var source: String

  public init(text: String, source: String) {
    self.text = text
    self.source = source
  }
}

/// The result of storing sampled responses.
public struct AddedResponses: Sendable, Hashable {
  public var prompts = 0
  public var responses = 0
  /// Empty responses and duplicates, which were left out.
  public var dropped = 0
  /// Prompts that were withdrawn while their responses were sampled.
  public var withdrawn = 0
  /// Prompts with too few different responses to rank; they still have none.
  public var lacking: [PromptID] = []
}

extension LabelStore {
  /// Returns prompts without answers, in import order.
  public func unansweredPrompts(
    of task: TaskID, limit: Int = .max, after position: Int = 0
  ) async throws -> [UnansweredPrompt] {
    try await read { db in
      try Prompt.fetchAll(
        db,
        sql: """
          SELECT * FROM prompt WHERE taskId = ? AND responseCount < 2 AND position > ?
            AND isClosed = 0
          ORDER BY position LIMIT ?
          """, arguments: [task, position, limit]
      ).map {
        UnansweredPrompt(
          id: $0.id, name: $0.name, messages: $0.messages, position: $0.position)
      }
    }
  }

  /// Adds the responses of one policy to prompts without answers, in one transaction.
  public func addResponses(
    _ answers: [PromptID: [String]], source: String, to task: TaskID,
    by actor: PersonID? = nil
  ) async throws -> AddedResponses {
    let sampled = answers.mapValues { texts in
      texts.map { SampledResponse(text: $0, source: source) }
    }
    return try await addResponses(sampled, to: task, by: actor)
  }

  /// Adds the responses of one or more policies to prompts without answers, in one transaction.
  public func addResponses(
    _ answers: [PromptID: [SampledResponse]], to task: TaskID, by actor: PersonID? = nil
  ) async throws -> AddedResponses {
    let now = now
    let sources = Set(answers.values.joined().map(\.source)).sorted()
    return try await write { db in
      var added = AddedResponses()
      var seal = ResponseSeal()
      for (id, sampled) in answers.sorted(by: { $0.key < $1.key }) {
        try Self.add(sampled, to: Prompt.find(db, id), of: task, db, now, &added, &seal)
      }
      if added.prompts > 0 {
        try EventLog.append(
          db, .responsesAdded, by: actor, task: task, at: now,
          [
            "prompts": .integer(added.prompts), "responses": .integer(added.responses),
            "source": .string(sources.joined(separator: ", ")), "sealed": seal.json,
          ])
      }
      return added
    }
  }

  private static func add(
    _ sampled: [SampledResponse], to prompt: Prompt, of task: TaskID, _ db: Database,
    _ now: Int64, _ added: inout AddedResponses, _ seal: inout ResponseSeal
  ) throws {
    guard prompt.taskID == task else {
      throw LabelStoreError.notFound(kind: "prompt", name: prompt.name)
    }
    if prompt.isClosed {
      added.withdrawn += 1
      return
    }
    guard prompt.responseCount == 0 else {
      throw LabelStoreError.responsesFrozen(prompt: prompt.name)
    }
    var seen: Set<[UInt8]> = []
    let distinct = sampled.filter { answer in
      !answer.text.allSatisfy(\.isWhitespace) && seen.insert(Array(answer.text.utf8)).inserted
    }
    added.dropped += sampled.count - distinct.count
    guard distinct.count >= 2 else {
      added.lacking.append(prompt.id)
      return
    }
    guard PromptRecord.responseCounts.contains(distinct.count) else {
      throw LabelStoreError.responsesRefused(
        prompt: prompt.name, reason: LineProblem.responseCount(distinct.count).description)
    }
    let responses = distinct.map { PromptRecord.Response(text: $0.text, source: $0.source) }
    try PromptInsertion.insert(db, responses, of: prompt.id, named: prompt.name, at: now)
    seal.add(prompt.id, responseCount: responses.count)
    for (name, response) in zip(
      PromptInsertion.names(of: responses, promptNamed: prompt.name), responses)
    {
      seal.add(name: name, text: response.text, source: response.source, createdAt: now)
    }
    try indexLateAnswers(db, of: prompt.id, count: distinct.count)
    added.prompts += 1
    added.responses += distinct.count
  }

  /// Starts a new round: copies each answered prompt, without its answers. Returns the number of
  /// copies.
  public func startRound(of taskID: TaskID, by actor: PersonID? = nil) async throws -> Int {
    let now = now
    return try await write { db in
      let task = try LabelTask.find(db, taskID)
      let round = task.round + 1
      var insertion = try PromptInsertion(db, into: task, at: now)
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT prompt.*, coalesce(original.name, prompt.name) AS originalName
          FROM prompt LEFT JOIN prompt AS original ON original.id = prompt.originalId
          WHERE prompt.taskId = ? AND prompt.round = ? AND prompt.responseCount >= 2
            AND prompt.isClosed = 0
          ORDER BY prompt.position
          """, arguments: [taskID, task.round])
      for row in rows { try insertion.insertAgain(db, row, round: round) }
      guard !rows.isEmpty else { return 0 }
      try db.execute(sql: "UPDATE task SET round = ? WHERE id = ?", arguments: [round, taskID])
      try EventLog.append(
        db, .roundStarted, by: actor, task: taskID, at: now,
        [
          "round": .integer(round), "prompts": .integer(rows.count),
          "sealed": insertion.seal.json ?? .null,
        ])
      return rows.count
    }
  }
}
