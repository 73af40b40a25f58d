import Jobs
import PreferenceData

extension DatasetCounts {
  /// The least data that a reward model needs for a meaningful accuracy.
  package static let neededTrainPrompts = 8
  package static let neededHeldOutPrompts = 2

  /// Returns what a request lacks, each with the required and the actual number; empty if there is
  /// enough data.
  package func missing(for request: RetrainingRequest) -> [String] {
    if request.method == .sft, !request.learnsFromBestAnswers {
      return train.demonstrations > 0
        ? [] : ["demonstrations to train on: 1 needed, 0 there. Or set source=best"]
    }
    var missing: [String] = []
    if train.rankedPrompts < Self.neededTrainPrompts {
      missing.append(
        """
        prompts to train on with at least one answer ranked above another: \
        \(Self.neededTrainPrompts) needed, \(train.rankedPrompts) there
        """)
    }
    // Only a reward model has to be measured before it is used.
    if request.method.samples, validation.rankedPrompts < Self.neededHeldOutPrompts {
      missing.append(
        """
        ranked prompts held out to measure on: \
        \(Self.neededHeldOutPrompts) needed, \(validation.rankedPrompts) there \
        (about one prompt in seven is held out)
        """)
    }
    return missing
  }
}

extension RetrainingRequest {
  /// Whether supervised fine-tuning imitates the answers that are ranked first.
  fileprivate var learnsFromBestAnswers: Bool {
    let source = settings["sft.source"] ?? settings["source"]
    return source == "best" || source == "both"
  }
}
