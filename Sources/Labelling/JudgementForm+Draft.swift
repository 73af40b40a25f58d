import PreferenceData

/// What a labeller has filled in so far: anything may be missing, and a question may have changed
/// since, but letters, numbers and texts keep to the limits that every task has.
extension JudgementForm {
  /// Checks an unfinished form against the letters shown; throws `FormProblem`.
  public func checkDraft(shown keys: [Letter]) throws(FormProblem) {
    try checkPlaces(keys)
    for (key, rating) in ratings.sorted(by: { $0.key < $1.key }) {
      try Self.check(key, "ratings", keys)
      try Self.check(rating, "ratings", in: 1...Questions.ratingScales.upperBound)
    }
    for (key, marks) in flags.sorted(by: { $0.key < $1.key }) {
      try Self.check(key, "flags", keys)
      try Self.check(marks, "flags")
    }
    try Self.check(promptFlags, "promptFlags")
    try Self.check(strength, "strength", in: 0...Questions.strengthScales.upperBound)
    try Self.check(confidence, "confidence", in: 1...Questions.confidenceScales.upperBound)
    for (text, field) in [(rationale, "rationale"), (demonstration, "demonstration")] {
      guard let text, text.utf8.count > Self.textLimit else { continue }
      throw .tooLong(field: field, limit: Self.textLimit)
    }
    if let activeSeconds, !PreferenceRecord.activeSecondsRange.contains(activeSeconds) {
      throw .badTime(activeSeconds)
    }
  }

  /// Reads a stored draft; nil for one that no form can show, from a time when such were kept.
  public init?(draft json: JSONValue, shown keys: [Letter]) {
    guard let form = try? Self(json: json), (try? form.checkDraft(shown: keys)) != nil else {
      return nil
    }
    self = form
  }

  private func checkPlaces(_ keys: [Letter]) throws(FormProblem) {
    var seen: Set<Letter> = []
    for (place, group) in ranking.enumerated() {
      if group.isEmpty { throw .emptyPlace(field: "ranking", place: place + 1) }
      for key in group {
        try Self.check(key, "ranking", keys)
        if !seen.insert(key).inserted { throw .duplicateResponse(field: "ranking", key: key.rawValue) }
      }
    }
  }

  private static func check(
    _ key: Letter, _ field: String, _ keys: [Letter]
  ) throws(FormProblem) {
    if !keys.contains(key) { throw .unknownResponse(field: field, key: key.rawValue) }
  }

  private static func check(
    _ value: Int?, _ field: String, in range: ClosedRange<Int>
  ) throws(FormProblem) {
    guard let value, !range.contains(value) else { return }
    throw .outOfRange(field: field, value: value, allowed: range)
  }

  private static func check(_ marks: [String], _ field: String) throws(FormProblem) {
    var seen: Set<String> = []
    for mark in marks {
      if mark.utf8.count > Questions.Flags.longest { throw .unknownFlag(field: field, flag: mark) }
      if !seen.insert(mark).inserted { throw .duplicateFlag(field: field, flag: mark) }
    }
    if marks.count > Questions.Flags.most {
      throw .tooMany(field: field, limit: Questions.Flags.most)
    }
  }
}
