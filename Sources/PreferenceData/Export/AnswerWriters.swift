/// TRL `docs/source/dataset_formats.md`, conversational unpaired preference.
enum KTOWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    guard let best = record.ranking.first, let worst = record.ranking.last else { throw .noRanking }
    if record.ranking.count > 1 {
      write(best, of: record, label: true, to: &rows)
      write(worst, of: record, label: false, to: &rows)
    } else if record.judgement["strength"] == .bothBad || best.allSatisfy(record.isFlagged) {
      // A tie of answers that were all flagged says the same as “both are bad”.
      write(best, of: record, label: false, to: &rows)
    } else {
      throw best.count > 1 ? .onlyTies : .noRanking
    }
  }

  private static func write(
    _ ids: [String], of record: PreferenceRecord, label: Bool, to rows: inout ExportRows
  ) {
    for response in ids.compactMap(record.response) {
      rows.row { row in
        row.messages("completion", [response.message])
        row.value("label", .bool(label))
        row.messages("prompt", record.prompt)
      }
    }
  }
}

/// TRL `docs/source/dataset_formats.md`, conversational language modelling; every trainer's SFT
/// reads `messages`. An edited answer is worth more than a chosen one (Llama 3, §4.2).
enum DemonstrationsWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    for answer in try answers(of: record) {
      rows.row { row in
        row.messages("messages", record.prompt + [ChatMessage(role: .assistant, content: answer)])
      }
    }
  }

  private static func answers(of record: PreferenceRecord) throws(SkipReason) -> [String] {
    if let written = record.demonstration { return [written] }
    guard record.ranking.count > 1, let best = record.ranking.first else {
      throw record.pairCounts.ties > 0 ? .onlyTies : .noRanking
    }
    let texts = best.filter { !record.isFlagged($0) }.compactMap { record.response($0)?.text }
    if texts.isEmpty { throw .noAnswerLeft }
    return texts
  }
}

/// The rows of huggingface.co/datasets/berkeley-nest/Nectar. Axolotl's `zephyr.nectar` takes the
/// answer with the highest number for the best one; its `chat_template.default` with the format
/// `axolotl` is the safe way there.
enum NectarWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    if record.comparisons.isEmpty { throw .noRanking }
    var rank = 1
    var answers: [JSONValue] = []
    for group in record.ranking {
      for response in group.compactMap(record.response) {
        answers.append([
          "answer": .string(response.text), "model": .string(response.source ?? ""),
          "rank": .integer(rank),
        ])
      }
      rank += group.count
    }
    let prompt = try Transcript.text(record.prompt)
    rows.row { row in
      row.value("answers", .array(answers))
      row.value("num_responses", .integer(answers.count))
      row.text("prompt", prompt)
      row.value("turns", .integer(record.prompt.count { $0.role == .user }))
    }
  }
}

/// The rows of huggingface.co/datasets/Anthropic/hh-rlhf.
enum HHWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    let prompt = try Transcript.text(record.prompt)
    let pairs = try record.orderedPairs()
    for text in pairs.flatMap({ [$0.chosen.text, $0.rejected.text] }) {
      try Transcript.check(text)
    }
    for pair in pairs {
      rows.row { row in
        row.text("chosen", prompt + " " + pair.chosen.text)
        row.text("rejected", prompt + " " + pair.rejected.text)
      }
    }
  }
}
