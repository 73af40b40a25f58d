import PreferenceData

extension JudgementForm {
  /// The longest rationale or demonstration, in UTF-8 bytes: revisions are kept for good.
  public static let textLimit = 20_000

  /// Checks the form against the questions and the letters shown; throws `FormProblem`.
  public func validate(for questions: Questions, shown keys: [Letter]) throws(FormProblem) {
    try checkRanking(questions.ranking, keys)
    try checkRatings(questions.rating, keys)
    try checkFlags(questions, keys)
    try check(strength, "strength", questions.strength, from: 0, shownCount: keys.count)
    try check(confidence, "confidence", questions.confidence, from: 1)
    try check(rationale, "rationale", questions.rationale)
    try check(demonstration, "demonstration", questions.demonstration)
    if let activeSeconds, !(0...31_536_000).contains(activeSeconds) {
      throw .badTime(activeSeconds)
    }
    if isEmpty { throw .nothingAnswered }
  }

  private func checkRanking(
    _ question: Questions.Ranking?, _ keys: [Letter]
  ) throws(FormProblem) {
    guard let question else {
      if ranking.isEmpty { return }
      throw .notAsked(field: "ranking")
    }
    if ranking.isEmpty {
      if question.required { throw .required(field: "ranking") }
      return
    }
    var seen: Set<Letter> = []
    for (place, group) in ranking.enumerated() {
      if group.isEmpty { throw .emptyPlace(field: "ranking", place: place + 1) }
      for key in group {
        guard keys.contains(key) else { throw .unknownResponse(field: "ranking", key: key.rawValue) }
        guard seen.insert(key).inserted else {
          throw .duplicateResponse(field: "ranking", key: key.rawValue)
        }
      }
      if group.count > 1, !question.ties { throw .tiesNotAllowed(keys: group.map(\.rawValue)) }
    }
    let missing = keys.filter { !seen.contains($0) }
    if !missing.isEmpty, !question.partial {
      throw .missingResponses(field: "ranking", keys: missing.map(\.rawValue))
    }
  }

  private func checkRatings(_ question: Questions.Scale?, _ keys: [Letter]) throws(FormProblem) {
    guard let question else {
      if ratings.isEmpty { return }
      throw .notAsked(field: "ratings")
    }
    for (key, rating) in ratings.sorted(by: { $0.key < $1.key }) {
      guard keys.contains(key) else { throw .unknownResponse(field: "ratings", key: key.rawValue) }
      guard (1...question.scale).contains(rating) else {
        throw .outOfRange(field: "ratings", value: rating, allowed: 1...question.scale)
      }
    }
    let missing = keys.filter { ratings[$0] == nil }
    if question.required, !missing.isEmpty {
      throw .missingResponses(field: "ratings", keys: missing.map(\.rawValue))
    }
  }

  private func checkFlags(_ questions: Questions, _ keys: [Letter]) throws(FormProblem) {
    for (key, marks) in flags.sorted(by: { $0.key < $1.key }) {
      guard keys.contains(key) else { throw .unknownResponse(field: "flags", key: key.rawValue) }
      try check(marks, "flags", questions.flags)
    }
    try check(promptFlags, "promptFlags", questions.promptFlags)
  }

  private func check(
    _ marks: [String], _ field: String, _ question: Questions.Flags?
  ) throws(FormProblem) {
    if question == nil, !marks.isEmpty { throw .notAsked(field: field) }
    var seen: Set<String> = []
    for mark in marks {
      if question?.values.contains(mark) != true { throw .unknownFlag(field: field, flag: mark) }
      if !seen.insert(mark).inserted { throw .duplicateFlag(field: field, flag: mark) }
    }
  }

  private func check(
    _ value: Int?, _ field: String, _ question: Questions.Scale?, from lowest: Int,
    shownCount: Int = 2
  ) throws(FormProblem) {
    guard let question, shownCount == 2 else {
      if value == nil { return }
      throw .notAsked(field: field)
    }
    guard let value else {
      if question.required { throw .required(field: field) }
      return
    }
    guard (lowest...question.scale).contains(value) else {
      throw .outOfRange(field: field, value: value, allowed: lowest...question.scale)
    }
  }

  private func check(
    _ text: String?, _ field: String, _ question: Questions.Text?
  ) throws(FormProblem) {
    let text = text ?? ""
    guard let question else {
      if text.isEmpty { return }
      throw .notAsked(field: field)
    }
    if text.utf8.count > Self.textLimit { throw .tooLong(field: field, limit: Self.textLimit) }
    if question.required, text.allSatisfy(\.isWhitespace) { throw .required(field: field) }
  }
}
