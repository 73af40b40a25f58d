extension PreferenceRecord {
  /// Checks that the record names only its own responses and that its numbers are within limits.
  /// Throws `LineProblem`.
  public func check() throws {
    let ids = responses.map(\.id)
    guard Set(ids).count == ids.count else {
      throw LineProblem.inconsistent(key: "responses", reason: "contains the same id twice")
    }
    let known = Set(ids)
    for (question, refs) in judgement.references + judgementAsWritten.references {
      guard known.isSuperset(of: refs.map(\.rawValue)) else {
        throw LineProblem.inconsistent(key: column(question), reason: "names an unknown response")
      }
      guard Set(refs).count == refs.count else {
        throw LineProblem.inconsistent(
          key: column(question), reason: "must name responses of the record, each at most once")
      }
    }
    guard judgement.ranking.allSatisfy({ !$0.isEmpty }) else {
      throw LineProblem.inconsistent(key: "ranking", reason: "contains an empty place")
    }
    guard shownOrder.count == ids.count, Set(shownOrder) == known else {
      throw LineProblem.inconsistent(
        key: "shown_order", reason: "must name every response exactly once")
    }
    guard !prompt.isEmpty else { throw LineProblem.emptyPrompt }
    try checkNumbers()
  }

  /// The active time of one judgement, in seconds: at most a year.
  public static let activeSecondsRange = 0.0...31_536_000

  // Checks against the widest scale of any task. The importing task may have a narrower one.
  private func checkNumbers() throws {
    try Self.check(revision, "revision", in: 1...1_000_000)
    // Seeds are below 2^53, which every JSON reader keeps exactly.
    try Self.check(assignmentSeed, "assignment_seed", in: -(1 << 53)...(1 << 53))
    for question in judgement.questions {
      try checkNumbers(of: judgement[question], column(question))
    }
    if let activeSeconds = judgement.activeSeconds, !Self.activeSecondsRange.contains(activeSeconds)
    {
      throw LineProblem.inconsistent(
        key: "active_seconds", reason: "is \(activeSeconds); give 0 to 31,536,000 seconds")
    }
  }

  private func checkNumbers(of answer: AnswerValue<ResponseID>?, _ key: String) throws {
    switch answer {
    case .number(let number): try Self.check(number, key, in: Self.scaleLimits)
    case .each(let answers):
      for answer in answers.values { try checkNumbers(of: answer, key) }
    default: break
    }
  }

  /// The least and the greatest value of any scale.
  public static let scaleLimits = -100...100

  private func column(_ question: String) -> String {
    WellKnownQuestion(rawValue: question)?.column ?? "answers.\(question)"
  }

  /// Throws `LineProblem` for a number outside a range. Accepts nil.
  public static func check(_ value: Int?, _ key: String, in range: ClosedRange<Int>) throws {
    guard let value, !range.contains(value) else { return }
    throw LineProblem.inconsistent(
      key: key, reason: "is \(value); give \(range.lowerBound) to \(range.upperBound)")
  }
}
