import Labelling
import PreferenceData

extension JudgementForm {
  /// Reads the fields of the labelling page's form; throws `FormProblem` where a number is none.
  ///
  /// Whether a number is on the question's scale is for `validate` to say.
  init(_ form: Form, keys: [Letter]) throws(FormProblem) {
    self.init()
    var places: [Int: [Letter]] = [:]
    for key in keys {
      if let place = try Self.number("place.\(key)", "ranking", form) {
        places[place, default: []].append(key)
      }
      if let rating = try Self.number("rating.\(key)", "ratings", form) { ratings[key] = rating }
      let raised = form.all("flag.\(key)")
      if !raised.isEmpty { flags[key] = raised }
    }
    ranking = places.sorted { $0.key < $1.key }.map(\.value)
    if keys.count == 2 { try readPreference(form, keys) }
    promptFlags = form.all("promptFlag")
    confidence = try Self.number("confidence", "confidence", form)
    rationale = form.filled("rationale")
    demonstration = form.filled("demonstration")
    if let text = form.filled("activeSeconds") {
      guard let seconds = Double(text) else {
        throw .notWhole(field: "activeSeconds", text: text)
      }
      // The page sends 0 where its script does not measure.
      activeSeconds = seconds == 0 ? nil : seconds
    }
  }

  // On one scale: below 0 the first answer is better, above 0 the second.
  private mutating func readPreference(_ form: Form, _ keys: [Letter]) throws(FormProblem) {
    if form["preference"] == BothBad.value {
      strength = 0
      ranking = [keys]
      for key in keys where !(flags[key] ?? []).contains(BothBad.flag) {
        flags[key, default: []].append(BothBad.flag)
      }
    } else if let preference = try Self.number("preference", "strength", form) {
      strength = Int(clamping: preference.magnitude)
      ranking =
        preference == 0
        ? [keys] : preference < 0 ? [[keys[0]], [keys[1]]] : [[keys[1]], [keys[0]]]
    }
  }

  private static func number(
    _ name: String, _ field: String, _ form: Form
  ) throws(FormProblem) -> Int? {
    guard let text = form.filled(name) else { return nil }
    guard let number = Int(text) else { throw .notWhole(field: field, text: text) }
    return number
  }
}

extension Error {
  /// What is wrong with a judgement's form, where that is what went wrong.
  var formProblem: FormProblem? {
    if case LabellingError.badForm(let problem)? = self as? LabellingError { return problem }
    return self as? FormProblem
  }
}
