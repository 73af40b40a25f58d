import PreferenceData

extension JudgementForm {
  /// Returns the judgement in response ids; `shown` lists the ids in shown order.
  /// Throws `FormProblem` for a letter that was not shown.
  public func judgement(shown: [String]) throws(FormProblem) -> Judgement {
    let ids = Dictionary(
      uniqueKeysWithValues: zip(BlindOrder.keys(count: shown.count), shown))
    return try mapped { (question, letter) throws(FormProblem) in
      guard let id = ids[letter] else {
        throw .unknownResponse(field: FormProblem.field(question), key: letter.rawValue)
      }
      return ResponseID(rawValue: id)
    }
  }
}

extension Judgement {
  /// Returns the judgement in letters, for the labeller who made it.
  public func form(shown: [String]) -> JudgementForm {
    let letters = Dictionary(
      uniqueKeysWithValues: zip(shown, BlindOrder.keys(count: shown.count)))
    return mapped { _, id in letters[id.rawValue] }
  }
}

extension FormProblem {
  /// The place of a question's answer in a judgement, as in the API.
  public static func field(_ question: String) -> String {
    WellKnownQuestion(rawValue: question)?.member ?? "answers.\(question)"
  }
}
