import PreferenceData

/// Asks for free text.
public struct TextQuestion: QuestionKind {
  public static let name = "text"
  public static let scopes: [QuestionScope] = [.comparison, .prompt, .response]
  public static let unit = AnswerForm.Unit.text
  public static let keys: Set<String> = []

  public init() {}
  public init(_ fields: TaskFields) throws {}

  public var settings: [String: JSONValue] { [:] }
  public var editor: [SettingField] { [] }

  public func check(
    _ value: AnswerValue<Letter>, field: String, keys: [Letter]
  ) throws(FormProblem) {
    guard let text = value.text else {
      throw .wrongForm(field: field, expected: Self.unit.description)
    }
    if text.utf8.count > JudgementForm.textLimit {
      throw .tooLong(field: field, limit: JudgementForm.textLimit)
    }
  }

  public func control(keys: [Letter], ties: Bool) -> AnswerControl { .text(rows: 1) }

  public func answer(
    from texts: [String], field: String
  ) throws(FormProblem) -> AnswerValue<Letter>? {
    texts.first { !$0.isEmpty }.map { .text($0) }
  }

  public func simulated(worth: Double) -> AnswerValue<Letter>? { .text("Simulated.") }

  public var schema: JSONValue { ["type": "string", "maxLength": 20_000] }
}

extension Question {
  public static func text(
    _ id: String, scope: QuestionScope? = nil, required: Bool = false, title: String? = nil,
    help: String? = nil
  ) -> Question {
    Question(id, TextQuestion(), scope: scope, required: required, title: title, help: help)
  }
}
