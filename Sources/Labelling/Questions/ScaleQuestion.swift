import PreferenceData

/// Asks for a point on a scale.
public struct ScaleQuestion: QuestionKind {
  public static let name = "scale"
  public static let scopes: [QuestionScope] = [.response, .comparison, .prompt]
  public static let unit = AnswerForm.Unit.number
  public static let keys: Set = ["least", "most"]

  public var least: Int
  public var most: Int

  public init(_ range: ClosedRange<Int> = 1...7) {
    least = range.lowerBound
    most = range.upperBound
  }

  public init(_ fields: TaskFields) throws {
    let limits = PreferenceRecord.scaleLimits
    least = try fields.integer("least", in: limits) ?? 1
    most = try fields.integer("most", in: limits) ?? max(7, least + 1)
    guard most > least, most - least <= 100 else {
      throw fields.error("most", "must be above “least”, by 100 at most")
    }
  }

  public var settings: [String: JSONValue] {
    ["least": .integer(least), "most": .integer(most)]
  }

  public var editor: [SettingField] {
    [
      SettingField("least", .number(least, in: PreferenceRecord.scaleLimits)),
      SettingField("most", .number(most, in: PreferenceRecord.scaleLimits)),
    ]
  }

  public var numbers: ClosedRange<Int>? { least...most }

  public func check(
    _ value: AnswerValue<Letter>, field: String, keys: [Letter]
  ) throws(FormProblem) {
    guard let number = value.number else {
      throw .wrongForm(field: field, expected: Self.unit.description)
    }
    guard (least...most).contains(number) else {
      throw .outOfRange(field: field, value: number, allowed: least...most)
    }
  }

  public func control(keys: [Letter], ties: Bool) -> AnswerControl {
    .points((least...most).map { AnswerOption(String($0), .plain(String($0))) })
  }

  public func answer(
    from texts: [String], field: String
  ) throws(FormProblem) -> AnswerValue<Letter>? {
    guard let text = texts.first(where: { !$0.isEmpty }) else { return nil }
    guard let number = Int(text) else { throw .notWhole(field: field, text: text) }
    return .number(number)
  }

  public var measures: [AgreementMeasure] {
    let (least, most) = (least, most)
    return [
      AgreementMeasure(scale: (least...most).map(Double.init), level: .interval) { value in
        value?.number.map { min(max($0, least), most) - least }
      }
    ]
  }

  public func simulated(worth: Double) -> AnswerValue<Letter>? {
    .number(least + Int((worth * Double(most - least)).rounded()))
  }

  public var schema: JSONValue {
    ["type": "integer", "minimum": .integer(least), "maximum": .integer(most)]
  }
}

extension Question {
  public static func scale(
    _ id: String, _ range: ClosedRange<Int>, scope: QuestionScope? = nil, required: Bool = false,
    title: String? = nil, help: String? = nil
  ) -> Question {
    Question(
      id, ScaleQuestion(range), scope: scope, required: required, title: title, help: help)
  }
}
