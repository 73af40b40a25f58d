import Foundation

/// A judgement with all the data to train on it, as a line of the `rankings` format.
public struct PreferenceRecord: Sendable, Hashable {
  /// One candidate answer.
  public struct Response: Sendable, Hashable, Codable {
    public var id: String
    public var text: String
    public var source: String?

    public init(id: String, text: String, source: String? = nil) {
      self.id = id
      self.text = text
      self.source = source
    }
  }

  public var task: String
  public var promptID: String
  public var prompt: [ChatMessage]
  public var responses: [Response]
  /// The answers to the task's questions. Free texts name answers by number, in the order of
  /// `responses`.
  public var judgement: Judgement
  /// The free texts that named answers by letter, by question, as their author wrote them.
  public var asWritten: [String: AnswerValue<ResponseID>] = [:]
  /// A pseudonym, such as `labeller-3`.
  public var labeller: String
  public var shownOrder: [String]
  public var assignmentSeed: Int
  public var revision: Int
  /// The time in ISO 8601, in UTC with milliseconds.
  public var createdAt: String
  public var split: Split?

  public init(
    task: String, promptID: String, prompt: [ChatMessage], responses: [Response],
    judgement: Judgement, labeller: String, shownOrder: [String], assignmentSeed: Int,
    revision: Int = 1, createdAt: String, split: Split? = nil
  ) {
    self.task = task
    self.promptID = promptID
    self.prompt = prompt
    self.responses = responses
    self.judgement = judgement
    self.labeller = labeller
    self.shownOrder = shownOrder
    self.assignmentSeed = assignmentSeed
    self.revision = revision
    self.createdAt = createdAt
    self.split = split
  }
}

// MARK: - Answers to well-known questions

extension PreferenceRecord {
  /// Response ids best first; ties share a group. Unranked responses are left out.
  public var ranking: [[String]] { judgement.ranking.map { $0.map(\.rawValue) } }

  /// How much better the first group is, from 0 (about the same) up.
  public var strength: Int? { judgement.strength }

  public var confidence: Int? { judgement.confidence }

  public var demonstration: String? { judgement.demonstration }

  /// The flags raised on a response.
  public func flags(of id: String) -> [String] {
    judgement.flagNames(of: ResponseID(rawValue: id))
  }
}

// MARK: - Codable

extension PreferenceRecord: Codable {
  private enum CodingKeys: String, CodingKey {
    case task
    case promptID = "prompt_id"
    case prompt, responses, labeller
    case shownOrder = "shown_order"
    case assignmentSeed = "assignment_seed"
    case revision
    case createdAt = "created_at"
    case split
  }

  public init(from decoder: any Decoder) throws {
    try self.init(from: decoder, row: JSONValue(from: decoder))
  }

  /// Reads a parsed row. The decoder reads all members except the answers.
  init(from decoder: any Decoder, row json: JSONValue) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    task = try row.decode(String.self, forKey: .task)
    promptID = try row.decode(String.self, forKey: .promptID)
    prompt = try row.decode([ChatMessage].self, forKey: .prompt)
    responses = try row.decode([Response].self, forKey: .responses)
    guard json["ranking"] != nil else { throw LineProblem.missing("ranking") }
    judgement = try Judgement(row: json)
    asWritten = try Self.asWritten(json)
    labeller = try row.decode(String.self, forKey: .labeller)
    shownOrder = try row.decode([String].self, forKey: .shownOrder)
    assignmentSeed = try row.decode(Int.self, forKey: .assignmentSeed)
    revision = try row.decode(Int.self, forKey: .revision)
    createdAt = try row.decode(String.self, forKey: .createdAt)
    split = try row.decodeIfPresent(Split.self, forKey: .split)
  }

  public func encode(to encoder: any Encoder) throws {
    try json.encode(to: encoder)
  }
}

// MARK: - Canonical bytes

extension PreferenceRecord {
  /// The record as a JSON object. Every key except `answers` and `answers_as_written` is present;
  /// absent values are null.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "task": .string(task),
      "prompt_id": .string(promptID),
      "prompt": .array(prompt.map(\.json)),
      "responses": .array(responses.map(\.json)),
      "labeller": .string(labeller),
      "shown_order": .strings(shownOrder),
      "assignment_seed": .integer(assignmentSeed),
      "revision": .integer(revision),
      "created_at": .string(createdAt),
      "split": .optional(split.map { .string($0.rawValue) }),
    ]
    members.merge(textsAsWritten) { own, _ in own }
    return .object(members.merging(judgement.columns) { own, _ in own })
  }
}

extension PreferenceRecord.Response {
  /// The response as a JSON object.
  public var json: JSONValue {
    [
      "id": .string(id), "text": .string(text),
      "source": .optional(source.map { .string($0) }),
    ]
  }
}

extension JSONValue {
  static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
  static func optional(_ value: JSONValue?) -> JSONValue { value ?? .null }
}
