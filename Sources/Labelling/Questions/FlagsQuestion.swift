import PreferenceData

/// Asks which of several flags apply.
public struct FlagsQuestion: QuestionKind {
  public static let name = "flags"
  public static let scopes: [QuestionScope] = [.response, .prompt, .comparison]
  public static let unit = AnswerForm.Unit.marks
  public static let keys: Set = ["values"]
  /// The longest flag, in UTF-8 bytes.
  public static let longest = 60
  /// As many as a page can show for each response.
  public static let most = 100

  public var values: [String]

  public init(_ values: [String]) {
    self.values = values
  }

  public init(_ fields: TaskFields) throws {
    let isAboutPrompt = fields.members["scope"] == "prompt"
    values =
      try fields.options(
        "values", atMost: Self.longest,
        presets: FlagPreset.lists(isAboutPrompt ? \.promptFlags : \.answerFlags))
      ?? (isAboutPrompt ? FlagPreset.plumbline.promptFlags : FlagPreset.plumbline.answerFlags)
  }

  public var settings: [String: JSONValue] {
    ["values": .array(values.map { .string($0) })]
  }

  public var editor: [SettingField] {
    [
      SettingField("values", .lines(values, presets: FlagPreset.allCases.map(\.rawValue)))
    ]
  }

  public func check(
    _ value: AnswerValue<Letter>, field: String, keys: [Letter]
  ) throws(FormProblem) {
    guard let marks = value.marks else {
      throw .wrongForm(field: field, expected: Self.unit.description)
    }
    var seen: Set<String> = []
    for mark in marks {
      if !values.contains(mark) { throw .unknownFlag(field: field, flag: mark) }
      if !seen.insert(mark).inserted { throw .duplicateFlag(field: field, flag: mark) }
    }
  }

  public func control(keys: [Letter], ties: Bool) -> AnswerControl {
    .marks(values.map { AnswerOption($0, .flag($0)) })
  }

  public func answer(
    from texts: [String], field: String
  ) throws(FormProblem) -> AnswerValue<Letter>? {
    let marks = texts.filter { !$0.isEmpty }
    return marks.isEmpty ? nil : .marks(marks)
  }

  public var measures: [AgreementMeasure] {
    values.map { flag in
      AgreementMeasure(suffix: ".\(flag)", scale: [0, 1], level: .nominal) { value in
        value?.marks?.contains(flag) == true ? 1 : 0
      }
    }
  }

  public var schema: JSONValue {
    [
      "type": "array", "uniqueItems": true,
      "items": ["enum": .array(values.map { .string($0) })],
    ]
  }
}

extension Question {
  public static func flags(
    _ values: [String], id: String = "flags", scope: QuestionScope? = nil, title: String? = nil,
    help: String? = nil
  ) -> Question {
    Question(id, FlagsQuestion(values), scope: scope, title: title, help: help)
  }
}

extension TaskFields {
  /// Reads a list of different texts, or the name of a list that is known; nil when absent.
  func options(
    _ key: String, atMost longest: Int, presets: [String: [String]] = [:]
  ) throws -> [String]? {
    guard let value = members[key], value != .null else { return nil }
    if let name = value.stringValue {
      guard let preset = presets[name] else {
        let names = presets.keys.sorted().joined(separator: ", ")
        throw error(
          key, "must be a list of texts" + (names.isEmpty ? "" : ", or one of \(names)"))
      }
      return preset
    }
    let options = try texts(key) ?? []
    if Set(options).count != options.count { throw error(key, "names one twice") }
    if options.isEmpty || options.contains(where: { $0.isEmpty || $0.utf8.count > longest }) {
      throw error(key, "must list texts of 1 to \(longest) bytes")
    }
    return options
  }
}
