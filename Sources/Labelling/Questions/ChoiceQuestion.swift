import PreferenceData

/// Asks for one of several options, which have no order.
public struct ChoiceQuestion: QuestionKind {
  public static let name = "choice"
  public static let scopes: [QuestionScope] = [.comparison, .response, .prompt]
  public static let unit = AnswerForm.Unit.text
  public static let keys: Set = ["options"]

  public var options: [String]

  public init(_ options: [String]) {
    self.options = options
  }

  public init(_ fields: TaskFields) throws {
    options =
      try fields.options("options", atMost: FlagsQuestion.longest) ?? ["yes", "no"]
    if options.count < 2 { throw fields.error("options", "must list two or more") }
  }

  public var settings: [String: JSONValue] {
    ["options": .array(options.map { .string($0) })]
  }

  public var editor: [SettingField] { [SettingField("options", .lines(options))] }

  public func check(
    _ value: AnswerValue<Letter>, field: String, keys: [Letter]
  ) throws(FormProblem) {
    guard let option = value.text else {
      throw .wrongForm(field: field, expected: Self.unit.description)
    }
    if !options.contains(option) { throw .unknownOption(field: field, option: option) }
  }

  public func control(keys: [Letter], ties: Bool) -> AnswerControl {
    .points(options.map { AnswerOption($0, .plain($0)) })
  }

  public func answer(
    from texts: [String], field: String
  ) throws(FormProblem) -> AnswerValue<Letter>? {
    texts.first { !$0.isEmpty }.map { .text($0) }
  }

  public var measures: [AgreementMeasure] {
    let options = options
    return [
      AgreementMeasure(scale: options.indices.map(Double.init), level: .nominal) { value in
        value?.text.flatMap(options.firstIndex)
      }
    ]
  }

  public func simulated(worth: Double) -> AnswerValue<Letter>? {
    .text(options[Int(((1 - worth) * Double(options.count - 1)).rounded())])
  }

  public var schema: JSONValue { ["enum": .array(options.map { .string($0) })] }
}
