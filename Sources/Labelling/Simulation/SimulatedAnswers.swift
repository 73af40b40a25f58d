import PreferenceData

extension JudgementForm {
  /// The answers of a simulated labeller: its ranking, and what follows from the ranking for
  /// the other questions.
  public init(simulating ranking: [[Letter]], for questions: Questions) {
    self.init(ranking: questions.ranking == nil ? [] : ranking)
    let keys = ranking.flatMap(\.self)
    let steps = Double(max(1, ranking.count - 1))
    for question in questions.list where question.isAsked(of: keys.count) {
      // Free text that need not be written is not.
      guard self[question.id] == nil, question.required || !question.kind.measures.isEmpty
      else { continue }
      guard question.scope == .response else {
        self[question.id] = question.kind.simulated(worth: ranking.count > 1 ? 1 : 0)
        continue
      }
      var each: [Letter: AnswerValue<Letter>] = [:]
      for (place, group) in ranking.enumerated() {
        let worth = ranking.count > 1 ? 1 - Double(place) / steps : 0.5
        for key in group { each[key] = question.kind.simulated(worth: worth) }
      }
      self[question.id] = .each(each)
    }
  }
}
