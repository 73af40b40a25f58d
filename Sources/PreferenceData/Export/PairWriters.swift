enum RankingsWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    rows.row(record.json)
  }
}

enum PairsWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.text("chosen", pair.chosen.text)
        row.text("chosen_id", pair.chosen.id)
        row.value("decision", .bool(record.judgement.isDecision))
        row.text("labeller", record.labeller)
        row.value("margin", .number(pair.margin))
        row.messages("prompt", record.prompt)
        row.text("prompt_id", record.promptID)
        row.text("rejected", pair.rejected.text)
        row.text("rejected_id", pair.rejected.id)
        row.value("split", .optional(record.split.map { .string($0.rawValue) }))
        row.text("task", record.task)
      }
    }
  }
}

/// TRL `docs/source/dataset_formats.md`, standard preference with an explicit prompt; `margin` is
/// what `RewardTrainer` subtracts.
enum TRLWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    if !record.prompt.allSatisfy(\.isPlain) { throw .members }
    guard record.prompt.count == 1, let prompt = record.prompt.first, prompt.role == .user else {
      throw .severalTurns
    }
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.text("chosen", pair.chosen.text)
        row.value("margin", .number(pair.margin))
        row.text("prompt", prompt.content)
        row.text("rejected", pair.rejected.text)
      }
    }
  }
}

/// TRL `docs/source/dataset_formats.md`, conversational preference with an explicit prompt.
enum TRLChatWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.messages("chosen", [pair.chosen.message])
        row.messages("prompt", record.prompt)
        row.messages("rejected", [pair.rejected.message])
      }
    }
  }
}

/// OpenRLHF `openrlhf/datasets/reward_dataset.py` with `--data.prompt_key prompt
/// --data.apply_chat_template`: it joins the prompt's and the answer's messages.
enum OpenRLHFWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.messages("chosen", [pair.chosen.message])
        row.value("margin", .number(pair.margin))
        row.messages("prompt", record.prompt)
        row.messages("rejected", [pair.rejected.message])
      }
    }
  }
}

/// Axolotl `src/axolotl/prompt_strategies/dpo/chat_template.py`, `type: chat_template.default`.
enum AxolotlWriter: ExportRowWriter {
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason) {
    for pair in try record.orderedPairs() {
      rows.row { row in
        row.value("chosen", pair.chosen.message.json)
        row.messages("messages", record.prompt)
        row.value("rejected", pair.rejected.message.json)
      }
    }
  }
}

extension PreferenceRecord.Response {
  var message: ChatMessage { ChatMessage(role: .assistant, content: text) }
}
