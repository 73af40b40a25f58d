import PreferenceData
import Yams

/// The definition of a labelling project in `task.yaml`.
public struct TaskDefinition: Sendable, Hashable {
  public var slug: String
  /// Titles by language tag; never empty.
  public var title: [String: String]
  /// The number of judgements wanted per prompt.
  public var overlap: Int
  public var leaseSeconds: Int
  public var order: QueueOrder
  /// The number of answers that a policy writes for each prompt.
  public var responses: Int
  /// The share of gold prompts among a labeller's prompts, from 0 to 0.5.
  public var goldRate: Double?
  /// The most judgements by one labeller in total; nil means no limit.
  public var cap: Int?
  /// The most judgements by one labeller from midnight to midnight, UTC; nil means no limit.
  public var capPerDay: Int?
  public var questions: Questions
  /// Guidelines in languages other than that of `guidelines.md`, as Markdown by language tag.
  public var guidelinesIn: [String: String] = [:]

  public init(
    slug: String, title: [String: String]? = nil, overlap: Int = 1, leaseSeconds: Int = 1800,
    order: QueueOrder = .fewest, responses: Int = 4, goldRate: Double? = nil,
    cap: Int? = nil, capPerDay: Int? = nil, questions: Questions = .standard
  ) {
    self.slug = slug
    self.title = title ?? ["en": slug]
    self.overlap = overlap
    self.leaseSeconds = leaseSeconds
    self.order = order
    self.responses = responses
    self.goldRate = goldRate
    self.cap = cap
    self.capPerDay = capPerDay
    self.questions = questions
  }

  /// Returns the title in the first of these languages that has one, else in English or any other.
  public func title(in languages: [String] = ["en"]) -> String {
    languages.lazy.compactMap { title[$0] }.first ?? title["en"]
      ?? title.min { $0.key < $1.key }?.value ?? slug
  }
}

// MARK: - Reading and writing

extension TaskDefinition {
  /// Reads task.yaml; throws `LabellingError.badTask` with the key that is wrong.
  public init(yaml: String) throws {
    let value: JSONValue
    do {
      guard let node = try PlainYAML.compose(yaml) else {
        throw LabellingError.badTask(key: "slug", reason: "is missing: the file is empty")
      }
      value = try JSONValue(yaml: node)
    } catch let problem as PlainYAML.Problem {
      throw LabellingError.badTask(key: "file", reason: problem.description)
    }
    try self.init(json: value)
  }

  /// Reads the same keys from JSON; throws `LabellingError.badTask`.
  public init(json: JSONValue) throws {
    guard case .object(let members) = json else {
      throw LabellingError.badTask(key: "file", reason: "must hold keys such as “slug: …”")
    }
    let fields = TaskFields(path: "", members: members)
    guard let slug = try fields.text("slug") else { throw fields.error("slug", "is missing") }
    guard Self.isSlug(slug) else {
      throw fields.error(
        "slug", "must be 1 to 60 lower-case letters, digits and hyphens, a letter first")
    }
    self.slug = slug
    title = try Self.title(fields) ?? ["en": slug]
    overlap = try fields.integer("overlap", in: 1...100) ?? 1
    leaseSeconds = try Self.lease(fields) ?? 1800
    order = try Self.order(fields) ?? .fewest
    responses = try fields.integer("responses", in: PromptRecord.responseCounts) ?? 4
    let gold = try fields.object("gold")
    goldRate = try gold?.number("rate", in: 0...0.5)
    try gold?.refuseUnknown(["rate"])
    cap = try fields.integer("cap", in: 1...1_000_000)
    capPerDay = try fields.integer("capPerDay", in: 1...100_000)
    questions = try Questions(in: fields) ?? .standard
    if let translated = try fields.object("guidelinesIn") {
      guidelinesIn = try translated.members.keys.reduce(into: [:]) {
        $0[$1] = try translated.text($1)
      }
    }
    try fields.refuseUnknown([
      "slug", "title", "overlap", "lease", "order", "responses", "gold", "questions",
      "cap", "capPerDay", "guidelinesIn",
    ])
  }

  /// The definition with the keys of task.yaml.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "slug": .string(slug), "title": .object(title.mapValues { .string($0) }),
      "overlap": .integer(overlap), "lease": .string("\(leaseSeconds)s"),
      "order": .string(order.rawValue), "responses": .integer(responses),
      "questions": questions.json,
    ]
    if let goldRate { members["gold"] = ["rate": .number(goldRate)] }
    members["cap"] = cap.map { .integer($0) }
    members["capPerDay"] = capPerDay.map { .integer($0) }
    if !guidelinesIn.isEmpty {
      members["guidelinesIn"] = .object(guidelinesIn.mapValues { .string($0) })
    }
    return .object(members)
  }

  /// Returns whether a text can name a task in paths and addresses.
  public static func isSlug(_ text: String) -> Bool {
    (try? #/[a-z][a-z0-9\-]{0,59}/#.wholeMatch(in: text)) != nil
  }

  private static func title(_ fields: TaskFields) throws -> [String: String]? {
    if let plain = fields.members["title"]?.stringValue { return ["en": plain] }
    guard let titles = try fields.object("title") else { return nil }
    return try titles.members.keys.reduce(into: [:]) { $0[$1] = try titles.text($1) }
  }

  private static func order(_ fields: TaskFields) throws -> QueueOrder? {
    guard let name = try fields.text("order") else { return nil }
    guard let order = QueueOrder(rawValue: name) else {
      let known = QueueOrder.allCases.map(\.rawValue).joined(separator: ", ")
      throw fields.error("order", "must be one of \(known)")
    }
    return order
  }

  private static func lease(_ fields: TaskFields) throws -> Int? {
    let value = fields.members["lease"]
    let units = ["s": 1, "m": 60, "h": 3600]
    let text = value?.stringValue ?? value?.intValue.map { "\($0)s" }
    guard value != nil else { return nil }
    guard let match = text?.wholeMatch(of: #/(\d{1,6})([smh])/#), let count = Int(match.1),
      let unit = units[String(match.2)], (10...604_800).contains(count * unit)
    else { throw fields.error("lease", "must be a time such as 90s, 30m or 2h, 10s to 168h") }
    return count * unit
  }
}

extension TaskDefinition: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(json: JSONValue(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    try json.encode(to: encoder)
  }
}

extension JSONValue {
  init(yaml node: Node) throws {
    switch node {
    case .mapping(let mapping):
      var members: [String: JSONValue] = [:]
      for (key, value) in mapping {
        guard let name = key.string else {
          throw LabellingError.badTask(key: "file", reason: "has a key that is not text")
        }
        members[name] = try JSONValue(yaml: value)
      }
      self = .object(members)
    case .sequence(let sequence):
      self = .array(try sequence.map { try JSONValue(yaml: $0) })
    case .scalar(let scalar):
      self =
        Self.scalar(node, plain: scalar.style == .plain || scalar.style == .any)
        ?? .string(scalar.string)
    case .alias:
      throw LabellingError.badTask(key: "file", reason: "uses a YAML alias; write it out")
    }
  }

  private static func scalar(_ node: Node, plain: Bool) -> JSONValue? {
    guard plain else { return nil }
    if node.null != nil { return .null }
    if let value = node.int { return .integer(value) }
    if let value = node.bool { return .bool(value) }
    if let value = node.float { return .number(value) }
    return nil
  }
}
