import PreferenceData

/// Asks for the responses from best to worst.
public struct RankingQuestion: QuestionKind {
  public static let name = "ranking"
  public static let scopes: [QuestionScope] = [.comparison]
  public static let unit = AnswerForm.Unit.ranking
  public static let keys: Set = ["ties", "partial"]
  // A record has one ranking, which trainers read.
  public static let onlyID: String? = "ranking"
  public static let isUsuallyRequired = true

  public var ties: Bool
  /// Whether responses may be left unranked.
  public var partial: Bool

  public init(ties: Bool = true, partial: Bool = false) {
    self.ties = ties
    self.partial = partial
  }

  public init(_ fields: TaskFields) throws {
    ties = try fields.bool("ties") ?? true
    partial = try fields.bool("partial") ?? false
  }

  public var settings: [String: JSONValue] { ["ties": .bool(ties), "partial": .bool(partial)] }

  public var editor: [SettingField] {
    [SettingField("ties", .check(ties)), SettingField("partial", .check(partial))]
  }

  public func check(
    _ value: AnswerValue<Letter>, field: String, keys: [Letter]
  ) throws(FormProblem) {
    guard case .ranking(let groups) = value else {
      throw .wrongForm(field: field, expected: Self.unit.description)
    }
    var seen: Set<Letter> = []
    for (place, group) in groups.enumerated() {
      if group.isEmpty { throw .emptyPlace(field: field, place: place + 1) }
      for key in group {
        guard keys.contains(key) else {
          throw .unknownResponse(field: field, key: key.rawValue)
        }
        guard seen.insert(key).inserted else {
          throw .duplicateResponse(field: field, key: key.rawValue)
        }
      }
      if group.count > 1, !ties { throw .tiesNotAllowed(keys: group.map(\.rawValue)) }
    }
    let missing = keys.filter { !seen.contains($0) }
    if !missing.isEmpty, !partial {
      throw .missingResponses(field: field, keys: missing.map(\.rawValue))
    }
  }

  public func control(keys: [Letter], ties: Bool) -> AnswerControl { .places }

  // Places are read by response; see `JudgementForm.init(_:keys:questions:)`.
  public func answer(
    from texts: [String], field: String
  ) throws(FormProblem) -> AnswerValue<Letter>? { nil }

  public var schema: JSONValue {
    [
      "type": "array",
      "items": ["type": "array", "minItems": 1, "items": ["type": "string"]],
    ]
  }
}

extension Question {
  public static func ranking(
    required: Bool = true, ties: Bool = true, partial: Bool = false, help: String? = nil
  ) -> Question {
    Question(
      "ranking", RankingQuestion(ties: ties, partial: partial), required: required, help: help)
  }
}
