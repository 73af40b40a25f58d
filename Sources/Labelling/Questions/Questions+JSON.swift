import PreferenceData

extension Questions {
  /// Reads questions as they are in a task's `questions`; throws `LabellingError.badTask`.
  public init(json: JSONValue) throws {
    self = try Self(in: TaskFields(path: "", members: ["questions": json])) ?? .standard
  }

  /// Reads the `questions` of a task: the name of a preset, a list, or the keys of well-known
  /// questions; throws `LabellingError.badTask`.
  init?(in task: TaskFields) throws {
    switch task.members["questions"] {
    case .string(let name)?:
      guard let preset = QuestionPreset(rawValue: name) else {
        let known = QuestionPreset.allCases.map(\.rawValue).joined(separator: ", ")
        throw task.error("questions", "names no preset; known are \(known)")
      }
      self = preset.questions
    case .array(let items)?:
      try self.init(items, task)
    default:
      guard let fields = try task.object("questions") else { return nil }
      try self.init(shorthand: fields)
    }
  }

  private init(_ items: [JSONValue], _ task: TaskFields) throws {
    self.init()
    guard (1...Self.limit).contains(items.count) else {
      throw task.error("questions", "must list 1 to \(Self.limit) questions")
    }
    for (index, item) in items.enumerated() {
      let path = "questions[\(index + 1)]"
      guard case .object(let members) = item else {
        throw task.error(path, "must be a group of keys such as {id: helpfulness, kind: scale}")
      }
      let fields = TaskFields(path: path, members: members)
      let question = try Question(fields)
      if self[question.id] != nil {
        throw fields.error("id", "“\(question.id)” is the id of another question already")
      }
      list.append(question)
    }
    implyRanking()
  }

  // A preference says which response is better, so there is a ranking.
  private mutating func implyRanking() {
    guard ranking == nil, let index = list.firstIndex(where: { $0.id == "strength" }) else {
      return
    }
    list.insert(.ranking(required: list[index].required), at: index)
  }

  /// The questions as in task.yaml: the keys of well-known questions where these say all of it,
  /// else a list.
  public var json: JSONValue {
    shorthand ?? .array(list.map(\.json))
  }
}

// MARK: - The keys of well-known questions

extension Questions {
  private init(shorthand fields: TaskFields) throws {
    self.init()
    let known = WellKnownQuestion.allCases.map(\.rawValue)
    try fields.refuseUnknown(Set(known + ["order"]))
    let names = try fields.texts("order") ?? []
    guard names.allSatisfy(known.contains), Set(names).count == names.count else {
      throw fields.error(
        "order", "must list questions, each once: \(known.joined(separator: ", "))")
    }
    for id in names + known.filter({ !names.contains($0) }) {
      guard let id = WellKnownQuestion(rawValue: id) else { continue }
      if let members = try id.members(fields) { list.append(try Question(members)) }
    }
    if list.isEmpty { throw fields.error(nil, "asks nothing; add at least “ranking: {}”") }
    implyRanking()
  }

  private var shorthand: JSONValue? {
    var members: [String: JSONValue] = [:]
    for question in list {
      guard let id = WellKnownQuestion(rawValue: question.id),
        let value = id.shorthand(question)
      else { return nil }
      members[question.id] = value
    }
    let usual = WellKnownQuestion.allCases.map(\.rawValue).filter { members[$0] != nil }
    let order = list.map(\.id)
    let front = (0...order.count).first { count in
      let front = order.prefix(count)
      return front + usual.filter { !front.contains($0) } == order
    }
    if let front, front > 0 {
      members["order"] = .array(order.prefix(front).map { .string($0) })
    }
    return .object(members)
  }
}

extension WellKnownQuestion {
  /// The key `scale` of the shorthand: how far a scale goes, and from where.
  private var size: (least: Int?, usual: Int, allowed: ClosedRange<Int>)? {
    switch self {
    case .strength: (nil, 3, PreferenceQuestion.sizes)
    case .rating: (1, 7, 2...100)
    case .confidence: (1, 3, 2...10)
    default: nil
    }
  }

  private var keys: Set<String> {
    switch self {
    case .ranking: ["required", "ties", "partial", "help"]
    case .strength, .rating, .confidence: ["required", "scale", "help"]
    case .flags, .promptFlags: ["values", "help"]
    case .rationale, .demonstration: ["required", "help"]
    }
  }

  /// Reads the question's key as an item of a list; nil where the question is not asked.
  fileprivate func members(_ task: TaskFields) throws -> TaskFields? {
    // `[a, b]` and the name of a preset are short for `{values: …}`.
    if let flags = task.members[rawValue], flags.arrayValue != nil || flags.stringValue != nil,
      keys.contains("values")
    {
      let presets = FlagPreset.lists(self == .promptFlags ? \.promptFlags : \.answerFlags)
      let values = try task.options(rawValue, atMost: FlagsQuestion.longest, presets: presets)
      return TaskFields(
        path: "\(task.path).\(rawValue)",
        members: item(["values": .array((values ?? []).map { .string($0) })]))
    }
    guard let fields = try task.object(rawValue) else { return nil }
    try fields.refuseUnknown(keys)
    var members = fields.members
    if let size {
      members["scale"] = nil
      members["most"] = .integer(try fields.integer("scale", in: size.allowed) ?? size.usual)
      members["least"] = size.least.map { .integer($0) }
    }
    return TaskFields(path: fields.path, members: item(members))
  }

  private func item(_ members: [String: JSONValue]) -> [String: JSONValue] {
    members.merging(["id": .string(rawValue), "scope": .string(scope.rawValue)]) { _, own in own }
  }

  /// The question's key as it was before there was a list; nil where that cannot say all of it.
  fileprivate func shorthand(_ question: Question) -> JSONValue? {
    guard question.title == nil, question.scope == scope,
      keys.contains("required") || !question.required
    else { return nil }
    var members = question.kind.settings
    if let size {
      guard members["least"]?.intValue == size.least, let most = members["most"]?.intValue,
        size.allowed.contains(most)
      else { return nil }
      if let preference = question.kind as? PreferenceQuestion, !preference.bothBad { return nil }
      members = ["scale": .integer(most)]
    }
    if keys.contains("required") { members["required"] = .bool(question.required) }
    members["help"] = question.help.map { .string($0) }
    return .object(members)
  }
}
