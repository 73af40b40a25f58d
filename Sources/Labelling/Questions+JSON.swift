import PreferenceData

extension Questions {
  /// Reads the `questions` of a task; throws `LabellingError.badTask`.
  init(_ fields: TaskFields) throws {
    ranking = try fields.object("ranking").map { try Ranking($0) }
    strength = try fields.object("strength").map {
      try Scale($0, fallback: 3, allowed: Self.strengthScales)
    }
    rating = try fields.object("rating").map {
      try Scale($0, fallback: 7, allowed: Self.ratingScales)
    }
    flags = try Flags(fields, key: "flags", preset: \.answerFlags)
    promptFlags = try Flags(fields, key: "promptFlags", preset: \.promptFlags)
    confidence = try fields.object("confidence").map {
      try Scale($0, fallback: 3, allowed: Self.confidenceScales)
    }
    rationale = try fields.object("rationale").map { try Text($0) }
    demonstration = try fields.object("demonstration").map { try Text($0) }
    order = try Self.order(fields)
    try fields.refuseUnknown(Set(Question.allCases.map(\.rawValue) + ["order"]))
    let asksNothing = [
      ranking == nil, rating == nil, flags == nil, rationale == nil, demonstration == nil,
      strength == nil, promptFlags == nil, confidence == nil,
    ].allSatisfy { $0 }
    // How much better one is says nothing without saying which one.
    if let strength, ranking == nil { ranking = Ranking(required: strength.required) }
    if asksNothing { throw fields.error(nil, "asks nothing; add at least “ranking: {}”") }
  }

  private static func order(_ fields: TaskFields) throws -> [Question] {
    let names = try fields.texts("order") ?? []
    let order = names.compactMap(Question.init)
    guard order.count == names.count, Set(order).count == order.count else {
      let known = Question.allCases.map(\.rawValue).joined(separator: ", ")
      throw fields.error("order", "must list questions, each once: \(known)")
    }
    return order
  }

  /// The questions as they stand in task.yaml.
  public var json: JSONValue {
    var members: [String: JSONValue] = [:]
    members["ranking"] = ranking?.json
    members["strength"] = strength?.json
    members["rating"] = rating?.json
    members["flags"] = flags?.json
    members["promptFlags"] = promptFlags?.json
    members["confidence"] = confidence?.json
    members["rationale"] = rationale?.json
    members["demonstration"] = demonstration?.json
    if !order.isEmpty { members["order"] = .array(order.map { .string($0.rawValue) }) }
    return .object(members)
  }
}

extension Questions.Ranking {
  init(_ fields: TaskFields) throws {
    required = try fields.bool("required") ?? true
    ties = try fields.bool("ties") ?? true
    partial = try fields.bool("partial") ?? false
    help = try fields.text("help")
    try fields.refuseUnknown(["required", "ties", "partial", "help"])
  }

  var json: JSONValue {
    withHelp(help, ["required": .bool(required), "ties": .bool(ties), "partial": .bool(partial)])
  }
}

extension Questions.Scale {
  init(_ fields: TaskFields, fallback: Int, allowed: ClosedRange<Int>) throws {
    required = try fields.bool("required") ?? false
    scale = try fields.integer("scale", in: allowed) ?? fallback
    help = try fields.text("help")
    try fields.refuseUnknown(["required", "scale", "help"])
  }

  var json: JSONValue {
    withHelp(help, ["required": .bool(required), "scale": .integer(scale)])
  }
}

extension Questions.Flags {
  // Accepts `[a, b]`, the name of a preset, or `{values: (either), help: …}`; nothing at all after
  // the key asks for the default list.
  init?(_ fields: TaskFields, key: String, preset: (FlagPreset) -> [String]) throws {
    guard let value = fields.members[key] else { return nil }
    switch value {
    case .array, .string: values = try fields.flags(key, preset) ?? []
    default:
      guard let long = try fields.object(key) else { return nil }
      values = try long.flags("values", preset) ?? preset(.plumbline)
      help = try long.text("help")
      try long.refuseUnknown(["values", "help"])
    }
    if Set(values).count != values.count { throw fields.error(key, "names a flag twice") }
    if values.isEmpty || values.contains(where: { $0.isEmpty || $0.utf8.count > Self.longest }) {
      throw fields.error(key, "must list flags of 1 to 60 bytes")
    }
  }

  var json: JSONValue {
    withHelp(help, ["values": .array(values.map { .string($0) })])
  }
}

extension TaskFields {
  fileprivate func flags(_ key: String, _ preset: (FlagPreset) -> [String]) throws -> [String]? {
    guard case .string(let name) = members[key] else { return try texts(key) }
    guard let known = FlagPreset(rawValue: name) else {
      let names = FlagPreset.allCases.map(\.rawValue).joined(separator: ", ")
      throw error(key, "is no list of flags, and “\(name)” names none; known are \(names)")
    }
    return preset(known)
  }
}

extension Questions.Text {
  init(_ fields: TaskFields) throws {
    required = try fields.bool("required") ?? false
    help = try fields.text("help")
    try fields.refuseUnknown(["required", "help"])
  }

  var json: JSONValue { withHelp(help, ["required": .bool(required)]) }
}

private func withHelp(_ help: String?, _ members: [String: JSONValue]) -> JSONValue {
  var members = members
  if let help { members["help"] = .string(help) }
  return .object(members)
}
