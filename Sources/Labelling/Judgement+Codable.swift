import PreferenceData

enum JudgementKeys: String, CodingKey {
  case ranking, ratings, flags, promptFlags, strength, confidence, rationale, demonstration
  case activeSeconds
}

extension JudgementForm: Codable {
  public init(from decoder: any Decoder) throws {
    let body = try decoder.container(keyedBy: JudgementKeys.self)
    ranking = try body.decodeIfPresent([[String]].self, forKey: .ranking) ?? []
    ratings = try body.decodeIfPresent([String: Int].self, forKey: .ratings) ?? [:]
    flags = try body.decodeIfPresent([String: [String]].self, forKey: .flags) ?? [:]
    promptFlags = try body.decodeIfPresent([String].self, forKey: .promptFlags) ?? []
    strength = try body.decodeIfPresent(Int.self, forKey: .strength)
    confidence = try body.decodeIfPresent(Int.self, forKey: .confidence)
    rationale = try body.decodeIfPresent(String.self, forKey: .rationale)
    demonstration = try body.decodeIfPresent(String.self, forKey: .demonstration)
    activeSeconds = try body.decodeIfPresent(Double.self, forKey: .activeSeconds)
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// The form as a JSON object without the keys that say nothing.
  public var json: JSONValue {
    judgementJSON(
      ranking, ratings, flags, promptFlags, strength, confidence, rationale, demonstration,
      activeSeconds)
  }
}

extension Judgement: Codable {
  public init(from decoder: any Decoder) throws {
    let form = try JudgementForm(from: decoder)
    ranking = form.ranking
    ratings = form.ratings
    flags = form.flags
    promptFlags = form.promptFlags
    strength = form.strength
    confidence = form.confidence
    rationale = form.rationale
    demonstration = form.demonstration
    activeSeconds = form.activeSeconds
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// The judgement as a JSON object without the keys that say nothing.
  public var json: JSONValue {
    judgementJSON(
      ranking, ratings, flags, promptFlags, strength, confidence, rationale, demonstration,
      activeSeconds)
  }
}

private func judgementJSON(
  _ ranking: [[String]], _ ratings: [String: Int], _ flags: [String: [String]],
  _ promptFlags: [String], _ strength: Int?, _ confidence: Int?, _ rationale: String?,
  _ demonstration: String?, _ activeSeconds: Double?
) -> JSONValue {
  func texts(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
  var body: [String: JSONValue] = ["ranking": .array(ranking.map(texts))]
  if !ratings.isEmpty { body["ratings"] = .object(ratings.mapValues { .integer($0) }) }
  if !flags.isEmpty { body["flags"] = .object(flags.mapValues(texts)) }
  if !promptFlags.isEmpty { body["promptFlags"] = texts(promptFlags) }
  body["strength"] = strength.map { .integer($0) }
  body["confidence"] = confidence.map { .integer($0) }
  body["rationale"] = rationale.map { .string($0) }
  body["demonstration"] = demonstration.map { .string($0) }
  body["activeSeconds"] = activeSeconds.map { .number($0) }
  return .object(body)
}
