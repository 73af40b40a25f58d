/// Questions whose answers have their own members in judgements and in records: those that
/// existed before a task could ask any list of questions. Every other answer is in `answers`.
public enum WellKnownQuestion: String, Sendable, Hashable, CaseIterable {
  case ranking, strength, rating, flags, confidence, promptFlags, rationale, demonstration

  /// The name in a submitted or stored judgement.
  public var member: String { self == .rating ? "ratings" : rawValue }

  /// The name in a row of the `rankings` format.
  var column: String { self == .promptFlags ? "prompt_flags" : member }

  /// The form of the member; an answer of another form goes into `answers`.
  public var form: AnswerForm {
    switch self {
    case .ranking: AnswerForm(.ranking)
    case .strength, .confidence: AnswerForm(.number)
    case .rating: AnswerForm(.number, isPerResponse: true)
    case .flags: AnswerForm(.marks, isPerResponse: true)
    case .promptFlags: AnswerForm(.marks)
    case .rationale, .demonstration: AnswerForm(.text)
    }
  }

  /// The value of the column in a row without an answer.
  var emptyColumn: JSONValue {
    if form.isPerResponse { return .object([:]) }
    return switch form.unit {
    case .number, .text: .null
    case .marks, .ranking: .array([])
    }
  }
}
