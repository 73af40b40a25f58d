/// The rows of huggingface.co/datasets/lmarena-ai/arena-human-preference-140k, without the columns
/// that only Arena knows.
enum ArenaWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    guard record.prompt.allSatisfy(\.isPlain) else { throw .members }
    guard !record.prompt.contains(where: { $0.role == .system }) else { throw .systemMessage }
    guard !record.prompt.count.isMultiple(of: 2),
      record.prompt.enumerated().allSatisfy({
        $1.role == ($0.isMultiple(of: 2) ? .user : .assistant)
      })
    else { throw .turnOrder }
    let session = "\(record.promptID)/\(record.labeller)"
    for (index, pair) in try record.shownPairs().enumerated() {
      rows.row { row in
        row.value("conversation_a", .array((record.prompt + [pair.first.message]).map(message)))
        row.value("conversation_b", .array((record.prompt + [pair.second.message]).map(message)))
        row.value("evaluation_order", .integer(index + 1))
        row.text("evaluation_session_id", session)
        row.value("full_conversation", turns(record.prompt, pair))
        row.text("id", "\(session)/\(index + 1)")
        row.text("model_a", pair.first.source ?? "")
        row.text("model_b", pair.second.source ?? "")
        row.text("timestamp", record.createdAt)
        row.text("winner", winner(pair, of: record))
      }
    }
  }

  private static func winner(
    _ pair: PreferenceRecord.ShownPair, of record: PreferenceRecord
  ) -> String {
    if pair.distance != 0 { return pair.distance < 0 ? "model_a" : "model_b" }
    let isBad =
      record.judgement["strength"] == .bothBad
      || record.isFlagged(pair.first.id) && record.isFlagged(pair.second.id)
    return isBad ? "both_bad" : "tie"
  }

  // A turn of the person with the answers of both sides; the sides part at the last turn.
  private static func turns(
    _ prompt: [ChatMessage], _ pair: PreferenceRecord.ShownPair
  ) -> JSONValue {
    .array(
      stride(from: 0, to: prompt.count, by: 2).map { place in
        let answers =
          place + 1 < prompt.count
          ? (prompt[place + 1], prompt[place + 1]) : (pair.first.message, pair.second.message)
        return [
          "user": message(prompt[place]), "model_side_a": message(answers.0),
          "model_side_b": message(answers.1),
        ]
      })
  }

  private static func message(_ message: ChatMessage) -> JSONValue {
    [
      "role": .string(message.role.rawValue),
      "content": [
        ["type": "text", "text": .string(message.content), "image": nil, "mimeType": nil]
      ],
    ]
  }
}

/// The rows of huggingface.co/datasets/nvidia/HelpSteer2: one answer each. The markers between the
/// turns of a prompt are those of NeMo-Aligner, `examples/nlp/data/steerlm/common.py`.
enum HelpSteer2Writer: ExportRowWriter {
  private static let range = 0...4
  private static let marker = "<extra_id_1>"

  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    let prompt = try prompt(record.prompt)
    let scored = record.responses.compactMap { response in
      Scores(record.judgement, of: ResponseID(rawValue: response.id)).map { (response, $0) }
    }
    if scored.isEmpty { throw .noScores }
    for (response, scores) in scored {
      if response.text.contains(marker) { throw .marker }
      rows.row { row in
        row.value("coherence", .integer(scores.coherence))
        row.value("complexity", .integer(scores.complexity))
        row.value("correctness", .integer(scores.correctness))
        row.value("helpfulness", .integer(scores.helpfulness))
        row.text("prompt", prompt)
        row.text("response", response.text)
        row.value("verbosity", .integer(scores.verbosity))
      }
    }
  }

  private struct Scores {
    let helpfulness, correctness, coherence, complexity, verbosity: Int

    init?(_ judgement: Judgement, of response: ResponseID) {
      func score(_ question: String) -> Int? {
        judgement[question]?.each?[response]?.number.flatMap { range.contains($0) ? $0 : nil }
      }
      guard let helpfulness = score("helpfulness"), let correctness = score("correctness"),
        let coherence = score("coherence"), let complexity = score("complexity"),
        let verbosity = score("verbosity")
      else { return nil }
      (self.helpfulness, self.correctness) = (helpfulness, correctness)
      (self.coherence, self.complexity, self.verbosity) = (coherence, complexity, verbosity)
    }
  }

  private static func prompt(_ messages: [ChatMessage]) throws(SkipReason) -> String {
    var text = ""
    for (index, message) in messages.enumerated() {
      if !message.isPlain { throw .members }
      if message.role == .system { throw .systemMessage }
      guard message.role == (index.isMultiple(of: 2) ? .user : .assistant) else { throw .turnOrder }
      if message.content.contains(marker) { throw .marker }
      if index > 0 { text += "\n\(marker)\(message.role == .user ? "User" : "Assistant")\n" }
      text += message.content
    }
    return text
  }
}

/// The rows of huggingface.co/datasets/nvidia/HelpSteer3, subset `preference`.
enum HelpSteer3Writer: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    guard record.prompt.allSatisfy(\.isPlain) else { throw .members }
    for pair in try record.shownPairs() {
      let score = score(pair, of: record)
      rows.row { row in
        row.messages("context", record.prompt)
        row.value("domain", .null)
        row.value(
          "individual_preference",
          [
            [
              "score": .integer(score), "feedback1": nil, "feedback2": nil,
              "reasoning": .optional(reasoning(pair, of: record).map { .string($0) }),
            ]
          ])
        row.value("language", .null)
        row.value("overall_preference", .integer(score))
        row.text("response1", pair.first.text)
        row.text("response2", pair.second.text)
      }
    }
  }

  private static func score(
    _ pair: PreferenceRecord.ShownPair, of record: PreferenceRecord
  ) -> Int {
    let stated = record.responses.count == 2 ? record.strength.map { max($0, 1) } : nil
    return pair.distance.signum() * min(stated ?? abs(pair.distance), 3)
  }

  // HelpSteer3 names the answers “@Response 1” and “@Response 2”. A rationale about further answers
  // has no meaning in the row.
  private static func reasoning(
    _ pair: PreferenceRecord.ShownPair, of record: PreferenceRecord
  ) -> String? {
    guard let written = record.judgementAsWritten.rationale else { return nil }
    var isAboutOthers = false
    let named = LetterReferences(in: written, shown: record.shownOrder.count).translated { place in
      switch record.shownOrder[place] {
      case pair.first.id: return "@Response 1"
      case pair.second.id: return "@Response 2"
      default:
        isAboutOthers = true
        return nil
      }
    }
    return isAboutOthers ? nil : named
  }
}

/// NeMo RL, guides to reward models and DPO, `PreferenceDataset`: rank 0 is better. Its training of
/// reward models takes exactly two completions.
enum NeMoRLWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.value(
          "completions",
          .array(
            [pair.chosen, pair.rejected].enumerated().map { rank, response in
              ["completion": [response.message.json], "rank": .integer(rank)]
            }))
        row.messages("context", record.prompt)
      }
    }
  }
}
