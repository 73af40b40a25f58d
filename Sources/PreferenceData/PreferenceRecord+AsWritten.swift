extension PreferenceRecord {
  private static let rationaleColumn = "rationale_as_written"
  private static let answersColumn = "answers_as_written"

  /// The judgement with all texts as their author wrote them, for the store.
  public var judgementAsWritten: Judgement {
    var written = judgement
    for (question, value) in asWritten { written[question] = value }
    return written
  }

  /// Replaces the letters in free texts with the numbers of the answers, counted from 1 in the order
  /// of `responses`, and keeps the texts as written. Letters that may mean something else stay.
  ///
  /// - Parameter texts: The ids of the questions that ask for free text.
  public mutating func numberAnswers(in texts: Set<String>) {
    let numbers = Dictionary(
      zip(responses.map(\.id), 1...).map { ($0, String($1)) }, uniquingKeysWith: { $1 })
    let named = judgement.namingAnswers(in: texts, shown: shownOrder) { numbers[$0.rawValue] }
    asWritten = [:]
    for question in texts where named[question] != judgement[question] {
      asWritten[question] = judgement[question]
    }
    judgement = named
  }

  /// The columns with the texts as written.
  var textsAsWritten: [String: JSONValue] {
    var others = asWritten.mapValues(\.json)
    var members = [Self.rationaleColumn: others.removeValue(forKey: "rationale") ?? .null]
    if !others.isEmpty { members[Self.answersColumn] = .object(others) }
    return members
  }

  /// Reads the texts as written; rows from before they had columns have none.
  static func asWritten(_ row: JSONValue) throws(LineProblem) -> [String: AnswerValue<ResponseID>] {
    var texts: [String: AnswerValue<ResponseID>] = [:]
    if let rationale = row[rationaleColumn], rationale != .null {
      texts["rationale"] = try AnswerValue(
        rationale, as: AnswerForm(.text), key: rationaleColumn)
    }
    guard let answers = row[answersColumn], answers != .null else { return texts }
    guard case .object(let others) = answers else {
      throw .wrongType(key: answersColumn, expected: "an object with a member for each question")
    }
    for (question, value) in others where value != .null {
      let isPerResponse = value.objectValue != nil
      texts[question] = try AnswerValue(
        value, as: AnswerForm(.text, isPerResponse: isPerResponse),
        key: "\(answersColumn).\(question)")
    }
    return texts
  }
}
