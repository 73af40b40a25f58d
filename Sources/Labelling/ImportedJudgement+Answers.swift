import PreferenceData

/// The reason why a judgement in a file could not become a judgement of the task.
public enum ImportedJudgementProblem: String, Error, Sendable, Hashable, CaseIterable {
  /// It puts no two answers in order.
  case noOrder = "no-order"
  /// It names an answer that the row does not have, or one twice.
  case badOrder = "bad-order"
  /// The task asks for no ranking.
  case notAsked = "not-asked"
  /// The task allows no ties.
  case ties
  /// The same judge has judged the prompt already.
  case repeated
  /// The prompt has as many judgements as the task collects.
  case overlapFull = "overlap-full"
  /// The prompt has as many judgements as it can hold.
  case tooMany = "too-many"
  /// Judges of the prompt disagree, so that no order is known.
  case judgesDiffer = "judges-differ"
  /// The row states its known ranking.
  case goldGiven = "gold-given"
  /// The prompt was there already, with its own judgements.
  case alreadyHere = "already-here"
}

extension ImportedJudgementProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noOrder: "no order of two answers"
    case .badOrder: "an answer that the row does not have, or one twice"
    case .notAsked: "the task asks for no ranking"
    case .ties: "a tie, and the task allows none"
    case .repeated: "a second judgement of the same judge"
    case .overlapFull: "the prompt has all judgements of its overlap"
    case .tooMany: "more judgements than a prompt can hold"
    case .judgesDiffer: "judges of the prompt disagree"
    case .goldGiven: "the row states its known ranking"
    case .alreadyHere: "the prompt was there already"
    }
  }
}

extension ImportedJudgement {
  /// The longest rationale of a file that becomes part of a judgement, in bytes.
  static let rationaleLimit = 200_000

  /// Returns the judgement as answers to the questions of a task.
  ///
  /// A tie stays a tie and an unranked answer stays unranked, also where the task wants all answers
  /// ranked. “Both bad” is a tie of all answers unless the judge ordered them; it sets the answer
  /// and the flag that the task has for it.
  ///
  /// - Parameter responses: The ids of the row's answers, in the order of the row.
  public func judgement(
    of responses: [String], for questions: Questions
  ) throws(ImportedJudgementProblem) -> Judgement {
    guard let asked = questions.ranking else { throw .notAsked }
    var order = ranking.filter { !$0.isEmpty }
    if order.isEmpty, isBothBad { order = [Array(responses.indices)] }
    let named = order.flatMap { $0 }
    guard named.allSatisfy(responses.indices.contains), Set(named).count == named.count else {
      throw .badOrder
    }
    guard named.count >= 2 else { throw .noOrder }
    if !asked.ties, order.contains(where: { $0.count > 1 }) { throw .ties }
    var judgement = Judgement(
      ranking: order.map { group in group.map { ResponseID(rawValue: responses[$0]) }.sorted() })
    if let preference = questions.preference, preference.isAsked(of: responses.count) {
      judgement["strength"] = strength(isTie: order.count == 1, on: preference)
    }
    if isBothBad, let flag = questions.flagOfBothBad {
      judgement.flags = Dictionary(
        responses.map { (ResponseID(rawValue: $0), [flag]) },
        uniquingKeysWith: { first, _ in first })
    }
    if let rationale, !rationale.allSatisfy(\.isWhitespace),
      rationale.utf8.count <= Self.rationaleLimit
    {
      judgement.rationale = rationale
    }
    return judgement
  }

  private func strength(
    isTie: Bool, on question: PreferenceQuestion
  ) -> AnswerValue<ResponseID>? {
    if isTie { return isBothBad && question.bothBad ? .bothBad : .number(0) }
    guard let given = details["strength"]?.intValue, (1...question.most).contains(given) else {
      return nil
    }
    return .number(given)
  }
}
