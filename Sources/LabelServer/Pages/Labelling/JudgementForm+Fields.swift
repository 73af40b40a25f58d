import HTTPSupport
import Labelling
import PreferenceData

extension JudgementForm {
  /// Reads the fields of a page's form. Throws `FormProblem` if a number field is not a number.
  ///
  /// `validate` checks whether a number is on the question's scale.
  init(_ form: Form, keys: [Letter], questions: Questions) throws(FormProblem) {
    self.init()
    var places: [Int: [Letter]] = [:]
    for key in keys {
      guard let text = form.filled("place.\(key)") else { continue }
      guard let place = Int(text) else { throw .notWhole(field: "ranking", text: text) }
      places[place, default: []].append(key)
    }
    ranking = places.sorted { $0.key < $1.key }.map(\.value)
    for question in questions.list where question.isAsked(of: keys.count) {
      try read(question, form, keys)
    }
    if self["strength"] == .bothBad, let flag = questions.flagOfBothBad {
      for key in keys where !(flags[key] ?? []).contains(flag) {
        flags[key, default: []].append(flag)
      }
    }
    if let text = form.filled("activeSeconds") {
      guard let seconds = Double(text) else {
        throw .notWhole(field: "activeSeconds", text: text)
      }
      // The page sends 0 if its script does not measure the time.
      activeSeconds = seconds == 0 ? nil : seconds
    }
  }

  private mutating func read(
    _ question: Question, _ form: Form, _ keys: [Letter]
  ) throws(FormProblem) {
    func answer(_ key: Letter? = nil) throws(FormProblem) -> AnswerValue<Letter>? {
      try question.kind.answer(
        from: form.all(question.fieldName(key)), field: question.member)
    }
    guard question.scope == .response else {
      if let value = try answer() {
        question.kind.enter(value, as: question.id, into: &self, keys: keys)
      }
      return
    }
    var each: [Letter: AnswerValue<Letter>] = [:]
    for key in keys { each[key] = try answer(key) }
    self[question.id] = .each(each)
  }
}

extension Error {
  /// The problem with a judgement's form; nil for every other error.
  var formProblem: FormProblem? {
    if case LabellingError.badForm(let problem)? = self as? LabellingError { return problem }
    return self as? FormProblem
  }
}
