import PreferenceData

/// The check of an unfinished form.
///
/// Answers may be missing, and the questions may have changed since. The letters, numbers and texts
/// must still be within the limits of every task.
extension JudgementForm {
  /// Checks an unfinished form against the letters shown; throws `FormProblem`.
  public func checkDraft(shown keys: [Letter]) throws(FormProblem) {
    if questions.count > Questions.limit {
      throw .tooMany(field: "answers", limit: Questions.limit)
    }
    for id in questions {
      let field = FormProblem.field(id)
      guard Question.isID(id) else { throw .notAsked(field: "answers.\(id.quoted())") }
      if let value = self[id] { try Self.check(value, field, keys, Self.limits(of: id)) }
    }
    if let activeSeconds, !PreferenceRecord.activeSecondsRange.contains(activeSeconds) {
      throw .badTime(activeSeconds)
    }
  }

  /// Reads a stored draft. Returns nil for one that no form can show, which old versions stored.
  public init?(draft json: JSONValue, shown keys: [Letter]) {
    guard let form = try? Self(json: json), (try? form.checkDraft(shown: keys)) != nil else {
      return nil
    }
    self = form
  }

  /// The numbers that any task can accept for a question.
  private static func limits(of id: String) -> ClosedRange<Int> {
    switch WellKnownQuestion(rawValue: id) {
    case .strength: 0...9
    case .rating: 1...100
    case .confidence: 1...10
    default: PreferenceRecord.scaleLimits
    }
  }

  private static func check(
    _ value: AnswerValue<Letter>, _ field: String, _ keys: [Letter], _ limits: ClosedRange<Int>
  ) throws(FormProblem) {
    switch value {
    case .number(let number):
      if !limits.contains(number) {
        throw .outOfRange(field: field, value: number, allowed: limits)
      }
    case .text(let text):
      if text.utf8.count > textLimit { throw .tooLong(field: field, limit: textLimit) }
    case .marks(let marks): try check(marks, field)
    case .ranking(let groups): try check(groups, field, keys)
    case .each(let values):
      for (key, value) in values.sorted(by: { $0.key < $1.key }) {
        try check(key, field, keys)
        try check(value, field, keys, limits)
      }
    }
  }

  private static func check(
    _ groups: [[Letter]], _ field: String, _ keys: [Letter]
  ) throws(FormProblem) {
    var seen: Set<Letter> = []
    for (place, group) in groups.enumerated() {
      if group.isEmpty { throw .emptyPlace(field: field, place: place + 1) }
      for key in group {
        try check(key, field, keys)
        if !seen.insert(key).inserted {
          throw .duplicateResponse(field: field, key: key.rawValue)
        }
      }
    }
  }

  private static func check(
    _ key: Letter, _ field: String, _ keys: [Letter]
  ) throws(FormProblem) {
    if !keys.contains(key) { throw .unknownResponse(field: field, key: key.rawValue) }
  }

  private static func check(_ marks: [String], _ field: String) throws(FormProblem) {
    var seen: Set<String> = []
    for mark in marks {
      if mark.utf8.count > FlagsQuestion.longest { throw .unknownFlag(field: field, flag: mark) }
      if !seen.insert(mark).inserted { throw .duplicateFlag(field: field, flag: mark) }
    }
    if marks.count > FlagsQuestion.most {
      throw .tooMany(field: field, limit: FlagsQuestion.most)
    }
  }
}
