import Foundations

extension TrainingRow {
  /// The most answers of a row. The pairs of a ranking grow with its square.
  static let mostAnswers = 100

  /// Makes rows of a foreign row: one for each judgement in it.
  ///
  /// - Parameter members: The row as it is in the file.
  static func rows(
    _ row: ImportedRow, members: [String: JSONValue], line: Int
  ) throws(LineProblem) -> [TrainingRow] {
    var messages = row.messages
    // A transcript ends with the empty turn that the answers fill.
    if messages.last?.role == .assistant, messages.last?.isBlank == true { messages.removeLast() }
    messages.removeAll { $0.role == .system && $0.content.isBlank }
    try PromptRecord.check(messages)
    for name in ["chosen", "rejected"] where members[name] == .null { throw .missing(name) }
    guard !row.findings.contains(RowFinding(.laterTurns)) else {
      throw .inconsistent(
        key: "conversation",
        reason: "continues after the answers differ. End both at the first answer")
    }
    guard row.answers.count <= mostAnswers else {
      throw .inconsistent(
        key: "answers", reason: "are \(row.answers.count); give \(mostAnswers) at most")
    }
    var new = TrainingRow(
      content: .prompt, line: line, id: row.id,
      prompt: TextPrompt.prompt(messages, row, members),
      answers: row.answers.enumerated().map { index, answer in
        Answer(id: String(index + 1), text: answer.text, source: answer.source)
      })
    new.split = split(row.metadata["split"])
    if new.answers.count > 1 { return new.judged(row) }
    guard let answer = row.answers.first else { return [new] }
    if let isGood = label(members) {
      new.content = .label
      new.isGood = isGood
    } else {
      new.content = .demonstration
      new.demonstrations =
        row.isLastTurn
        ? turns(messages + [ChatMessage(role: .assistant, content: answer.text)])
        : [Demonstration(prompt: new.prompt, answer: answer.text)]
    }
    return [new]
  }

  /// Returns a row for each judgement on the answers.
  private func judged(_ row: ImportedRow) -> [TrainingRow] {
    var verdicts = row.verdicts.filter { !$0.ranking.isEmpty }
    if verdicts.isEmpty, let ranking = ImportedRow.ranking(row.answers) {
      verdicts = [ImportedJudgement(judge: row.scorer, ranking: ranking)]
    }
    var whole = self
    whole.content = verdicts.isEmpty ? .answers : .comparison
    if verdicts.isEmpty { return [whole] }
    return verdicts.map { verdict in
      var judged = whole
      var seen: Set<Int> = []
      judged.ranking = verdict.ranking.map { group in
        group.filter { answers.indices.contains($0) && seen.insert($0).inserted }
          .map { answers[$0].id }
      }.filter { !$0.isEmpty }
      judged.labeller = verdict.judge ?? ""
      return judged
    }
  }

  /// Returns each turn of the assistant with the conversation before it.
  private static func turns(_ messages: [ChatMessage]) -> [Demonstration] {
    messages.indices.compactMap { index in
      let turn = messages[index]
      guard index > 0, turn.role == .assistant,
        messages[..<index].contains(where: { $0.role == .user })
      else { return nil }
      return Demonstration(
        prompt: .messages(Array(messages[..<index])), answer: AnswerText.text(turn))
    }
  }

  /// Names of a label in the data of KTO: TRL's, and LLaMA-Factory's.
  private static let labels = ["label", "kto_tag", "kto_label"]

  private static func label(_ members: [String: JSONValue]) -> Bool? {
    for name in labels {
      switch members[name] {
      case .bool(let isGood)?: return isGood
      case .integer(let number)? where number == 0 || number == 1: return number == 1
      // A cell of a table.
      case .string(let text)?:
        if ["true", "1"].contains(text.lowercased()) { return true }
        if ["false", "0"].contains(text.lowercased()) { return false }
      default: break
      }
    }
    return nil
  }

  static func split(_ value: JSONValue?) -> Split? {
    guard let name = value?.stringValue?.lowercased() else { return nil }
    if name.hasPrefix("train") { return .train }
    let held = ["valid", "val", "test", "dev", "eval"]
    return held.contains { name == $0 || name.hasPrefix("\($0)_") } || name == "validation"
      ? .validation : nil
  }
}
