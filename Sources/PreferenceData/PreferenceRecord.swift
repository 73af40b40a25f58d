import Foundation

/// Holds one judgement with everything needed to train on it: a line of the `rankings` format.
public struct PreferenceRecord: Sendable, Hashable {
  /// Holds one candidate answer.
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
  /// Response ids best first; ties share a group. Unranked responses are left out.
  public var ranking: [[String]]
  public var ratings: [String: Int]
  public var flags: [String: [String]]
  public var promptFlags: [String]
  /// Signed by nothing: how much better the first group is, from 0 (about the same) up.
  public var strength: Int?
  public var confidence: Int?
  public var rationale: String?
  public var demonstration: String?
  /// A pseudonym, such as `labeller-3`.
  public var labeller: String
  public var shownOrder: [String]
  public var assignmentSeed: Int
  public var activeSeconds: Double?
  public var revision: Int
  /// ISO 8601, UTC, milliseconds.
  public var createdAt: String
  public var split: Split?

  public init(
    task: String, promptID: String, prompt: [ChatMessage], responses: [Response],
    ranking: [[String]], ratings: [String: Int] = [:], flags: [String: [String]] = [:],
    promptFlags: [String] = [], strength: Int? = nil, confidence: Int? = nil,
    rationale: String? = nil, demonstration: String? = nil, labeller: String,
    shownOrder: [String], assignmentSeed: Int, activeSeconds: Double? = nil, revision: Int = 1,
    createdAt: String, split: Split? = nil
  ) {
    self.task = task
    self.promptID = promptID
    self.prompt = prompt
    self.responses = responses
    self.ranking = ranking
    self.ratings = ratings
    self.flags = flags
    self.promptFlags = promptFlags
    self.strength = strength
    self.confidence = confidence
    self.rationale = rationale
    self.demonstration = demonstration
    self.labeller = labeller
    self.shownOrder = shownOrder
    self.assignmentSeed = assignmentSeed
    self.activeSeconds = activeSeconds
    self.revision = revision
    self.createdAt = createdAt
    self.split = split
  }
}

// MARK: - Codable

extension PreferenceRecord: Codable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case task
    case promptID = "prompt_id"
    case prompt, responses, ranking, ratings, flags
    case promptFlags = "prompt_flags"
    case strength, confidence, rationale, demonstration, labeller
    case shownOrder = "shown_order"
    case assignmentSeed = "assignment_seed"
    case activeSeconds = "active_seconds"
    case revision
    case createdAt = "created_at"
    case split
  }

  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    task = try row.decode(String.self, forKey: .task)
    promptID = try row.decode(String.self, forKey: .promptID)
    prompt = try row.decode([ChatMessage].self, forKey: .prompt)
    responses = try row.decode([Response].self, forKey: .responses)
    ranking = try row.decode([[String]].self, forKey: .ranking)
    ratings = try row.decodeIfPresent([String: Int].self, forKey: .ratings) ?? [:]
    flags = try row.decodeIfPresent([String: [String]].self, forKey: .flags) ?? [:]
    promptFlags = try row.decodeIfPresent([String].self, forKey: .promptFlags) ?? []
    strength = try row.decodeIfPresent(Int.self, forKey: .strength)
    confidence = try row.decodeIfPresent(Int.self, forKey: .confidence)
    rationale = try row.decodeIfPresent(String.self, forKey: .rationale)
    demonstration = try row.decodeIfPresent(String.self, forKey: .demonstration)
    labeller = try row.decode(String.self, forKey: .labeller)
    shownOrder = try row.decode([String].self, forKey: .shownOrder)
    assignmentSeed = try row.decode(Int.self, forKey: .assignmentSeed)
    activeSeconds = try row.decodeIfPresent(Double.self, forKey: .activeSeconds)
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
  /// The record as a JSON object; every key is present, absent values are null.
  public var json: JSONValue {
    .object([
      "task": .string(task),
      "prompt_id": .string(promptID),
      "prompt": .array(prompt.map(\.json)),
      "responses": .array(responses.map(\.json)),
      "ranking": .array(ranking.map { .strings($0) }),
      "ratings": .object(ratings.mapValues { .integer($0) }),
      "flags": .object(flags.mapValues { .strings($0) }),
      "prompt_flags": .strings(promptFlags),
      "strength": .optional(strength.map { .integer($0) }),
      "confidence": .optional(confidence.map { .integer($0) }),
      "rationale": .optional(rationale.map { .string($0) }),
      "demonstration": .optional(demonstration.map { .string($0) }),
      "labeller": .string(labeller),
      "shown_order": .strings(shownOrder),
      "assignment_seed": .integer(assignmentSeed),
      "active_seconds": .optional(activeSeconds.map { .number($0) }),
      "revision": .integer(revision),
      "created_at": .string(createdAt),
      "split": .optional(split.map { .string($0.rawValue) }),
    ])
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
