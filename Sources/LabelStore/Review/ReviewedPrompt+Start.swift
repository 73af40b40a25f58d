import Labelling
import PreferenceData

extension ReviewedPrompt {
  /// Returns the form that a decision starts from, in the letters of the reviewer's order: the
  /// decision in effect, or the ranking and the answers about each response of a judgement.
  public func start(from judgement: String?, _ questions: Questions) -> JudgementForm? {
    let letters = AnswerNames(letters: shown)
    if let id = judgement.flatMap({ AssignmentID($0) }),
      let judged = detail.judgements.first(where: { $0.assignmentID == id })
    {
      let named = letters.named(judged.judgement, shown: judged.shown, questions)
      var start = Judgement(ranking: named.order)
      for id in named.questions where named[id]?.each != nil { start[id] = named[id] }
      return start.form(shown: shown)
    }
    return decision.flatMap { decision in
      decision.judgement.map { letters.named($0, shown: decision.shown, questions) }
    }?.form(shown: shown)
  }
}
