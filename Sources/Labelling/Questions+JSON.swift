import PreferenceData

extension Questions {
  /// Reads the `questions` of a task; throws `LabellingError.badTask`.
  init(_ fields: TaskFields) throws {
    ranking = try fields.object("ranking").map { try Ranking($0) }
    strength = try fields.object("strength").map { try Scale($0, fallback: 3, allowed: 1...9) }
    rating = try fields.object("rating").map { try Scale($0, fallback: 7, allowed: 2...100) }
    flags = try Flags(fields, key: "flags")
    promptFlags = try Flags(fields, key: "promptFlags")
    confidence = try fields.object("confidence").map {
      try Scale($0, fallback: 3, allowed: 2...10)
    }
    rationale = try fields.object("rationale").map { try Text($0) }
    demonstration = try fields.object("demonstration").map { try Text($0) }
    try fields.refuseUnknown([
      "ranking", "strength", "rating", "flags", "promptFlags", "confidence", "rationale",
      "demonstration",
    ])
    let asksNothing = [
      ranking == nil, rating == nil, flags == nil, rationale == nil, demonstration == nil,
      strength == nil, promptFlags == nil, confidence == nil,
    ].allSatisfy { $0 }
    if asksNothing { throw fields.error(nil, "asks nothing; add at least “ranking: {}”") }
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
  // Accepts the short form `[a, b]` and the long form `{values: [a, b], help: …}`.
  init?(_ fields: TaskFields, key: String) throws {
    guard let value = fields.members[key], value != .null else { return nil }
    if case .array = value {
      values = try fields.texts(key) ?? []
    } else {
      guard let long = try fields.object(key) else { return nil }
      guard let listed = try long.texts("values") else {
        throw long.error("values", "is missing; list the flags")
      }
      values = listed
      help = try long.text("help")
      try long.refuseUnknown(["values", "help"])
    }
    if Set(values).count != values.count { throw fields.error(key, "names a flag twice") }
    if values.isEmpty || values.contains(where: { $0.isEmpty || $0.utf8.count > 60 }) {
      throw fields.error(key, "must list flags of 1 to 60 bytes")
    }
  }

  var json: JSONValue {
    withHelp(help, ["values": .array(values.map { .string($0) })])
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
