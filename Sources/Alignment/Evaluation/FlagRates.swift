import PreferenceData

/// The rates at which people flagged answers.
enum FlagRates {
  /// One answer as one labeller judged it.
  struct Answer {
    var policy: String
    var flags: [String]
  }

  /// The judged answers of each prompt, in the order of the prompts' ids.
  static func byPrompt(_ records: [PreferenceRecord]) -> [[Answer]] {
    Dictionary(grouping: records, by: \.promptID).sorted { $0.key < $1.key }.map { _, judgements in
      judgements.flatMap { judgement in
        judgement.responses.map { response in
          Answer(policy: response.source ?? "unknown", flags: judgement.flags(of: response.id))
        }
      }
    }
  }
}
