enum RankingsWriter: ExportRowWriter {
  static func rows(of record: PreferenceRecord) throws(SkipReason) -> [JSONValue] {
    [record.json]
  }
}

enum PairsWriter: ExportRowWriter {
  static func rows(of record: PreferenceRecord) throws(SkipReason) -> [JSONValue] {
    try record.orderedPairs().map { pair in
      [
        "prompt": .array(record.prompt.map(\.json)),
        "chosen": .string(pair.chosen.text),
        "rejected": .string(pair.rejected.text),
        "margin": .number(pair.margin),
        "task": .string(record.task),
        "prompt_id": .string(record.promptID),
        "chosen_id": .string(pair.chosen.id),
        "rejected_id": .string(pair.rejected.id),
        "labeller": .string(record.labeller),
        "split": .optional(record.split.map { .string($0.rawValue) }),
      ]
    }
  }
}

enum TRLChatWriter: ExportRowWriter {
  static func rows(of record: PreferenceRecord) throws(SkipReason) -> [JSONValue] {
    try record.orderedPairs().map { pair in
      [
        "prompt": .array(record.prompt.map(\.json)),
        "chosen": [ChatMessage(role: .assistant, content: pair.chosen.text).json],
        "rejected": [ChatMessage(role: .assistant, content: pair.rejected.text).json],
      ]
    }
  }
}

extension PreferenceRecord {
  struct OrderedPair {
    var chosen: Response
    var rejected: Response
    var margin: Double
  }

  /// Ties carry no pair. The margin is the share of the ranking's places between the two, 0…1;
  /// between two answers, the strength that the labeller gave.
  func orderedPairs() throws(SkipReason) -> [OrderedPair] {
    let byID = Dictionary(responses.map { ($0.id, $0) }) { first, _ in first }
    let places = max(ranking.count - 1, 1)
    if comparisons.isEmpty { throw .noRanking }
    let pairs = comparisons.compactMap { comparison -> OrderedPair? in
      guard !comparison.isTie, let chosen = byID[comparison.chosen],
        let rejected = byID[comparison.rejected]
      else { return nil }
      let margin =
        responses.count == 2
        ? strength.map(Double.init) ?? 1 : Double(comparison.distance) / Double(places)
      return OrderedPair(chosen: chosen, rejected: rejected, margin: margin)
    }
    if pairs.isEmpty { throw .onlyTies }
    return pairs
  }
}
