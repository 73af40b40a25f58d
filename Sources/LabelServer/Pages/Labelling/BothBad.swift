import Labelling
import PreferenceData

/// “Both are bad” is a tie of two answers that are both flagged as unhelpful: the flags that every
/// report counts, and nothing that an export would have to explain.
enum BothBad {
  static let value = "bad"
  static let flag = "unhelpful"

  static func canBeSaid(to questions: Questions) -> Bool {
    questions.flags?.values.contains(flag) ?? false
  }

  static func isSaid(by form: JudgementForm, of keys: [Letter]) -> Bool {
    form.ranking.first?.count == keys.count
      && keys.allSatisfy { form.flags[$0]?.contains(flag) ?? false }
  }
}
