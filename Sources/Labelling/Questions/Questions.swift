import PreferenceData

/// The questions of a task, in the order in which the page asks them.
public struct Questions: Sendable, Hashable {
  /// The most questions of a task.
  public static let limit = 50

  public internal(set) var list: [Question]

  /// Creates a list. If several questions have the same id, it keeps the last one.
  public init(_ list: [Question] = []) {
    self.list = []
    for question in list { add(question) }
  }

  /// Adds a question, or replaces the question with the same id.
  public mutating func add(_ question: Question) {
    if let index = list.firstIndex(where: { $0.id == question.id }) {
      list[index] = question
    } else {
      list.append(question)
    }
  }

  public subscript(id: String) -> Question? { list.first { $0.id == id } }

  /// The questions about each response.
  public var perResponse: [Question] { list.filter { $0.scope == .response } }

  // MARK: The questions that set the ranking, which training reads

  public var ranking: RankingQuestion? { self["ranking"]?.kind as? RankingQuestion }

  public var preference: PreferenceQuestion? { self["strength"]?.kind as? PreferenceQuestion }

  // MARK: Flags

  /// The names of the flags for a response, as in `Judgement.flagNames(of:)`.
  public var responseFlags: [String] { perResponse.flatMap(\.flagNames) }

  /// Every flag of the task.
  public var flags: [String] {
    list.flatMap { ($0.kind as? FlagsQuestion)?.values ?? [] }
  }

  /// The flag that “both bad” also sets, if the task has that flag.
  public var flagOfBothBad: String? {
    (self["flags"]?.kind as? FlagsQuestion)?.values.first { $0 == PreferenceQuestion.flag }
  }

  /// A ranking with ties, and flags for the four ways in which a response can be misaligned.
  public static let standard = Questions([.ranking(), .flags(FlagPreset.plumbline.answerFlags)])

  /// The questions to a reviewer, who must decide the order. Other answers are optional.
  public var forReview: Questions {
    var review = Questions(
      list.map { question in
        var question = question
        question.required =
          ranking == nil ? question.kind is ScaleQuestion && question.required : false
        if question.id == "ranking" { question.required = true }
        return question
      })
    review.add(.text("rationale"))
    return review
  }
}

extension Question {
  /// The names of a question's flags, as in `Judgement.flagNames(of:)`.
  var flagNames: [String] {
    (kind as? FlagsQuestion)?.values.map { Judgement.flagName($0, of: id) } ?? []
  }
}

extension JudgementForm {
  /// The longest text of an answer, in UTF-8 bytes. Revisions are kept permanently.
  public static let textLimit = 20_000

  /// Checks the form against the questions and the letters shown; throws `FormProblem`.
  public func validate(for questions: Questions, shown keys: [Letter]) throws(FormProblem) {
    for question in questions.list { try question.check(self, shown: keys) }
    for id in self.questions where questions[id] == nil {
      if self[id]?.isEmpty == false { throw .notAsked(field: FormProblem.field(id)) }
    }
    if let activeSeconds, !PreferenceRecord.activeSecondsRange.contains(activeSeconds) {
      throw .badTime(activeSeconds)
    }
    if isEmpty { throw .nothingAnswered }
  }
}
