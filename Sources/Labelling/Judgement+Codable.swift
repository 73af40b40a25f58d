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

extension JudgementForm {
  /// Reads a form many times faster than a decoder does; nil for anything out of the ordinary,
  /// which a decoder then reads or refuses with a reason.
  public init?(json: JSONValue) {
    guard let members = json.objectValue else { return nil }
    self.init()
    for (name, value) in members {
      guard let key = JudgementKeys(rawValue: name), value != .null else { continue }
      guard read(value, key) else { return nil }
    }
  }

  private mutating func read(_ value: JSONValue, _ key: JudgementKeys) -> Bool {
    func texts(_ value: JSONValue) -> [String]? {
      let texts = value.arrayValue?.compactMap(\.stringValue)
      return texts?.count == value.arrayValue?.count ? texts : nil
    }
    func all<Element>(_ values: [Element?]?) -> [Element]? {
      let found = values?.compactMap { $0 }
      return found?.count == values?.count ? found : nil
    }
    func members<Element>(_ read: (JSONValue) -> Element?) -> [String: Element]? {
      let found = value.objectValue?.compactMapValues(read)
      return found?.count == value.objectValue?.count ? found : nil
    }
    func set<Value>(_ path: WritableKeyPath<JudgementForm, Value>, _ found: Value?) -> Bool {
      guard let found else { return false }
      self[keyPath: path] = found
      return true
    }
    return switch key {
    case .ranking: set(\.ranking, all(value.arrayValue?.map(texts)))
    case .ratings: set(\.ratings, members(\.intValue))
    case .flags: set(\.flags, members(texts))
    case .promptFlags: set(\.promptFlags, texts(value))
    case .strength: set(\.strength, value.intValue)
    case .confidence: set(\.confidence, value.intValue)
    case .rationale: set(\.rationale, value.stringValue)
    case .demonstration: set(\.demonstration, value.stringValue)
    case .activeSeconds: set(\.activeSeconds, value.doubleValue)
    }
  }
}

extension Judgement: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(try JudgementForm(from: decoder))
  }

  /// Takes the content of a form that names answers by their ids already.
  public init(_ form: JudgementForm) {
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
